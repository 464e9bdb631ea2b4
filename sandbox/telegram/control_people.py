# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the control API that lets people do something at their clients."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from attrs import define
from telethon.tl import types

from sandbox.json_body import BadBodyError, Body
from sandbox.telegram.person import Person
from sandbox.telegram.received import Received
from sandbox.telegram.sandbox import TelegramSandbox

Answer = dict[str, Any]


@define
class PeopleOperations:
    """Operations over a sandbox; each takes the fields of a request and returns its answer."""

    net: TelegramSandbox

    def by_path(self) -> dict[str, Callable[[Body], Awaitable[Answer]]]:
        """Return the operations by the paths they are posted to."""
        return {
            "/people/send": self._send,
            "/people/send-file": self._send_file,
            "/people/edit": self._edit,
            "/people/delete": self._delete,
            "/people/react": self._react,
            "/people/read": self._read,
            "/people/type": self._type,
            "/people/online": self._online,
            "/people/messages": self._messages,
            "/people/wait": self._wait,
            "/people/send-poll": self._send_poll,
            "/people/vote": self._vote,
            "/people/close-poll": self._close_poll,
            "/people/send-location": self._send_location,
            "/people/send-sticker": self._send_sticker,
            "/people/forward": self._forward,
        }

    async def _person(self, body: Body) -> Person:
        return await self.net.person(body.text("person"))

    async def _send(self, body: Body) -> Answer:
        person = await self._person(body)
        entities = _entities(body)
        if entities:
            message = await person.send_entities(body.text("chat"), body.text("text"), entities)
            return {"id": message.id}
        message = await person.send(
            body.text("chat"),
            body.text("text"),
            markdown=body.flag("markdown"),
            reply_to=body.maybe_number("reply_to"),
        )
        return {"id": message.id}

    async def _send_file(self, body: Body) -> Answer:
        person = await self._person(body)
        message = await person.send_file(
            body.text("chat"),
            body.data("data"),
            body.text("name"),
            caption=body.text("caption", ""),
            as_document=body.flag("as_document", default=True),
        )
        return {"id": message.id}

    async def _edit(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.edit(body.text("chat"), body.number("id"), body.text("text"))
        return {}

    async def _delete(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.delete(body.text("chat"), *map(int, body.names("ids")))
        return {}

    async def _react(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.react(body.text("chat"), body.number("id"), body.maybe_text("emoji"))
        return {}

    async def _read(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.read(body.text("chat"), body.number("up_to", 0))
        return {}

    async def _type(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.type(body.text("chat"))
        return {}

    async def _online(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.set_online(online=body.flag("online", default=True))
        return {}

    async def _messages(self, body: Body) -> Answer:
        person = await self._person(body)
        found = await person.history(body.text("chat"), body.number("limit", 100))
        return {"messages": [_shown(one) for one in found if isinstance(one, types.Message)]}

    async def _wait(self, body: Body) -> Answer:
        person = await self._person(body)
        kind, text = body.text("kind", "message"), body.maybe_text("text")
        found = await person.wait_for(
            lambda one: one.kind == kind and text in {None, one.text},
            body.seconds("timeout", 10),
        )
        return received(found)

    async def _send_poll(self, body: Body) -> Answer:
        person = await self._person(body)
        message = await person.send_poll(
            body.text("chat"),
            body.text("question"),
            body.names("answers"),
            public=body.flag("public"),
            multiple=body.flag("multiple"),
            correct=body.maybe_number("correct"),
        )
        return {"id": message.id}

    async def _vote(self, body: Body) -> Answer:
        person = await self._person(body)
        answers = [int(number) for number in body.names("answers")]
        await person.vote(body.text("chat"), body.number("id"), *answers)
        return {}

    async def _close_poll(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.close_poll(body.text("chat"), body.number("id"))
        return {}

    async def _send_location(self, body: Body) -> Answer:
        person = await self._person(body)
        message = await person.send_location(
            body.text("chat"),
            body.decimal("latitude"),
            body.decimal("longitude"),
            live_for=body.maybe_number("live_for"),
        )
        return {"id": message.id}

    async def _send_sticker(self, body: Body) -> Answer:
        self.net.operator.add_sample_stickers(body.text("person"))
        person = await self._person(body)
        message = await person.send_sticker(
            body.text("chat"), body.text("set", "sandbox_static"), body.number("number", 0)
        )
        return {"id": message.id}

    async def _forward(self, body: Body) -> Answer:
        person = await self._person(body)
        ids = [int(number) for number in body.names("ids")]
        sent = await person.forward(body.text("chat"), ids, body.text("to"))
        return {"ids": [message.id for message in sent]}


def _entities(body: Body) -> list[Any]:
    """Read entities such as ``{"type": "Bold", "offset": 0, "length": 4}``."""
    made = []
    for given in body.objects("entities"):
        fields = {name: given[name] for name in given if name != "type"}
        try:
            made.append(getattr(types, f"MessageEntity{given.get('type')}")(**fields))
        except (AttributeError, TypeError) as error:
            raise BadBodyError(f"'entities' has a wrong entity {given}") from error
    return made


def _shown(message: Any) -> Answer:
    """Return a message as its owner's client shows it."""
    reactions = getattr(message.reactions, "recent_reactions", None) or ()
    return {
        "id": message.id,
        "mine": message.out,
        "text": message.message,
        "reactions": {
            str(one.peer_id.user_id): getattr(one.reaction, "emoticon", "") for one in reactions
        },
        "answers": getattr(message.reply_to, "reply_to_msg_id", None),
        "file": message.file.media.id if message.file else None,
    }


def received(one: Received) -> Answer:
    """Return what somebody received as JSON."""
    shown = attrs.asdict(one)
    shown["date"] = one.date.isoformat() if one.date else None
    return shown
