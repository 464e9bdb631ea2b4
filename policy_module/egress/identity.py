# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invites by e-mail address or telephone number: not where no identity server may be asked."""

from attrs import frozen
from synapse.events import EventBase
from synapse.types import StateMap

from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Purpose


@frozen(eq=False)
class InvitesByAddress:
    """The callback Synapse asks before it looks an address up.

    The guard around its client keeps the look-up back in any case; this says no before.
    """

    _in_force: PolicyInForce

    async def check_threepid_can_be_invited(
        self, medium: str, address: str, state_events: StateMap[EventBase]
    ) -> bool:
        """Say whether any identity server is listed (third-party rules callback)."""
        return any(True for _ in self._in_force.policy.egress[Purpose.IDENTITY])
