# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts that hand chats over to accounts of this homeserver."""

from functools import cached_property

from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.handover.archives import Archives
from bridges.core.handover.challenge import Challenges
from bridges.core.handover.common_room import CommonRooms
from bridges.core.handover.finder import HandoverFinder
from bridges.core.handover.handovers import Handovers
from bridges.core.handover.moving_out import MovingOut
from bridges.core.handover.notices import HandoverNotices
from bridges.core.handover.sharing import SharingSteps
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
    def archives(self) -> Archives:
        """Handles what happens in rooms that belong to no chat now."""
        return Archives(self.handover_store, self.status, self.database, self.from_matrix)

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
            CommonRooms(self.homeserver, self.senders, self.portals, self.settings.other_bots),
            self.clock,
            self.info,
            self.settings.server_name,
        )
        notices = HandoverNotices(self.portals, self.writer, self.interpreter, self.info)
        steps = HandoverSteps(
            self.portals,
            self.sessions,
            self.senders,
            self.room_members,
            self.powers,
            self.properties,
            self.room_state,
            self.spaces,
            notices,
            self._sharing(notices),
            self._moving_out(notices),
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

    def _sharing(self, notices: HandoverNotices) -> SharingSteps:
        return SharingSteps(
            self.homeserver,
            self.portals,
            self.links,
            self.sessions,
            self.senders,
            self.room_members,
            self.properties,
            self.spaces,
            self.history_keeper,
            notices,
            self.info,
            self.settings.command_prefix,
        )

    def _moving_out(self, notices: HandoverNotices) -> MovingOut:
        return MovingOut(
            self.homeserver,
            self.portals,
            self.messages,
            self.people,
            self.sessions,
            self.senders,
            self.rooms,
            self.properties,
            self.room_state,
            self.spaces,
            self.history_keeper,
            notices,
            self.settings.other_bots,
        )
