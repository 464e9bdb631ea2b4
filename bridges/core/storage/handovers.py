# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored handovers. They are few and asked for with every message, so all are kept in memory."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.handover.state import Handover, Step
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.storage.database import Database


def _values(one: Handover) -> dict[str, object]:
    return {
        "room_id": one.room,
        "chat": one.kept.chat,
        "receiver": one.kept.receiver,
        "other_chat": one.other and one.other.chat,
        "other_receiver": one.other and one.other.receiver,
        "keeper": one.keeper,
        "guest": one.guest,
        "guest_user": one.guest_user,
        "asked_by": one.asked_by,
        "step": one.step.value,
        "changed_at": one.changed_at,
        "guest_stays": one.guest_stays,
        "keeper_only_here": one.keeper_only_here,
        "guest_only_here": one.guest_only_here,
        "own_room": one.own_room,
    }


_KEY = ("chat", "receiver")
_NAMES = (
    "room_id",
    *_KEY,
    "other_chat",
    "other_receiver",
    "keeper",
    "guest",
    "guest_user",
    "asked_by",
    "step",
    "changed_at",
    "guest_stays",
    "keeper_only_here",
    "guest_only_here",
    "own_room",
)
_SAVE = (
    f"INSERT INTO handover ({', '.join(_NAMES)})"
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_NAMES) + 1))})"
    " ON CONFLICT (chat, receiver) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _KEY)
)


class _Known:
    """All handovers, by what they are asked for."""

    def __init__(self, handovers: Iterable[Handover]) -> None:
        self.by_kept = {one.kept: one for one in handovers}
        self.by_other = {one.other: one for one in self.by_kept.values() if one.other}
        self.by_room = {one.room: one for one in self.by_kept.values()}


class HandoverStore:
    """Reads and writes handovers."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._all: _Known | None = None
        self._changing: KeyedLocks[ChatKey] = KeyedLocks()

    def hold(self, kept: ChatKey) -> AbstractAsyncContextManager[None]:
        """Be alone with the handover of a chat: who saves what follows from what is stored needs that."""
        return self._changing.hold(kept)

    async def all(self) -> Sequence[Handover]:
        """All of them, in no particular order."""
        return list((await self._known()).by_kept.values())

    async def of(self, chat: ChatKey) -> Handover | None:
        """The handover a chat is part of, be its room the one that is kept or the other one."""
        known = await self._known()
        return known.by_kept.get(chat) or known.by_other.get(chat)

    async def in_room(self, room: RoomID) -> Handover | None:
        """The handover whose room that is kept this is."""
        return (await self._known()).by_room.get(room)

    async def left_for(self, room: RoomID) -> Handover | None:
        """The handover for which a chat goes on in another room than this one, which it had."""
        known = (await self._known()).by_kept.values()
        return next((one for one in known if one.own_room == room and one.is_native), None)

    async def guest_in(self, room: RoomID, user: RemoteUserID) -> UserID | None:
        """Who takes the place of a remote user's ghost in a room."""
        found = await self.in_room(room)
        if found is None or found.guest_user != user or not found.guest_is_in:
            return None
        return found.guest

    async def save(self, handover: Handover) -> None:
        """Insert or replace the handover of a chat. It counts once it is stored."""
        await self._db.execute(_SAVE, *_values(handover).values())
        known = await self._known()
        self._all = _Known([*known.by_kept.values(), handover])

    async def delete(self, handover: Handover) -> None:
        """Forget a handover."""
        await self._db.execute(
            "DELETE FROM handover WHERE chat = $1 AND receiver = $2",
            handover.kept.chat,
            handover.kept.receiver,
        )
        known = await self._known()
        self._all = _Known(one for one in known.by_kept.values() if one.kept != handover.kept)

    async def rename(self, chat: ChatKey, successor: ChatKey) -> None:
        """Note that a chat goes on as another, in the same room."""
        found = await self.of(chat)
        if found is None:
            return
        if found.kept == chat:
            await self.save(evolve(found, kept=successor))
            await self.delete(found)
        else:
            await self.save(evolve(found, other=successor))

    def look_again(self) -> None:
        """Note that chats were deleted with all that belongs to them."""
        self._all = None

    async def _known(self) -> _Known:
        if self._all is not None:
            return self._all
        rows = await self._db.fetch(f"SELECT {', '.join(_NAMES)} FROM handover")
        return self._taken_in(map(_handover, rows))

    def _taken_in(self, handovers: Iterable[Handover]) -> _Known:
        """What is known from now on: somebody else may have asked before, and have stored since."""
        if self._all is None:
            self._all = _Known(handovers)
        return self._all


def _handover(row: Any) -> Handover:
    other = None
    if row["other_chat"] is not None:
        other = ChatKey(ChatID(row["other_chat"]), LoginID(row["other_receiver"]))
    return Handover(
        room=RoomID(row["room_id"]),
        kept=ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
        other=other,
        keeper=UserID(row["keeper"]),
        guest=UserID(row["guest"]),
        guest_user=RemoteUserID(row["guest_user"]),
        asked_by=UserID(row["asked_by"]),
        step=Step(row["step"]),
        changed_at=row["changed_at"],
        guest_stays=bool(row["guest_stays"]),
        keeper_only_here=bool(row["keeper_only_here"]),
        guest_only_here=bool(row["guest_only_here"]),
        own_room=None if row["own_room"] is None else RoomID(row["own_room"]),
    )
