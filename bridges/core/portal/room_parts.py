# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts that make rooms and keep their state."""

from functools import cached_property

from bridges.core.bot.portrait import Portrait
from bridges.core.foundation import Foundation
from bridges.core.matrix.personal import PersonalRooms
from bridges.core.portal.births import RoomBirths
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.chat_news import ChatNews
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.portal.departures import Departures
from bridges.core.portal.discussions import Discussions
from bridges.core.portal.gathering import Gathering
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.moving import Moving
from bridges.core.portal.parents import Parents
from bridges.core.portal.pins import PinBoard
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.rescue import Rescue
from bridges.core.portal.room_maker import RoomMaker
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.spaces import Spaces
from bridges.core.storage.chat_settings import ChatSettingsStore
from bridges.core.storage.pins import PinStore
from bridges.core.storage.powers import PowerStore
from bridges.core.storage.renaming import Renaming


class RoomParts(Foundation):
    """Rooms of chats."""

    @cached_property
    def portrait(self) -> Portrait:
        """The picture of the bot and of spaces."""
        wanted, own = self.settings.bot.avatar, self.info.picture
        return Portrait(self.homeserver, self.values, self.logins, self.senders, wanted, own)

    @cached_property
    def spaces(self) -> Spaces:
        """A space per login."""
        return Spaces(
            self.homeserver,
            self.logins,
            self.people,
            self.senders,
            self.info,
            self.settings.server_name,
            self.births,
            self.portrait,
            self.database,
            self.values,
            enabled=self.settings.personal_space,
        )

    @cached_property
    def room_state(self) -> RoomState:
        """State events of portal rooms."""
        return RoomState(self.homeserver, self.senders)

    @cached_property
    def properties(self) -> RoomProperties:
        """Names, topics and pictures of portal rooms."""
        return RoomProperties(
            self.portals,
            self.people,
            self.senders,
            self.room_state,
            self.courier.avatar,
            self.info,
            self.handover_store,
        )

    @cached_property
    def power_store(self) -> PowerStore:
        """Stored powers."""
        return PowerStore(self.database)

    @cached_property
    def powers(self) -> PowerKeeper:
        """Power levels of portal rooms."""
        return PowerKeeper(
            self.homeserver,
            self.logins,
            self.portals,
            self.power_store,
            self.senders,
            self.room_state,
            self.handover_store,
            self.settings.other_bots,
        )

    @cached_property
    def pin_store(self) -> PinStore:
        """Stored pins."""
        return PinStore(self.database)

    @cached_property
    def pins(self) -> PinBoard:
        """Pinned messages."""
        return PinBoard(self.pin_store, self.portals, self.messages, self.room_state)

    @cached_property
    def gathering(self) -> Gathering:
        """Brings ghosts into rooms before they speak."""
        limit = self.settings.network.member_limit
        return Gathering(self.people, self.senders, self.clock, limit)

    @cached_property
    def room_members(self) -> RoomMembers:
        """Who is in portal rooms."""
        return RoomMembers(
            self.homeserver,
            self.portals,
            self.people,
            self.senders,
            self.spaces,
            self.gathering,
            self.handover_store,
        )

    @cached_property
    def rooms(self) -> Rooms:
        """Portal rooms."""
        maker = RoomMaker(
            self.homeserver,
            self.portals,
            self.people,
            self.senders,
            self.properties,
            self.powers,
            self.births,
            self.info,
            self.settings.server_name,
        )
        return Rooms(
            self.portals,
            maker,
            self.properties,
            self.room_members,
            self.powers,
            self.spaces,
            self.parents,
            self.moving,
            self.chat_settings,
            self.pins,
            Discussions(self.portals, self.writer),
        )

    @cached_property
    def news(self) -> ChatNews:
        """News of chats."""
        return ChatNews(
            self.portals, self.power_store, self.pin_store, self.pins, self.rooms, self.clock
        )

    @cached_property
    def parents(self) -> Parents:
        """Which room is in which space."""
        return Parents(
            self.portals, self.logins, self.spaces, self.room_state, self.settings.server_name
        )

    @cached_property
    def moving(self) -> Moving:
        """Chats that go on as others."""
        return Moving(
            self.portals,
            self.from_remote,
            self.senders,
            self.room_state,
            self.translator,
            self.info,
            Renaming(self.database),
            self.handover_store,
        )

    @cached_property
    def chat_settings(self) -> ChatSettingsSync:
        """Keeps people's settings of chats equal."""
        return ChatSettingsSync(
            ChatSettingsStore(self.database),
            self.portals,
            self.sessions,
            self.senders,
            PersonalRooms(self.homeserver),
            self.clock,
        )

    @cached_property
    def writer(self) -> RoomWriter:
        """Writes into portal rooms."""
        return RoomWriter(
            self.homeserver,
            self.senders,
            self.crypto,
            self.interpreter,
            self.powers,
            self.source,
        )

    @cached_property
    def departures(self) -> Departures:
        """Takes people out of rooms."""
        return Departures(
            self.logins,
            self.portals,
            self.people,
            self.sessions,
            self.rooms,
            self.room_members,
            self.writer,
            self.interpreter,
            self.news,
        )

    @cached_property
    def carriers(self) -> Carriers:
        """Logins of people in portals."""
        return Carriers(self.sessions, self.portals, self.rooms, self.senders, self.info)

    @cached_property
    def births(self) -> RoomBirths:
        """Rooms of interrupted attempts."""
        return RoomBirths(self.homeserver, self.senders, self.portals, self.logins, self.clock)

    @cached_property
    def rescue(self) -> Rescue:
        """Rooms the bot was removed from."""
        return Rescue(
            self.homeserver,
            self.logins,
            self.portals,
            self.people,
            self.messages,
            self.senders,
            self.rooms,
            self.management,
            self.voice,
        )
