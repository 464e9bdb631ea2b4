# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the rooms of a plan and brings people in, without anybody being notified."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatKind
from bridges.core.matrix import event_types
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.portal.births import created_for
from bridges.core.portal.power_levels import creators_are_mighty
from bridges.core.text import Translation, user_text
from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.journal import Journal, MadeRoom, Stage
from bridges.migration.run.voices import Voices

Json = dict[str, Any]

_LOOKS = 4
_BETWEEN_LOOKS = 1.0
"""Seconds; a room may still be being made for a process that was killed."""

_INVITED_AT_ONCE = 100


def room_request(
    room: PlannedRoom, purpose: str, invite: list[UserID], powers: Mapping[str, int]
) -> Json:
    """The body of ``POST /createRoom``. Such a room never leaves its homeserver."""
    return {
        "preset": "private_chat",
        "visibility": "private",
        "name": room.name,
        "is_direct": room.kind is ChatKind.DIRECT,
        "invite": invite,
        "creation_content": {"m.federate": False, **created_for(purpose)},
        "power_level_content_override": {"users": dict(powers)},
    }


class Rooms:
    """Makes each room once, whatever is interrupted."""

    def __init__(
        self,
        voices: Voices,
        journal: Journal,
        owner: UserID,
        say: Translation,
        version: str,
        *,
        silent: bool,
    ) -> None:
        """``version`` is that of new rooms; ``silent``: messages are put into rooms silently."""
        self._silent = silent
        self._voices = voices
        self._journal = journal
        self._owner = owner
        self._say = say
        self._version = version

    async def ready(self, room: PlannedRoom) -> MadeRoom:
        """Give a room with everybody in it who speaks. Raises the errors of ``Homeserver``."""
        made = self._journal.room(room.archive, room.chat)
        if made is None:
            made = MadeRoom(room.archive, room.chat, await self._make(room), Stage.MADE)
            self._journal.note_room(made)
        if made.stage is Stage.MADE:
            await self._bring_in(room, made.room)
            made = MadeRoom(room.archive, room.chat, made.room, Stage.PEOPLED)
            self._journal.note_room(made)
        return made

    async def grow(self, planned: PlannedRoom, room: RoomID) -> None:
        """Make a room ready in which more is to be sent; everybody needs a device for that."""
        voices = self._voices
        for mxid in {voices.bot.mxid, self._owner, *_speaking(planned, voices)}:
            if voices.can_be(mxid):
                await voices.prepare(mxid)
        await self._bring_in(planned, room)
        if voices.can_be(self._owner):
            await self._be_quiet(room)
            # They may only have been invited, if the room was filled and not opened.
            await voices.own.join(voices.sender(self._owner), room)

    async def open(self, planned: PlannedRoom, room: RoomID) -> None:
        """Let the owner see a room that is filled, and be told of what is said there from now on.

        What was put in silently stands before whatever a client was told of the room: so the owner
        joins last, and a client that is running is told of the end of the history (ADR 19).
        """
        voices = self._voices
        if not voices.can_be(self._owner):
            await voices.own.invite(voices.bot, room, self._owner)
            return
        others = [mxid for mxid in _speaking(planned, voices) if mxid != self._owner]
        if planned.kind is ChatKind.DIRECT and others:
            await self._list_as_direct(room, others[0])
        owner = voices.sender(self._owner)
        await voices.own.join(owner, room)
        await voices.own.set_push_rule(owner, "override", _rule(room), None)

    async def _make(self, room: PlannedRoom) -> RoomID:
        voices = self._voices
        purpose = f"org.karvon.migration://{self._journal.fact('id')}/{room.archive}/{room.chat}"
        if self._journal.fact("making") == purpose:
            found = await self._born(purpose)
            if found is not None:
                return found
        self._journal.note_fact("making", purpose)
        ghosts = []
        for mxid in dict.fromkeys(voices.actual(one.speaks_as) for one in room.speakers):
            if mxid != self._owner:
                await voices.prepare(mxid)
                ghosts.append(mxid)
        powers: dict[str, int] = {self._owner: 100}
        if not creators_are_mighty(self._version):
            powers[voices.bot.mxid] = 100
        request = room_request(room, purpose, ghosts[:_INVITED_AT_ONCE], powers)
        return await voices.own.create_room(voices.bot, request)

    async def _born(self, purpose: str) -> RoomID | None:
        """Look for the room an interrupted attempt has made, or is still making."""
        voices, known = self._voices, {one.room for one in self._journal.rooms()}
        for look in range(_LOOKS):
            if look:
                await asyncio.sleep(_BETWEEN_LOOKS)
            for room in await voices.own.joined_rooms(voices.bot):
                if room in known:
                    continue
                state = voices.own.get_state_event
                made = await state(voices.bot, room, event_types.CREATE)
                if made is None or made.get(event_types.CREATED_FOR) != purpose:
                    known.add(room)
                # The name comes after everything else (specification, /createRoom).
                elif await state(voices.bot, room, event_types.NAME) is not None:
                    return room
        return None

    async def _bring_in(self, planned: PlannedRoom, room: RoomID) -> None:
        voices = self._voices
        names = _speaking(planned, voices)
        inside = self._journal.members(room)
        called = {"membership": "join", "displayname": self._say(user_text("Archive"))}
        await voices.own.set_state(voices.bot, room, event_types.MEMBER, voices.bot.mxid, called)
        for mxid, name in names.items():
            if mxid != self._owner and mxid not in inside:
                await voices.prepare(mxid)
                await self._join(room, mxid, name)
                self._journal.note_member(room, mxid)
        if voices.can_be(self._owner) and self._owner not in inside:
            await self._bring_owner(room)
            self._journal.note_member(room, self._owner)

    async def _join(self, room: RoomID, mxid: UserID, name: str) -> None:
        """Have a ghost join; the migration's own are called so in this room and nowhere else."""
        voices = self._voices
        hs, sender = voices.server(mxid), voices.sender(mxid)
        try:
            await hs.join(sender, room)
        except HomeserverRefused:
            await voices.own.invite(voices.bot, room, mxid)
            await hs.join(sender, room)
        if voices.is_own(mxid):
            shown = name or self._say(user_text("Deleted account"))
            content = {"membership": "join", "displayname": shown}
            await hs.set_state(sender, room, event_types.MEMBER, mxid, content)

    async def _bring_owner(self, room: RoomID) -> None:
        """Have the owner speak without hearing of it: neither of the invitation nor of what comes.

        For silent messages the invitation is enough.
        """
        voices = self._voices
        await voices.prepare(self._owner)
        await self._be_quiet(room)
        await voices.own.invite(voices.bot, room, self._owner)
        if not self._silent:
            await voices.own.join(voices.sender(self._owner), room)

    async def _be_quiet(self, room: RoomID) -> None:
        """Have a room notify the owner of nothing until it is opened."""
        condition = {"kind": "event_match", "key": "room_id", "pattern": room}
        quiet = {"conditions": [condition], "actions": []}
        owner = self._voices.sender(self._owner)
        await self._voices.own.set_push_rule(owner, "override", _rule(room), quiet)

    async def _list_as_direct(self, room: RoomID, other: UserID) -> None:
        """Have the owner's clients list a room as their chat with somebody (``m.direct``)."""
        own, owner = self._voices.own, self._voices.sender(self._owner)
        direct = await own.get_account_data(owner, event_types.DIRECT)
        if room not in direct.get(other, []):
            direct[other] = [*direct.get(other, []), room]
            await own.set_account_data(owner, event_types.DIRECT, direct)


def _speaking(planned: PlannedRoom, voices: Voices) -> Mapping[UserID, str]:
    """Give who speaks in a room, and what they are called there."""
    return {voices.actual(one.speaks_as): one.name for one in planned.speakers}


def _rule(room: RoomID) -> str:
    """The name of the push rule that keeps a room quiet."""
    return f"org.karvon.migration.{room}"
