# SPDX-License-Identifier: AGPL-3.0-or-later
"""The allowlist as Synapse asks for it, and the proof that Synapse asks nobody else.

Synapse keeps ``federation_domain_whitelist`` as a dict: its federation client and sender look it up
in the configuration for each request, others take a reference when they are built. We put our own
object there before anything has taken one, and check afterwards that nothing holds another.

A dict cannot tell who is calling whom. So there are two: what authenticates incoming requests is
handed the one about servers that call us, everything else asks the one about servers we call.
"""

import gc
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from attrs import define, frozen
from synapse.federation.transport.server._base import Authenticator
from synapse.media.media_repository import MediaRepository
from synapse.rest.key.v2.remote_key_resource import RemoteKey
from synapse.rest.synapse.client.federation_whitelist import FederationWhitelistResource

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.federation.gate import Gate
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Direction
from policy_module.rules.requests import Allow, Deny, FederationRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer

HOLDERS: dict[type, str] = {
    Authenticator: "federation_domain_whitelist",
    MediaRepository: "federation_domain_whitelist",
    RemoteKey: "federation_domain_whitelist",
    FederationWhitelistResource: "_federation_whitelist",
}
"""Parts of Synapse 1.163 that take a reference to the allowlist, and the attribute they keep it
in."""


class StartRefusedError(RuntimeError):
    """The homeserver must not start like this; the message says what to change."""


@define(eq=False)
class FederationAllowlist(Collection[str]):
    """What Synapse asks instead of its dict: ``name in allowlist``.

    Synapse asks before it has verified a signature, with ``None`` for a request whose
    ``Authorization`` header names nobody, and turns an exception into an internal error: so any
    value is answered and nothing is raised. Iterating gives the entries as configured, for the
    endpoint that lists them to local people.
    """

    _direction: Direction
    _gate: Gate
    _in_force: PolicyInForce
    _refusals: RefusalLog

    def __contains__(self, server: object) -> bool:
        name = server if isinstance(server, str) else None
        match self._gate.decide(FederationRequest(name, self._direction)):
            case Allow():
                return True
            case Deny(rule=rule):
                self._refusals.refused(Cause("federate", name, rule, direction=self._direction))
                return False

    def __iter__(self) -> Iterator[str]:
        return (entry.pattern.text for entry in self._in_force.policy.allowed)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@frozen
class Allowlists:
    """One for each direction; the holders of Synapse 1.163 know which is theirs."""

    calling_us: FederationAllowlist
    called_by_us: FederationAllowlist

    def of(self, holder: object) -> FederationAllowlist:
        """Give the one a part of Synapse has to ask."""
        return self.calling_us if isinstance(holder, Authenticator) else self.called_by_us


def install(hs: "HomeServer", allowlists: Allowlists) -> None:
    """Put ours in the place of Synapse's own, before anything asks.

    Raises:
        StartRefusedError: if Synapse would not ask it, or would ask another one as well.
    """
    configured = hs.config.federation.federation_domain_whitelist
    if configured is None:
        raise StartRefusedError(
            "homeserver.yaml has no federation_domain_whitelist, which allows every server and"
            " never asks policy_module: add the line 'federation_domain_whitelist: []'"
        )
    if configured:
        raise StartRefusedError(
            "federation_domain_whitelist in homeserver.yaml must be empty, because policy_module"
            " takes its place: move its servers to federation.allow in policy.yaml and write"
            " 'federation_domain_whitelist: []'"
        )
    # Synapse declares a dict, and uses no more of it than the methods above.
    hs.config.federation.federation_domain_whitelist = cast(
        "dict[str, bool]", allowlists.called_by_us
    )
    _refuse_strangers(hs, allowlists)


def hand_over(hs: "HomeServer", allowlists: Allowlists) -> Sequence[object]:
    """Give what answers incoming requests the allowlist of its direction; list all holders.

    To be called once the listeners are built, before the first request is read. Until then every
    holder has what was in the configuration.

    Raises:
        StartRefusedError: naming the parts of the homeserver that would ask another allowlist.
    """
    _refuse_strangers(hs, allowlists)
    holders = _holders(hs)
    for holder in holders:
        setattr(holder, HOLDERS[type(holder)], allowlists.of(holder))
    return holders


def _refuse_strangers(hs: "HomeServer", allowlists: Allowlists) -> None:
    ours = allowlists.called_by_us
    strangers = {type(holder).__name__ for holder in _holders(hs) if _asked_by(holder) is not ours}
    in_force: object = hs.config.federation.federation_domain_whitelist
    if in_force is not ours:
        strangers.add("the configuration")
    if strangers:
        raise StartRefusedError(
            f"policy_module does not decide everywhere: {', '.join(sorted(strangers))} would ask"
            " another federation allowlist; put policy_module first under 'modules' in"
            " homeserver.yaml"
        )


def _asked_by(holder: object) -> object:
    return getattr(holder, HOLDERS[type(holder)], None)


def _holders(hs: "HomeServer") -> list[object]:
    """Find the holders of this homeserver; each keeps its clock, which no other one shares."""
    clock = hs.get_clock()
    return [
        found
        for found in tracked_objects()
        if type(found) in HOLDERS and any(value is clock for value in vars(found).values())
    ]


def tracked_objects() -> list[object]:
    """List what the garbage collector knows, with what Synapse froze at the end of its start."""
    frozen_before = gc.get_freeze_count() > 0
    if frozen_before:
        gc.unfreeze()
    try:
        return gc.get_objects()
    finally:
        if frozen_before:
            gc.freeze()
