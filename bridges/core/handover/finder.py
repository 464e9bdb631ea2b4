# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the chat or the handover somebody means, and what a handover of a chat would be."""

import re
from collections.abc import Callable, Sequence

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatKind
from bridges.core.clock import Clock
from bridges.core.errors import Rejected
from bridges.core.handover.common_room import CommonRooms
from bridges.core.handover.state import Handover, Step, is_federated, keeps_own
from bridges.core.matrix import event_types
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_state import RoomState
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.messages import MessageStore, milliseconds
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import UserText, user_text

_ROOM = re.compile(r"(?:https://matrix\.to/#/)?(?P<room>!\S+)")


class HandoverFinder:
    """Looks things up; changes nothing."""

    def __init__(
        self,
        store: HandoverStore,
        portals: PortalStore,
        messages: MessageStore,
        sessions: Sessions,
        senders: Senders,
        properties: RoomProperties,
        state: RoomState,
        common_rooms: CommonRooms,
        clock: Clock,
        network: NetworkInfo,
        server_name: str,
    ) -> None:
        self._store = store
        self._portals = portals
        self._messages = messages
        self._sessions = sessions
        self._senders = senders
        self._properties = properties
        self._state = state
        self._common_rooms = common_rooms
        self._clock = clock
        self._network = network
        self._server = f":{server_name}"

    async def chat_of(self, person: UserID, room: RoomID, named: str | None) -> Portal:
        """The direct chat somebody means. Raises ``Rejected``."""
        given = None if named is None else _ROOM.fullmatch(named)
        if named is None or given is not None:
            portal = await self._portals.by_room(RoomID(given["room"]) if given else room)
            found = [] if portal is None else [portal]
        else:
            found = [
                one for one in await self._portals.with_rooms() if await self._is_called(one, named)
            ]
        mine = [one for one in found if self._is_direct_of(one, person)]
        if len(mine) != 1:
            raise Rejected(
                "HANDOVER.NO_CHAT",
                user_text(
                    "Say that in the room of a chat you have with one person on {network}, or add "
                    "the room's address, which begins with an exclamation mark.",
                    network=self._network.name,
                ),
            )
        return mine[0]

    async def handover_of(
        self,
        person: UserID,
        room: RoomID,
        named: str | None,
        fits: Callable[[Handover], bool],
    ) -> Handover:
        """The handover somebody means: of the room they are in, or with the person they name.

        Raises ``Rejected`` if there is none, or more than one.
        """
        mine = [one for one in await self._store.all() if one.concerns(person) and fits(one)]
        portal = await self._portals.by_room(room)
        if named is not None:
            mine = [one for one in mine if named in (one.other_than(person), one.room)]
        elif portal is not None:
            mine = [one for one in mine if portal.key in (one.kept, one.other)]
        if not mine:
            raise Rejected(
                "HANDOVER.NONE",
                user_text("There is nothing like that. Say hand-overs to see how your chats are."),
            )
        if len(mine) > 1:
            raise Rejected("HANDOVER.WHICH", _which(mine, person))
        return mine[0]

    async def proposal(self, person: UserID, portal: Portal) -> Handover:
        """What a handover would be that somebody asks for. Raises ``Rejected``."""
        other = self._proven(person, portal)
        theirs = await self._chat_with(portal, other)
        own_count = await self._messages.count(portal.key)
        if theirs is None or theirs.room is None:
            other_count = None
        else:
            other_count = await self._messages.count(theirs.key)
        keeps = keeps_own(own_count, other_count)
        handover = await self._in_common_room(self._oriented(person, other, portal, theirs, keeps))
        await self.check_residence(handover)
        return handover

    async def unproven(self, person: UserID, portal: Portal, guest: UserID) -> Handover:
        """What a handover would be to somebody who has no login here and agrees by a code.

        Raises ``Rejected`` if somebody else is known to be the one, or it is handed over already.
        """
        assert portal.room is not None
        assert portal.other_user is not None
        known = await self._store.of(portal.key)
        if known is not None and not known.is_over:
            raise Rejected(
                "HANDOVER.CHANGED",
                user_text("Something else was decided just now. Say hand-overs to see it."),
            )
        if self._sessions.by_remote_user(portal.other_user) is not None:
            raise Rejected(
                "HANDOVER.LOGGED_IN",
                user_text("They are logged in here themselves: say hand-over, and they are asked."),
            )
        if guest == person or self._senders.ghost_of(guest) is not None:
            raise Rejected("HANDOVER.YOURSELF", user_text("That is an account of your own."))
        handover = Handover(
            room=portal.room,
            kept=portal.key,
            other=None,
            keeper=person,
            guest=guest,
            guest_user=portal.other_user,
            asked_by=person,
            step=Step.AGREED,
            changed_at=milliseconds(self._clock.now()),
        )
        handover = await self._in_common_room(handover)
        await self.check_residence(handover)
        return handover

    async def _in_common_room(self, handover: Handover) -> Handover:
        """The same in the room the two already have by another network, if they have one."""
        room = await self._common_rooms.of(handover.keeper, handover.guest)
        return handover if room is None else evolve(handover, room=room, own_room=handover.room)

    async def still_proven(self, handover: Handover) -> Handover:
        """What was asked, in the room it would go to now: much may have happened since.

        Raises ``Rejected`` unless the logins that prove who is who are still here.
        """
        keeper = self._sessions.get(handover.kept.receiver)
        guest = self._sessions.by_remote_user(handover.guest_user)
        if (
            keeper is None
            or guest is None
            or (keeper.record.owner, guest.record.owner) != (handover.keeper, handover.guest)
        ):
            raise self._nobody()
        own = handover.own_room or handover.room
        return await self._in_common_room(evolve(handover, room=own, own_room=None))

    async def check_residence(self, handover: Handover) -> None:
        """Raise ``Rejected`` if the guest may not be in the room that is kept."""
        if handover.guest.endswith(self._server):
            return
        create = await self._state.get(handover.room, event_types.CREATE) or {}
        if not is_federated(create):
            raise Rejected(
                "HANDOVER.ELSEWHERE",
                user_text(
                    "Only accounts of this homeserver may be in this room, and {person} is not one.",
                    person=handover.guest,
                ),
            )

    def _proven(self, person: UserID, portal: Portal) -> ActiveLogin:
        other = None
        if portal.other_user is not None:
            other = self._sessions.by_remote_user(portal.other_user)
        if other is None:
            raise self._nobody()
        if other.record.owner == person:
            raise Rejected("HANDOVER.YOURSELF", user_text("That is an account of your own."))
        return other

    async def _chat_with(self, portal: Portal, other: ActiveLogin) -> Portal | None:
        """The other one's chat with who has this one."""
        mine = self._sessions.get(portal.key.receiver)
        if mine is None:
            return None
        found = await self._portals.direct_with(mine.record.user)
        return next((one for one in found if one.key.receiver == other.record.id), None)

    def _oriented(
        self,
        person: UserID,
        other: ActiveLogin,
        portal: Portal,
        theirs: Portal | None,
        keeps: bool,
    ) -> Handover:
        mine = self._sessions.get(portal.key.receiver)
        assert mine is not None
        assert portal.room is not None
        assert portal.other_user is not None
        now = milliseconds(self._clock.now())
        if keeps or theirs is None or theirs.room is None:
            return Handover(
                room=portal.room,
                kept=portal.key,
                other=None if theirs is None else theirs.key,
                keeper=person,
                guest=other.record.owner,
                guest_user=portal.other_user,
                asked_by=person,
                step=Step.ASKING,
                changed_at=now,
            )
        return Handover(
            room=theirs.room,
            kept=theirs.key,
            other=portal.key,
            keeper=other.record.owner,
            guest=person,
            guest_user=mine.record.user,
            asked_by=person,
            step=Step.ASKING,
            changed_at=now,
        )

    def _is_direct_of(self, portal: Portal, person: UserID) -> bool:
        login = self._sessions.get(portal.key.receiver)
        is_direct = portal.kind is ChatKind.DIRECT and portal.other_user is not None
        return is_direct and login is not None and login.record.owner == person

    async def _is_called(self, portal: Portal, name: str) -> bool:
        if portal.kind is not ChatKind.DIRECT or portal.other_user is None:
            return False
        if name == self._senders.ghost_mxid(portal.other_user):
            return True
        return (await self._properties.title(portal)).casefold() == name.casefold()

    def _nobody(self) -> Rejected:
        return Rejected(
            "HANDOVER.UNPROVEN",
            user_text(
                "Nobody here has proven to be this person: they have to be logged in to {network} "
                "here too. If they have an account here and do not want to log in, say "
                "`send-code` with the name of that account.",
                network=self._network.name,
            ),
        )


def _which(mine: Sequence[Handover], person: UserID) -> UserText:
    people = ", ".join(sorted(one.other_than(person) for one in mine))
    return user_text("With whom? Add one of these: {people}", people=people)
