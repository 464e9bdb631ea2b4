# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts that carry messages between a chat and its room."""

from functools import cached_property

from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.handover.latecomers import Latecomers
from bridges.core.handover.routes import HandoverRoutes
from bridges.core.history.arrivals import Arrivals
from bridges.core.history.choice import HistoryWriters
from bridges.core.history.filler import HistoryFiller
from bridges.core.history.hush import Hush
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.history.reader import HistoryReader
from bridges.core.history.silent import SilentHistory
from bridges.core.history.store import HistoryStore
from bridges.core.history.writer import TimestampedHistory
from bridges.core.portal.contents import Contents
from bridges.core.portal.entrance import Entrance
from bridges.core.portal.invitations import Invitations
from bridges.core.portal.late_failures import LateFailures
from bridges.core.portal.message_changes import MessageChanges
from bridges.core.portal.messages import MessageSync
from bridges.core.portal.outgoing_messages import OutgoingMessages
from bridges.core.portal.own_reactions import OwnReactions
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.polls import Polls
from bridges.core.portal.reactions import ReactionSync
from bridges.core.portal.read_positions import ReadPositions
from bridges.core.portal.receipts import ReceiptSync
from bridges.core.portal.references import ReferenceBook
from bridges.core.portal.retractions import Retractions
from bridges.core.portal.room_parts import RoomParts
from bridges.core.portal.speakers import Speakers
from bridges.core.portal.status import MessageStatus
from bridges.core.portal.to_matrix import ToMatrix
from bridges.core.portal.to_remote import ToRemote
from bridges.core.portal.welcome import Welcome
from bridges.core.read_marks import ReadMarks
from bridges.core.rows import MessagePlaces
from bridges.core.settings_watch import SettingsWatch
from bridges.core.storage.polls import PollStore
from bridges.core.storage.read_marks import ReadMarkStore
from bridges.core.storage.settlement import Settlement
from bridges.core.storage.speakers import SpeakerStore


class PortalParts(RoomParts):
    """Both directions through portals."""

    @cached_property
    def settings_watch(self) -> SettingsWatch:
        """Notices what people set in Matrix."""
        return SettingsWatch(
            self.database,
            self.homeserver,
            self.senders,
            self.sessions,
            self.portals,
            self.chat_settings,
            self.values,
            self.clock,
            self.settings.settings_interval,
        )

    @cached_property
    def places(self) -> MessagePlaces:
        """In which chats messages are."""
        return MessagePlaces(self.messages, self.portals, self.from_remote)

    @cached_property
    def reactions(self) -> ReactionSync:
        """Keeps reactions equal."""
        return ReactionSync(
            self.database,
            self.messages,
            self.portals,
            self.senders,
            self.writer,
            self.emoji,
            self.gate,
            self.clock,
        )

    @cached_property
    def polls(self) -> Polls:
        """Keeps polls equal."""
        return Polls(
            PollStore(self.database),
            self.messages,
            self.portals,
            self.senders,
            self.writer,
            self.gate,
        )

    @cached_property
    def contents(self) -> Contents:
        """Events of parts of messages."""
        return Contents(self.senders, self.courier, self.emoji, self.interpreter)

    @cached_property
    def own_sends(self) -> OwnSends:
        """Knows what people of ours have sent."""
        return OwnSends(self.messages, self.from_matrix, self.sessions, self.gate)

    @cached_property
    def history_store(self) -> HistoryStore:
        """Which chats want their history."""
        return HistoryStore(
            self.database,
            self.from_remote,
            self.messages,
            self.expiries,
            self.codec,
            self.clock,
        )

    @cached_property
    def history_writers(self) -> HistoryWriters:
        """The ways past messages get into rooms."""
        return HistoryWriters(
            self.homeserver.histories,
            TimestampedHistory(self.writer),
            SilentHistory(self.homeserver.histories, self.writer),
        )

    @cached_property
    def history_keeper(self) -> HistoryKeeper:
        """Brings chats in with their histories."""
        reader = HistoryReader(self.history_store, self.portals, self.senders)
        filler = HistoryFiller(
            self.history_store,
            self.messages,
            self.links,
            self.senders,
            self.contents,
            self.emoji,
            self.polls,
            self.own_sends,
            self.pins,
            self.history_writers,
        )
        hush = Hush(
            self.homeserver,
            self.senders,
            self.sessions,
            self.portals,
            self.messages,
            self.writer,
            self.source,
        )
        return HistoryKeeper(
            self.history_store,
            reader,
            filler,
            self.history_writers,
            hush,
            self.rooms,
            self.portals,
            self.messages,
            self.sessions,
            self.clock,
            self.handover_routes,
            PASSING_TROUBLE,
            self.settings.network.backfill,
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """Which chats are brought in."""
        return Arrivals(
            self.sessions,
            self.values,
            self.rooms,
            self.news,
            self.gate,
            self.portals,
            self.spaces,
            Invitations(self.homeserver, self.senders, self.source),
            self.history_keeper,
            self.handover_routes,
            self.clock,
            self.info,
            self.settings.network.sync,
        )

    @cached_property
    def entrance(self) -> Entrance:
        """Finds the room of a message."""
        welcome = Welcome(self.clock, self.settings.network.sync)
        return Entrance(self.rooms, self.portals, self.history_keeper, welcome)

    @cached_property
    def message_sync(self) -> MessageSync:
        """Shows new messages."""
        return MessageSync(
            self.database,
            self.from_remote,
            self.messages,
            self.links,
            self.entrance,
            Speakers(
                self.senders,
                self.sessions,
                self.writer,
                SpeakerStore(self.database),
                self.handover_store,
                self.room_members,
                self.interpreter,
            ),
            self.writer,
            self.contents,
            self.polls,
            self.own_sends,
            self.pins,
            self.gate,
            self.clock,
            self.handover_routes,
        )

    @cached_property
    def handover_routes(self) -> HandoverRoutes:
        """Which way things go in chats that are handed over."""
        latecomers = Latecomers(self.handover_store, self.portals, self.sessions)
        return HandoverRoutes(self.handover_store, self.messages, self.sessions, latecomers)

    @cached_property
    def positions(self) -> ReadPositions:
        """How far chats were read."""
        return ReadPositions(
            self.homeserver,
            self.messages,
            self.links,
            self.senders,
            rising_ids=self.info.rising_ids,
        )

    @cached_property
    def read_marks(self) -> ReadMarks:
        """Receipts on their way to the network."""
        return ReadMarks(ReadMarkStore(self.database), self.sessions, self.clock, PASSING_TROUBLE)

    @cached_property
    def message_changes(self) -> MessageChanges:
        """Shows edits and deletions."""
        return MessageChanges(
            self.database,
            self.from_remote,
            self.messages,
            self.portals,
            self.senders,
            self.writer,
            self.contents,
            self.own_sends,
        )

    @cached_property
    def to_matrix(self) -> ToMatrix:
        """From the network to Matrix."""
        return ToMatrix(
            self.database,
            self.from_remote,
            self.portals,
            self.sessions,
            self.rooms,
            self.properties,
            self.senders,
            self.message_sync,
            self.message_changes,
            self.reactions,
            ReceiptSync(
                self.portals,
                self.senders,
                self.writer,
                self.positions,
                self.read_marks,
                self.chat_settings,
            ),
            LateFailures(self.portals, self.messages, self.gate, self.status),
            self.news,
            self.departures,
            self.rescue,
            self.gate,
            self.polls,
            self.chat_settings,
            self.codec,
        )

    @cached_property
    def status(self) -> MessageStatus:
        """Tells senders what became of their message."""
        return MessageStatus(self.writer, self.senders, self.settings.message_status, self.info.id)

    @cached_property
    def outgoing_messages(self) -> OutgoingMessages:
        """Sends people's messages."""
        return OutgoingMessages(
            self.database,
            self.from_matrix,
            self.messages,
            self.links,
            Settlement(self.database, self.from_matrix, self.messages),
            self.homeserver,
            self.senders,
            self.courier,
            self.polls,
            self.expiries,
            self.status,
            self.gate,
            self.info,
        )

    @cached_property
    def own_reactions(self) -> OwnReactions:
        """Gives people's reactions."""
        return OwnReactions(
            self.database,
            self.messages,
            self.links,
            self.emoji,
            self.reactions,
            self.gate,
            self.info,
        )

    @cached_property
    def to_remote(self) -> ToRemote:
        """From Matrix to the network."""
        return ToRemote(
            self.database,
            self.from_matrix,
            self.carriers,
            ReferenceBook(self.messages, self.portals, self.senders, self.emoji),
            self.outgoing_messages,
            self.own_reactions,
            Retractions(
                self.database,
                self.messages,
                self.links,
                self.own_reactions,
                self.writer,
                self.info,
            ),
            self.polls,
            self.crypto,
            self.status,
            self.handover_routes,
        )
