# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections kept open for the next request: not for one that another policy decides about."""

from collections.abc import Hashable
from typing import Any

from attrs import define, field
from twisted.internet import defer
from twisted.web.client import HTTPConnectionPool

from policy_module.rules.policy import Policy


@define
class Pools:
    """The pools of a process; :meth:`policy_changed` has all of them start afresh."""

    _pools: list["FreshPool"] = field(factory=list, init=False)

    def guarded(self, pool: HTTPConnectionPool) -> Any:
        """Give what stands in the place of an agent's pool."""
        fresh = FreshPool(pool)
        self._pools.append(fresh)
        return fresh

    def policy_changed(self, before: Policy, now: Policy) -> None:
        """Close what is idle, and never use again what is not (subscriber of the policy)."""
        for pool in self._pools:
            pool.renew()


class FreshPool:
    """A connection pool that forgets.

    A connection that is in use while the policy changes would come back to the pool afterwards:
    it does so under a key that nobody asks for any more, and times out there.
    """

    def __init__(self, pool: HTTPConnectionPool) -> None:
        self._pool = pool
        self._generation = object()

    def getConnection(self, key: Hashable, endpoint: Any) -> "defer.Deferred[Any]":  # noqa: N802
        """Give a connection made under the policy in force (method of the pool inside)."""
        return self._pool.getConnection((self._generation, key), endpoint)

    def renew(self) -> None:
        """Begin anew."""
        self._generation = object()
        self._pool.closeCachedConnections()  # type: ignore[no-untyped-call]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)
