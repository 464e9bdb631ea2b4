# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to other homeservers that are kept open for the next request."""

from typing import TYPE_CHECKING

from twisted.web.client import HTTPConnectionPool

if TYPE_CHECKING:
    from synapse.server import HomeServer


def close_kept_connections(hs: "HomeServer") -> None:
    """Close the idle connections of the federation client, those to allowed servers as well.

    They were opened to an address that may not be allowed any more, and would be used for two more
    minutes without another look. Requests under way end by themselves. A process that federates
    through another one has no connections of its own.
    """
    pool = _pool(hs.get_federation_http_client().agent)
    if pool is not None:
        # The deferred tells when all are closed; nothing has to wait for that.
        pool.closeCachedConnections()  # type: ignore[no-untyped-call]


def _pool(agent: object) -> HTTPConnectionPool | None:
    """Find the pool under whatever has been put around Synapse's agent."""
    while agent is not None:
        pool = vars(agent).get("_pool")
        if isinstance(pool, HTTPConnectionPool):
            return pool
        agent = getattr(agent, "_agent", None)
    return None
