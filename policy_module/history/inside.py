# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that history needs of Synapse 1.163 and that modules are offered no public way to.

Where an event stands in a room is decided by its depth, then by its place in the stream. Synapse gives
events it fetches from other servers negative places, each lower than the one before, and tells nobody of
them. So does this: a room's history gets the depth of the first message in the room, and the newest event
of the history is stored first.

The events name as their predecessor the last event before that place, but what holds in the room is
taken as it is now, when they are made: that the sender is in the room, and how everybody is called.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen
from synapse.api.constants import Direction, EventContentFields, EventTypes, Membership
from synapse.api.errors import Codes, NotFoundError, SynapseError
from synapse.api.filtering import Filter
from synapse.api.room_versions import EventFormatVersions, RoomVersion
from synapse.appservice import ApplicationService
from synapse.event_auth import validate_event_for_room_version
from synapse.events import EventBase, make_event_from_json
from synapse.events.snapshot import EventContext
from synapse.events.utils import validate_canonicaljson
from synapse.events.validator import MENTIONS_SCHEMA, MENTIONS_VALIDATOR, EventValidator
from synapse.http.site import SynapseRequest
from synapse.module_api import NOT_SPAM
from synapse.storage.database import LoggingTransaction
from synapse.types import RoomStreamToken, StateMap, UserID
from synapse.util.async_helpers import Linearizer
from synapse.util.json import json_encoder

from policy_module.history.batches import PastEvent
from policy_module.history.store import Transaction, Waiting

if TYPE_CHECKING:
    from synapse.server import HomeServer

_FIRST_MESSAGE = (
    "SELECT topological_ordering FROM events WHERE room_id = ? AND state_key IS NULL"
    " AND NOT outlier AND rejection_reason IS NULL"
    " ORDER BY topological_ordering, stream_ordering LIMIT 1"
)
_NEWEST_DEPTH = (
    "SELECT MAX(topological_ordering) FROM events WHERE room_id = ? AND NOT outlier"
    " AND rejection_reason IS NULL"
)
_LAST_BEFORE = (
    "SELECT event_id FROM events WHERE room_id = ? AND topological_ordering < ? AND NOT outlier"
    " AND rejection_reason IS NULL"
    " ORDER BY topological_ordering DESC, stream_ordering DESC LIMIT 1"
)
_EARLIER_SIBLING = (
    "SELECT one.topological_ordering, one.stream_ordering FROM events AS one"
    " JOIN events AS other ON other.room_id = one.room_id"
    " AND other.topological_ordering = one.topological_ordering"
    " AND other.stream_ordering < one.stream_ordering"
    " WHERE one.event_id = ? AND one.room_id = ? LIMIT 1"
)
_PROFILE = frozenset({"displayname", "avatar_url"})
_NOTHING_BUT_MENTIONS = frozenset(
    {EventTypes.Message, EventTypes.Encrypted, EventTypes.Sticker, EventTypes.Reaction}
)
"""Types of which Synapse checks no content that new events of ours could have wrong, but mentions."""
_PLAIN_IN_ENCRYPTED_ROOMS = frozenset({EventTypes.Encrypted, EventTypes.Reaction})


@frozen(eq=False)
class Ground:
    """Where in a room its history is put.

    Attributes:
        depth: of the events.
        predecessor: id of the last event before them.
        state_group: what holds in the room now, as a number in Synapse's database ...
        state: ... and as ids of events.
        allowed: who was found to be allowed to say what: nothing else counts for messages.
    """

    room_id: str
    version: RoomVersion
    depth: int
    predecessor: str
    state_group: int
    state: StateMap[str]
    allowed: set[tuple[str, str]] = field(factory=set, init=False)

    def with_member(self, user: str, event_id: str) -> "Ground":
        """Give the same, where somebody's membership is this event."""
        return evolve(self, state={**self.state, (EventTypes.Member, user): event_id})

    @property
    def is_encrypted(self) -> bool:
        """Whether what is said there is encrypted."""
        return (EventTypes.RoomEncryption, "") in self.state


class Inside:
    """Makes events and stores them.

    Attributes:
        turns: holds a room for one request at a time.
    """

    def __init__(self, hs: "HomeServer") -> None:
        self.turns = Linearizer(name="karvon_history", clock=hs.get_clock())
        self._hs = hs
        self._store = hs.get_datastores().main
        self._builders = hs.get_event_builder_factory()
        self._auth = hs.get_event_auth_handler()
        self._validator = EventValidator()
        self._mentions = MENTIONS_VALIDATOR(MENTIONS_SCHEMA)

    # -- Who asks

    async def service(self, request: SynapseRequest) -> ApplicationService:
        """Give the application service whose token the request has.

        Raises:
            SynapseError: 401 for no or a wrong token, 403 for somebody else's.
        """
        requester = await self._hs.get_auth().get_user_by_req(request)
        service = None
        if requester.app_service_id is not None:
            service = self._store.get_app_service_by_id(requester.app_service_id)
        if service is None:
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                "Only application services bring histories: use the registration's as_token.",
                Codes.FORBIDDEN,
            )
        return service

    def service_by_token(self, request: SynapseRequest, token: str) -> ApplicationService | None:
        """Give the application service that has a token, if the request may come from it."""
        service = self._store.get_app_service_by_token(token)
        if service is None or not service.ip_range_whitelist:
            return service
        address = request.getClientAddress().host  # type: ignore[no-untyped-call]
        return service if address in service.ip_range_whitelist else None

    def is_of_this_server(self, user: str) -> bool:
        """Whether a user, if there is one, is at this homeserver."""
        return UserID.is_valid(user) and self._hs.is_mine_id(user)

    def is_ghost_of_any(self, user: str) -> bool:
        """Whether some application service alone may speak as a user."""
        return self._store.get_if_app_services_interested_in_user(user)

    # -- Where it goes

    async def ground(self, room_id: str) -> Ground | None:
        """Look at a room; None if there is none that this homeserver is in.

        Raises:
            SynapseError: 400, this kind of room takes no history.
        """
        try:
            version = await self._store.get_room_version(room_id)
        except NotFoundError:
            return None
        newest = await self._store.get_prev_events_for_room(room_id)
        if not newest:
            return None
        if version.event_format == EventFormatVersions.ROOM_V1_V2 or version.msc4242_state_dags:
            raise SynapseError(
                HTTPStatus.BAD_REQUEST,
                f"Histories cannot be put into rooms of version {version.identifier}: upgrade the"
                " room first.",
                Codes.INCOMPATIBLE_ROOM_VERSION,
            )
        if await self._store.is_partial_state_room(room_id):  # type: ignore[arg-type, call-arg, misc]
            raise SynapseError(
                HTTPStatus.CONFLICT,
                "This homeserver is still finding out who is in the room: try again later.",
                Codes.UNABLE_DUE_TO_PARTIAL_STATE,
            )
        state_group, state = await self._state_after(room_id, newest)
        depth, predecessor = await self._store.db_pool.runInteraction(
            "karvon_history_ground", _place, room_id
        )
        return Ground(room_id, version, depth, predecessor, state_group, state)

    async def _state_after(self, room_id: str, events: list[str]) -> tuple[int, StateMap[str]]:
        states = self._hs.get_storage_controllers().state
        entry = await self._hs.get_state_handler().resolve_state_groups_for_events(room_id, events)
        state = await entry.get_state(states)
        group = entry.state_group
        if group is None:
            # Several branches of the room meet here, and nothing was said since.
            name = events[0]
            group = await states.store_state_group(
                name, room_id, entry.prev_group, entry.delta_ids, state
            )
            entry.set_state_group(group)
        return group, state

    async def joined(self, ground: Ground, users: Iterable[str]) -> set[str]:
        """Give those of some users who are in the room."""
        ids = [
            ground.state[EventTypes.Member, user]
            for user in users
            if (EventTypes.Member, user) in ground.state
        ]
        events = await self._store.get_events(ids)
        return {one.state_key for one in events.values() if one.membership == Membership.JOIN}

    async def invited(self, ground: Ground, user: str) -> EventBase | None:
        """Give the invitation of somebody who has not followed it yet."""
        name = ground.state.get((EventTypes.Member, user))
        event = None if name is None else await self._store.get_event(name)
        return event if event is not None and event.membership == Membership.INVITE else None

    async def joining(self, ground: Ground, invitation: EventBase) -> EventBase:
        """Make the event by which somebody who is invited was in the room in the past.

        What they said then needs it. It is an outlier: nobody sees it, and in the room as it is now
        they are invited as before.
        """
        content = {key: value for key, value in invitation.content.items() if key in _PROFILE}
        user = invitation.state_key
        builder = self._builders.for_room_version(
            ground.version,
            {
                "type": EventTypes.Member,
                "room_id": ground.room_id,
                "sender": user,
                "state_key": user,
                "content": {**content, "membership": Membership.JOIN},
                "origin_server_ts": invitation.origin_server_ts,
            },
        )
        event = await builder.build(
            prev_event_ids=[ground.predecessor],
            auth_event_ids=self._auth.compute_auth_events(builder, ground.state),
            depth=ground.depth,
        )
        event.internal_metadata.outlier = True
        await self._auth.check_auth_rules_from_context(event)
        return event

    async def enter_joining(self, event: EventBase) -> None:
        """Store such an event."""
        context = EventContext.for_outlier(self._hs.get_storage_controllers())
        await self._persist(event.room_id, [(event, context)])

    async def in_room(self, room_id: str, event_ids: Collection[str]) -> set[str]:
        """Give those of some events that are in a room."""
        events = await self._store.get_events(event_ids)
        return {name for name, event in events.items() if event.room_id == room_id}

    # -- Events

    async def make(self, ground: Ground, past: PastEvent, content: Mapping[str, Any]) -> EventBase:
        """Make an event of a room's past and see that it is allowed.

        Raises:
            SynapseError: it is not.
        """
        if ground.is_encrypted and past.type not in _PLAIN_IN_ENCRYPTED_ROOMS:
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                "The room is encrypted: hand over m.room.encrypted, or send it with your own client.",
                Codes.FORBIDDEN,
            )
        validate_canonicaljson(content)
        builder = self._builders.for_room_version(
            ground.version,
            {
                "type": past.type,
                "room_id": ground.room_id,
                "sender": past.sender,
                "content": content,
                "origin_server_ts": past.origin_server_ts,
                "unsigned": {"age_ts": past.origin_server_ts},
            },
        )
        self._validator.validate_builder(builder)
        event = await builder.build(
            prev_event_ids=[ground.predecessor],
            auth_event_ids=self._auth.compute_auth_events(builder, ground.state),
            depth=ground.depth,
        )
        self._validate(event)
        validate_event_for_room_version(event)
        if (past.sender, past.type) not in ground.allowed:
            await self._auth.check_auth_rules_from_context(event)
            ground.allowed.add((past.sender, past.type))
        await self._ask_modules(event, ground)
        return event

    def _validate(self, event: EventBase) -> None:
        """Check what Synapse checks of each new event.

        Synapse reads the schema of mentions anew for each event that has any, if it is only to say that
        there are none, and that takes longer than everything else about an event.
        """
        mentions = event.content.get(EventContentFields.MENTIONS)
        if event.type in _NOTHING_BUT_MENTIONS and self._mentions.is_valid(mentions):
            self._validator.validate_builder(event)
            validate_canonicaljson(event.get_pdu_json())
        else:
            self._validator.validate_new(event, self._hs.config)

    async def _ask_modules(self, event: EventBase, ground: Ground) -> None:
        """Ask whom Synapse asks about each message."""
        callbacks = self._hs.get_module_api_callbacks()
        verdict = await callbacks.spam_checker.check_event_for_spam(event)
        context = self._context(ground.state_group)
        allowed, other = await callbacks.third_party_event_rules.check_event_allowed(event, context)
        if verdict != NOT_SPAM or not allowed or other is not None:
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                "A rule of this homeserver does not let this through: leave it out.",
                Codes.FORBIDDEN,
            )

    def written(self, event: EventBase, ground: Ground) -> Waiting:
        """Give an event as it is kept until it is stored."""
        content = json_encoder.encode(event.get_dict_for_persistence())
        return Waiting(event.event_id, ground.state_group, content)

    async def enter(self, room_id: str, events: Sequence[Waiting]) -> None:
        """Store events, the newest first, behind everything stored in this way before."""
        version = await self._store.get_room_version(room_id)
        groups = {one.state_group for one in events}
        deletion = self._hs.get_datastores().state_deletion
        gone = await deletion.check_state_groups_and_bump_deletion(groups)
        instead = None
        if gone:
            newest = await self._store.get_prev_events_for_room(room_id)
            instead, _ = await self._state_after(room_id, newest)
        pairs = []
        for one in events:
            event = make_event_from_json(one.event, version)
            group = instead if instead is not None and one.state_group in gone else one.state_group
            pairs.append((event, self._context(group)))
        await self._persist(room_id, pairs)

    async def _persist(self, room_id: str, pairs: list[tuple[EventBase, EventContext]]) -> None:
        """Store, on whichever process of the homeserver stores the events of the room."""
        handler = self._hs.get_federation_event_handler()
        await handler.persist_events_and_notify(room_id, pairs, backfilled=True)

    def _context(self, state_group: int) -> EventContext:
        return EventContext.with_state(
            storage=self._hs.get_storage_controllers(),
            state_group=state_group,
            state_group_before_event=state_group,
            state_delta_due_to_event={},
            partial_state=False,
            state_group_deltas={},
        )


def show_siblings(hs: "HomeServer") -> None:
    """Have ``/context`` show what stands before an event at the same depth, in this process.

    Synapse begins one depth lower, which leaves out the events of a history, as they have one depth.
    Where no event has the same depth, all is as it was.
    """
    store: Any = hs.get_datastores().main
    original = store._get_events_around_txn

    def around(
        txn: LoggingTransaction,
        room_id: str,
        event_id: str,
        before_limit: int,
        after_limit: int,
        event_filter: Filter | None,
    ) -> dict[str, Any]:
        found: dict[str, Any] = original(
            txn, room_id, event_id, before_limit, after_limit, event_filter
        )
        txn.execute(_EARLIER_SIBLING, (event_id, room_id))
        row = txn.fetchone()
        if row is not None:
            depth, place = row
            before = RoomStreamToken(topological=depth, stream=place - 1)
            rows, token, _ = store._paginate_room_events_by_topological_ordering_txn(
                txn,
                room_id,
                before,
                direction=Direction.BACKWARDS,
                limit=before_limit,
                event_filter=event_filter,
            )
            found["before"] = {"event_ids": [one.event_id for one in rows], "token": token}
        return found

    store._get_events_around_txn = around


def _place(transaction: Transaction, room_id: str) -> tuple[int, str]:
    """Give the depth of a room's history and the event before it."""
    transaction.execute(_FIRST_MESSAGE, (room_id,))
    row = transaction.fetchone()
    if row is None:
        transaction.execute(_NEWEST_DEPTH, (room_id,))
        (newest,) = transaction.fetchone()
        row = (newest + 1,)
    (depth,) = row
    transaction.execute(_LAST_BEFORE, (room_id, depth))
    (predecessor,) = transaction.fetchone()
    return depth, predecessor
