# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts that carry what people change in rooms themselves."""

from functools import cached_property

from bridges.core.handover.parts import HandoverParts
from bridges.core.portal.changes.carrying import Carrying
from bridges.core.portal.changes.leaving import Leaving
from bridges.core.portal.changes.members import MemberChanges
from bridges.core.portal.changes.pins import PinChanges
from bridges.core.portal.changes.powers import PowerChanges
from bridges.core.portal.changes.properties import AvatarChanges, NameChanges, TopicChanges
from bridges.core.portal.state_to_remote import StateToRemote


class ChangeParts(HandoverParts):
    """Changes of rooms, on their way to the network."""

    @cached_property
    def leaving(self) -> Leaving:
        """Lets people out."""
        return Leaving(
            self.portals,
            self.rooms,
            self.room_members,
            self.departures,
            self.carriers,
            self.properties,
            self.management,
            self.voice,
            self.info,
            leave_chats=self.settings.leave_chats,
        )

    @cached_property
    def state_to_remote(self) -> StateToRemote:
        """From Matrix to the network: rooms themselves."""
        carrying = Carrying(self.carriers, self.room_state, self.writer, self.info)
        common = (self.portals, self.properties, self.room_state)
        return StateToRemote(
            self.database,
            self.from_matrix,
            self.portals,
            self.gate,
            self.news,
            carrying,
            NameChanges(*common, self.info),
            TopicChanges(*common, self.info),
            AvatarChanges(*common, self.courier, self.info),
            PinChanges(self.pin_store, self.pins, self.messages, self.info),
            PowerChanges(self.portals, self.rooms, self.powers, self.carriers, self.info),
            MemberChanges(
                self.people,
                self.sessions,
                self.carriers,
                carrying,
                self.room_members,
                self.leaving,
                self.senders,
                self.rescue,
                self.info,
                self.handovers,
            ),
            self.handover_routes,
        )
