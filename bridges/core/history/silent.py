# SPDX-License-Identifier: AGPL-3.0-or-later
"""Past messages that the homeserver itself puts behind what is in a room, and tells nobody of.

Source: docs/adr/0019; the homeserver's part is ``policy_module/history``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from mautrix.types import EventID, RoomID

from bridges.core.history.writer import EventKey, PastEvent, PastReaction, Speaking
from bridges.core.matrix import event_types
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.histories import Histories
from bridges.core.matrix.rendering import as_reply, reaction_content
from bridges.core.matrix.transaction_ids import transaction_id

Json = dict[str, Any]

_Written = tuple[PastEvent | PastReaction, Json]
"""An event and what is handed over of it."""

AT_ONCE = 500
"""Events handed over with one request, as the homeserver's part says ..."""

MOST_BYTES = 4_000_000
"""... if they are not too long: Synapse takes 13 MB, and who stands before it may take less."""

_NOT_YET = EventID("")
"""Stands for the id of an event that the homeserver fills in."""

_NO_TARGET = "M_NOT_FOUND"
"""What an event answers is not in the room."""

_HALF_DONE = "M_INVALID_PARAM"
"""The homeserver was interrupted while it put what it had into the room."""


class SilentHistory:
    """Hands events over, oldest first; with the end of the history they are in the room."""

    def __init__(self, histories: Histories, writer: Speaking) -> None:
        self._histories = histories
        self._writer = writer

    async def insert(
        self, room: RoomID, batch: Sequence[PastEvent | PastReaction]
    ) -> Mapping[EventKey, EventID]:
        """See ``HistoryWriter``. Replies may be to events of any batch."""
        names = {one.key: _name(one.key) for one in batch}
        ids: dict[str, EventID] = {}
        events = [(one, await self._as_json(room, one)) for one in batch]
        for some in _pieces(events):
            ids |= await self._hand_over(room, some)
        return {key: ids[name] for key, name in names.items() if name in ids}

    async def finish(self, room: RoomID) -> None:
        """See ``HistoryWriter``."""
        while await self._histories.commit(room):
            pass

    async def _hand_over(self, room: RoomID, batch: Sequence[_Written]) -> Mapping[str, EventID]:
        events = [event for _, event in batch]
        people = any(one.sender.is_person for one, _ in batch)
        try:
            return await self._histories.hand_over(room, events, people)
        except HomeserverRefused as refused:
            if refused.errcode == _HALF_DONE:
                await self.finish(room)
                return await self._histories.hand_over(room, events, people)
        ids: dict[str, EventID] = {}
        for one, event in batch:
            ids |= await self._hand_over_one(room, one, event)
        return ids

    async def _hand_over_one(
        self, room: RoomID, one: PastEvent | PastReaction, event: Json
    ) -> Mapping[str, EventID]:
        """Hand over one of a batch that was refused: let in who is missing, show what cannot be taken."""
        people = one.sender.is_person
        try:
            return await self._histories.hand_over(room, [event], people)
        except HomeserverRefused as refused:
            if refused.errcode == _NO_TARGET:
                event = _unrelated(event)
            elif refused.status == HTTPStatus.FORBIDDEN:
                await self._writer.readmit(room, one.sender)
        try:
            return await self._histories.hand_over(room, [event], people)
        except HomeserverRefused as refused:
            if isinstance(one, PastReaction):
                return {}
            shown = self._writer.placeholder(str(refused))
        kind, content = await self._writer.sealed(room, one.sender, shown.type, shown.content)
        instead = {name: event[name] for name in ("key", "sender", "origin_server_ts")}
        return await self._histories.hand_over(
            room, [{**instead, "type": kind, "content": content}], people
        )

    async def _as_json(self, room: RoomID, one: PastEvent | PastReaction) -> Json:
        if isinstance(one, PastReaction):
            content = reaction_content(_NOT_YET, one.reaction)
            content["m.relates_to"].pop("event_id")
            named: Json = {"relates_to": _name(one.target)}
            kind = event_types.REACTION
        else:
            kind, content = one.rendered.type, one.rendered.content
            named = {}
            if isinstance(one.reply_to, EventKey):
                named = {"reply_to": _name(one.reply_to)}
            elif one.reply_to is not None:
                content = as_reply(content, one.reply_to)
        return await self._sealed(room, one.sender, kind, content) | {
            "key": _name(one.key),
            "sender": one.sender.mxid,
            "origin_server_ts": one.sent_at,
            **named,
        }

    async def _sealed(self, room: RoomID, sender: MatrixSender, kind: str, content: Json) -> Json:
        kind, content = await self._writer.sealed(room, sender, kind, content)
        return {"type": kind, "content": content}


def _name(key: EventKey) -> str:
    """How an event is called towards the homeserver."""
    return transaction_id("history", key.chat, key.message, key.part)


def _unrelated(event: Json) -> Json:
    content = {name: value for name, value in event["content"].items() if name != "m.relates_to"}
    rest = {name: value for name, value in event.items() if name != "reply_to"}
    return rest | {"content": content}


def _pieces(events: Sequence[_Written]) -> Iterator[Sequence[_Written]]:
    """Cut a batch into what is handed over with one request."""
    piece: list[_Written] = []
    size = 0
    for one in events:
        length = len(json.dumps(one[1]))
        if piece and (len(piece) == AT_ONCE or size + length > MOST_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(one)
        size += length
    if piece:
        yield piece
