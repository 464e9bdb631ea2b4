# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the control API that is about rooms: what people do in them and who is there."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from attrs import define
from telethon.tl import types

from sandbox.json_body import BadBodyError, Body
from sandbox.telegram.person import Person
from sandbox.telegram.sandbox import TelegramSandbox

Answer = dict[str, Any]


@define
class RoomControl:
    """Operations over a sandbox; each takes the fields of a request and returns its answer."""

    net: TelegramSandbox

    def by_path(self) -> dict[str, Callable[[Body], Awaitable[Answer]]]:
        """Return the operations by the paths they are posted to."""
        return {
            "/accounts/bot": self._make_bot,
            "/calls": self._ring,
            "/calls/end": self._hang_up,
            "/rooms/fill": self._fill,
            "/people/archive": self._archive,
            "/people/forum": self._forum,
            "/people/invite": self._invite,
            "/people/kick": self._kick,
            "/people/leave": self._leave,
            "/people/lifetime": self._lifetime,
            "/people/link": self._link,
            "/people/migrate": self._migrate,
            "/people/mute": self._mute,
            "/people/pin": self._pin,
            "/people/promote": self._promote,
            "/people/restrict": self._restrict,
            "/people/send-in": self._send_in,
            "/people/title": self._title,
            "/people/topic": self._topic,
        }

    async def _person(self, body: Body) -> Person:
        return await self.net.person(body.text("person"))

    def _name(self, given: str) -> str:
        account = self.net.accounts.find(given)
        return account.username or f"+{account.phone}"

    # -- from outside

    async def _make_bot(self, body: Body) -> Answer:
        return {"token": self.net.operator.make_bot(body.text("account"))}

    async def _ring(self, body: Body) -> Answer:
        video = body.flag("video")
        return {
            "id": self.net.operator.ring(body.text("caller"), body.text("callee"), video=video).id
        }

    async def _hang_up(self, body: Body) -> Answer:
        self.net.operator.hang_up(body.number("id"), duration=body.number("duration", 0))
        return {}

    async def _fill(self, body: Body) -> Answer:
        made = self.net.operator.fill(body.text("room"), body.number("count"))
        return {"ids": [one.id for one in made]}

    # -- members and rights

    async def _invite(self, body: Body) -> Answer:
        person = await self._person(body)
        return {
            "missing": await person.invite(body.text("chat"), *map(self._name, body.names("who")))
        }

    async def _kick(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.kick(body.text("chat"), self._name(body.text("who")))
        return {}

    async def _leave(self, body: Body) -> Answer:
        await (await self._person(body)).leave(body.text("chat"))
        return {}

    async def _promote(self, body: Body) -> Answer:
        person = await self._person(body)
        rights = _flags(body, "rights", types.ChatAdminRights)
        rank = body.text("rank", "")
        await person.promote(body.text("chat"), self._name(body.text("who")), rank, **rights)
        return {}

    async def _restrict(self, body: Body) -> Answer:
        person = await self._person(body)
        denied = _flags(body, "denied", types.ChatBannedRights)
        seconds = body.seconds("seconds", 0)
        until = self.net.clock.moment() + timedelta(seconds=seconds) if seconds else None
        await person.restrict(body.text("chat"), self._name(body.text("who")), until, **denied)
        return {}

    # -- rooms

    async def _title(self, body: Body) -> Answer:
        await (await self._person(body)).set_title(body.text("chat"), body.text("title"))
        return {}

    async def _migrate(self, body: Body) -> Answer:
        return {"id": await (await self._person(body)).migrate(body.text("chat"))}

    async def _forum(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.set_forum(body.text("chat"), enabled=body.flag("enabled", default=True))
        return {}

    async def _topic(self, body: Body) -> Answer:
        person = await self._person(body)
        return {"id": await person.create_topic(body.text("chat"), body.text("title"))}

    async def _send_in(self, body: Body) -> Answer:
        person = await self._person(body)
        reply_to = body.maybe_number("reply_to")
        sent = await person.send_in(
            body.text("chat"), body.number("thread"), body.text("text"), reply_to=reply_to
        )
        return {"id": sent.id}

    async def _link(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.link(body.text("channel"), body.maybe_text("group"))
        return {}

    async def _pin(self, body: Body) -> Answer:
        person = await self._person(body)
        act = person.unpin if body.flag("unpin") else person.pin
        await act(body.text("chat"), body.number("id"))
        return {}

    async def _lifetime(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.set_lifetime(body.text("chat"), body.number("seconds"))
        return {}

    # -- own settings

    async def _mute(self, body: Body) -> Answer:
        person = await self._person(body)
        seconds = body.seconds("seconds", 0)
        until = self.net.clock.moment() + timedelta(seconds=seconds) if seconds else None
        await person.mute(body.text("chat"), until)
        return {}

    async def _archive(self, body: Body) -> Answer:
        person = await self._person(body)
        await person.archive(body.text("chat"), archived=body.flag("archived", default=True))
        return {}


def _flags(body: Body, name: str, rights: type) -> dict[str, bool]:
    known = set(inspect.signature(rights).parameters) - {"until_date"}
    chosen = body.names(name)
    wrong = sorted(set(chosen) - known)
    if wrong:
        raise BadBodyError(f"{name!r} has {', '.join(wrong)}; there are {', '.join(sorted(known))}")
    return dict.fromkeys(chosen, True)
