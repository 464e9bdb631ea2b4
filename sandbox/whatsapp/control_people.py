# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the control API that lets people do something at their clients, and look at them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import define

from sandbox.json_body import BadBodyError, Body
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_view import Shown
from sandbox.whatsapp.sandbox import WhatsAppSandbox

Answer = dict[str, Any]


@define
class PeopleOperations:
    """Operations over a sandbox; each takes the fields of a request and returns its answer."""

    net: WhatsAppSandbox

    def by_path(self) -> Mapping[str, Callable[[Body], Awaitable[Answer]]]:
        """Return the operations by the paths they are posted to."""
        return {
            "/people/send": self._send,
            "/people/send-file": self._send_file,
            "/people/edit": self._edit,
            "/people/revoke": self._revoke,
            "/people/react": self._react,
            "/people/read": self._read,
            "/people/type": self._type,
            "/people/create-group": self._create_group,
            "/people/messages": self._messages,
        }

    async def _person(self, body: Body) -> Person:
        return await self.net.person(body.text("person"))

    def _chat(self, body: Body) -> Jid:
        """Return a chat: a group's address, or whom a number, LID or name belongs to."""
        name = body.text("chat")
        return Jid.parse(name) if "@" in name else self.net.accounts.find(name).jid()

    async def _shown(self, body: Body) -> tuple[Person, Shown]:
        person, chat = await self._person(body), self._chat(body)
        shown = person.view.find(chat, body.text("id"))
        if shown is None:
            raise BadBodyError(f"{body.text('person')} sees no message {body.text('id')!r} there")
        return person, shown

    async def _send(self, body: Body) -> Answer:
        person, chat = await self._person(body), self._chat(body)
        answered = (await self._shown(body))[1] if body.maybe_text("id") else None
        sent = await person.send(chat, body.text("text"), reply_to=answered)
        return {"id": sent.id}

    async def _send_file(self, body: Body) -> Answer:
        person, chat = await self._person(body), self._chat(body)
        fields = {"fileName": body.text("name"), "caption": body.text("caption", "")}
        mime = "application/octet-stream"
        sent = await person.send_file(chat, "documentMessage", body.data("data"), mime, **fields)
        return {"id": sent.id}

    async def _edit(self, body: Body) -> Answer:
        person, shown = await self._shown(body)
        await person.edit(shown, body.text("text"))
        return {}

    async def _revoke(self, body: Body) -> Answer:
        person, shown = await self._shown(body)
        await person.revoke(shown)
        return {}

    async def _react(self, body: Body) -> Answer:
        person, shown = await self._shown(body)
        await person.react(shown, body.text("emoji", "") or None)
        return {}

    async def _read(self, body: Body) -> Answer:
        person, shown = await self._shown(body)
        await person.read(shown)
        return {}

    async def _type(self, body: Body) -> Answer:
        await (await self._person(body)).type(self._chat(body))
        return {}

    async def _create_group(self, body: Body) -> Answer:
        person = await self._person(body)
        members = [self.net.accounts.find(name).jid() for name in body.names("members")]
        return {"chat": str(await person.groups.create(body.text("subject"), *members))}

    async def _messages(self, body: Body) -> Answer:
        person, chat = await self._person(body), self._chat(body)
        return {
            "messages": [
                {
                    "id": one.id,
                    "author": one.author.user,
                    "mine": one.mine,
                    "text": one.text,
                    "reactions": one.reactions,
                    "answers": getattr(one.context, "stanzaId", "") or None,
                    "sha256": None if one.file is None else bytes(one.file.fileSha256).hex(),
                }
                for one in person.view.messages(chat)
            ]
        }
