# SPDX-License-Identifier: AGPL-3.0-or-later
"""The servers asked for the signing keys of others.

A server that is not allowed may come into a room of ours through a friend. We never ask it for
anything, its keys included, so without somebody else to vouch for them its membership would stay
unknown here, and the room would not be frozen. So friends are asked, about such servers only: who
vouches for keys can lie, and would otherwise speak for every server of the list.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from attrs import define
from synapse.config.key import TrustedKeyServer
from synapse.crypto.keyring import PerspectivesKeyFetcher
from synapse.storage.keys import FetchKeyResult

from policy_module.inside import key_fetchers
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Direction
from policy_module.rules.names import Reach
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Allow, FederationRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer

MOST = 5
"""Notaries at a time. Synapse asks all of them for each unknown key, and waits for the slowest."""
MOST_KEYS = 1000
"""Keys remembered that friends have vouched for."""


def notaries_of(in_force: PolicyInForce) -> tuple[str, ...]:
    """Give the first servers of the list that are named in full and may be asked now."""
    named = dict.fromkeys(
        entry.pattern.text
        for entry in in_force.policy.allowed
        if entry.pattern.reach is Reach.EXACT
    )
    own_server = in_force.policy.own_server
    askable = (
        server
        for server in named
        if server != own_server
        and isinstance(in_force.decide(FederationRequest(server, Direction.OUT)), Allow)
    )
    return tuple(server for server, _ in zip(askable, range(MOST), strict=False))


class NowhereKept:
    """In the place of Synapse's store of keys."""

    async def store_server_keys_response(self, *_: Any, **__: Any) -> None:
        """Keep nothing."""


class KeysFromFriends(PerspectivesKeyFetcher):
    """Asks the notaries about servers that must not be asked themselves, and about nobody else.

    What they say is remembered here and not in the database: there it would still be believed once
    such a server is allowed, and a notary may answer about servers it was not asked for.
    """

    def __init__(self, hs: "HomeServer", in_force: PolicyInForce) -> None:
        super().__init__(hs)
        self.store = NowhereKept()  # type: ignore[assignment]
        self._in_force = in_force
        self._known: OrderedDict[tuple[str, str], FetchKeyResult] = OrderedDict()

    async def get_keys(
        self, server_name: str, key_ids: list[str], minimum_valid_until_ts: int
    ) -> dict[str, FetchKeyResult]:
        """Give the keys of a server by their ids; times are in milliseconds since 1970."""
        decision = self._in_force.decide(FederationRequest(server_name, Direction.OUT))
        if isinstance(decision, Allow):
            return {}
        known = {key_id: self._known.get((server_name, key_id)) for key_id in key_ids}
        found = {
            key_id: key
            for key_id, key in known.items()
            if key is not None and key.valid_until_ts >= minimum_valid_until_ts
        }
        missing = [key_id for key_id in key_ids if key_id not in found]
        if not missing:
            return found
        told = await super().get_keys(server_name, missing, minimum_valid_until_ts)
        for key_id, key in told.items():
            self._known[server_name, key_id] = key
        while len(self._known) > MOST_KEYS:
            self._known.popitem(last=False)
        return {**found, **told}


@define(eq=False)
class Notaries:
    """Synapse's own list of notaries, which its key fetcher reads for each request."""

    _in_place: list[TrustedKeyServer]
    _in_force: PolicyInForce

    def follow(self, before: Policy, now: Policy) -> None:
        """Bring the list in step with the policy in force."""
        self._in_place[:] = [TrustedKeyServer(name) for name in notaries_of(self._in_force)]


def keep_notaries(hs: "HomeServer", in_force: PolicyInForce) -> None:
    """Have keys fetched from servers of the policy, now and after each change.

    ``trusted_key_servers`` in homeserver.yaml is left alone if it names any: those are then the
    operator's.
    """
    in_place = hs.config.key.key_servers
    if in_place:
        return
    # Synapse leaves out the part that asks notaries if there are none when it is built. It belongs
    # before the last part, which asks the owners of the keys themselves.
    fetchers = key_fetchers(hs)
    fetchers.insert(len(fetchers) - 1, KeysFromFriends(hs, in_force))
    notaries = Notaries(in_place, in_force)
    notaries.follow(in_force.policy, in_force.policy)
    in_force.subscribe(notaries.follow)
