# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts that hand chats over to accounts of this homeserver."""

from functools import cached_property

from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.handover.challenge import Challenges
from bridges.core.handover.finder import HandoverFinder
from bridges.core.handover.handovers import Handovers
from bridges.core.handover.steps import HandoverSteps
from bridges.core.handover.teller import HandoverTeller
from bridges.core.portal.parts import PortalParts
from bridges.core.storage.handover_codes import HandoverCodeStore


class HandoverParts(PortalParts):
    """Handovers."""

    @cached_property
    def handover_teller(self) -> HandoverTeller:
        """Tells people about handovers."""
        return HandoverTeller(self.management, self.voice, self.people, self.sessions, self.info)

    @cached_property
    def handovers(self) -> Handovers:
        """What people decide about handovers."""
        finder = HandoverFinder(
            self.handover_store,
            self.portals,
            self.messages,
            self.sessions,
            self.senders,
            self.properties,
            self.room_state,
            self.clock,
            self.info,
            self.settings.server_name,
        )
        steps = HandoverSteps(
            self.portals,
            self.sessions,
            self.senders,
            self.room_members,
            self.powers,
            self.properties,
            self.room_state,
            self.spaces,
            self.writer,
            self.history_keeper,
            self.interpreter,
            self.info,
            self.settings.command_prefix,
        )
        return Handovers(
            self.handover_store,
            finder,
            steps,
            self.handover_teller,
            Challenges(
                HandoverCodeStore(self.database),
                finder,
                self.sessions,
                self.senders,
                self.homeserver,
                self.interpreter,
                self.clock,
                self.info,
            ),
            self.clock,
            PASSING_TROUBLE,
        )
