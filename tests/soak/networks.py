# SPDX-License-Identifier: AGPL-3.0-or-later
"""People on the made-up networks, as the soak needs them: alike on both."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

from attrs import frozen

from tests.soak.book import Shown
from tests.support.site import Site

_CODE = "22222"
"""Telegram's sandbox takes this for every login."""


@frozen
class Person:
    """Somebody on a network; ``name`` is what control APIs and chats call them."""

    name: str
    phone: str


class Network(Protocol):
    """What happens on one network; chats are named as the one who acts calls them."""

    @property
    def bot(self) -> str:
        """Localpart of the bridge's bot."""

    @property
    def short(self) -> str:
        """What begins the names of commands, and what the bridge's process is called."""

    @property
    def about_code(self) -> str:
        """In what the bot says when it has been told a phone number."""

    async def person(self, number: int, name: str) -> Person:
        """Make somebody."""

    async def group(self, title: str, creator: Person, other: Person) -> str:
        """Make a group of two; give its name."""

    async def login_code(self, person: Person, shown: str) -> str | None:
        """Do with a code that a bot has shown what it asks for, or give the code to be typed."""

    async def send(self, person: Person, chat: str, text: str, answers: str | None = None) -> str:
        """Write; give the id."""

    async def send_file(
        self, person: Person, chat: str, data: bytes, name: str, caption: str
    ) -> str:
        """Send a file; give the id."""

    async def edit(self, person: Person, chat: str, message: str, text: str) -> None:
        """Change an own message."""

    async def delete(self, person: Person, chat: str, message: str) -> None:
        """Delete an own message for everybody."""

    async def react(self, person: Person, chat: str, message: str, emoji: str) -> None:
        """Put something under a message."""

    async def read(self, person: Person, chat: str, message: str) -> None:
        """Read up to a message."""

    async def type(self, person: Person, chat: str) -> None:
        """Be seen typing."""

    async def shown(self, person: Person, chat: str, limit: int) -> Sequence[Shown]:
        """A chat as the person sees it now, oldest message first."""

    async def sha256(self, person: Person, chat: str, message: str) -> str:
        """The hash of the file of a message."""

    async def cut_line(self, person: Person) -> None:
        """Cut somebody's lines to the network, of all their devices."""


@frozen
class Telegram:
    """The sandbox's Telegram; see ``Network``."""

    site: Site
    bot: str = "telegrambot"
    short: str = "telegram"
    about_code: str = "code"

    async def person(self, number: int, name: str) -> Person:
        username = f"soak_person_{number}"
        phone = f"+999555{number:06}"
        await self.site.on_telegram("accounts", phone=phone, first_name=name, username=username)
        return Person(username, phone)

    async def group(self, title: str, creator: Person, other: Person) -> str:
        made = await self.site.on_telegram(
            "rooms", kind="supergroup", title=title, creator=creator.name, members=[other.name]
        )
        return str(made["id"])

    async def login_code(self, person: Person, shown: str) -> str | None:
        return _CODE

    async def send(self, person: Person, chat: str, text: str, answers: str | None = None) -> str:
        fields = {} if answers is None else {"reply_to": int(answers)}
        return str((await self._do("send", person, chat, text=text, **fields))["id"])

    async def send_file(
        self, person: Person, chat: str, data: bytes, name: str, caption: str
    ) -> str:
        given = base64.b64encode(data).decode()
        made = await self._do("send-file", person, chat, data=given, name=name, caption=caption)
        return str(made["id"])

    async def edit(self, person: Person, chat: str, message: str, text: str) -> None:
        await self._do("edit", person, chat, id=int(message), text=text)

    async def delete(self, person: Person, chat: str, message: str) -> None:
        await self._do("delete", person, chat, ids=[int(message)])

    async def react(self, person: Person, chat: str, message: str, emoji: str) -> None:
        await self._do("react", person, chat, id=int(message), emoji=emoji)

    async def read(self, person: Person, chat: str, message: str) -> None:
        await self._do("read", person, chat, up_to=int(message))

    async def type(self, person: Person, chat: str) -> None:
        await self._do("type", person, chat)

    async def shown(self, person: Person, chat: str, limit: int) -> Sequence[Shown]:
        found = (await self._do("messages", person, chat, limit=limit))["messages"]
        texts = {one["id"]: one["text"] for one in found}
        return [
            Shown(
                str(one["id"]),
                one["text"],
                bool(one["mine"]),
                texts.get(one["answers"]),
                frozenset(one["reactions"].values()),
            )
            for one in found
        ]

    async def sha256(self, person: Person, chat: str, message: str) -> str:
        found = (await self._do("messages", person, chat, limit=3000))["messages"]
        (file,) = (one["file"] for one in found if str(one["id"]) == message)
        return str((await self.site.on_telegram("files/digest", id=file))["sha256"])

    async def cut_line(self, person: Person) -> None:
        await self.site.on_telegram("faults/drop", account=person.phone)

    async def _do(self, action: str, person: Person, chat: str, **fields: Any) -> dict[str, Any]:
        return await self.site.on_telegram(
            f"people/{action}", person=person.name, chat=chat, **fields
        )


@frozen
class WhatsApp:
    """The sandbox's WhatsApp; see ``Network``."""

    site: Site
    bot: str = "whatsappbot"
    short: str = "whatsapp"
    about_code: str = "Your code: "

    async def person(self, number: int, name: str) -> Person:
        phone = f"+992555{number:06}"
        await self.site.on_whatsapp("accounts", phone=phone, name=name)
        return Person(phone, phone)

    async def group(self, title: str, creator: Person, other: Person) -> str:
        made = await self.site.on_whatsapp(
            "people/create-group", person=creator.name, subject=title, members=[other.name]
        )
        return str(made["chat"])

    async def login_code(self, person: Person, shown: str) -> str | None:
        await self.site.on_whatsapp("phones/type-code", account=person.phone, code=shown)
        return None

    async def send(self, person: Person, chat: str, text: str, answers: str | None = None) -> str:
        fields = {} if answers is None else {"id": answers}
        return str((await self._do("send", person, chat, text=text, **fields))["id"])

    async def send_file(
        self, person: Person, chat: str, data: bytes, name: str, caption: str
    ) -> str:
        given = base64.b64encode(data).decode()
        made = await self._do("send-file", person, chat, data=given, name=name, caption=caption)
        return str(made["id"])

    async def edit(self, person: Person, chat: str, message: str, text: str) -> None:
        await self._do("edit", person, chat, id=message, text=text)

    async def delete(self, person: Person, chat: str, message: str) -> None:
        await self._do("revoke", person, chat, id=message)

    async def react(self, person: Person, chat: str, message: str, emoji: str) -> None:
        await self._do("react", person, chat, id=message, emoji=emoji)

    async def read(self, person: Person, chat: str, message: str) -> None:
        await self._do("read", person, chat, id=message)

    async def type(self, person: Person, chat: str) -> None:
        await self._do("type", person, chat)

    async def shown(self, person: Person, chat: str, limit: int) -> Sequence[Shown]:
        found = (await self._do("messages", person, chat))["messages"]
        texts = {one["id"]: one["text"] for one in found}
        return [
            Shown(
                one["id"],
                one["text"],
                bool(one["mine"]),
                texts.get(one["answers"]),
                frozenset(one["reactions"].values()),
            )
            for one in found
        ]

    async def sha256(self, person: Person, chat: str, message: str) -> str:
        found = (await self._do("messages", person, chat))["messages"]
        (digest,) = (one["sha256"] for one in found if one["id"] == message)
        return str(digest)

    async def cut_line(self, person: Person) -> None:
        await self.site.on_whatsapp("faults/drop", account=person.phone)

    async def _do(self, action: str, person: Person, chat: str, **fields: Any) -> dict[str, Any]:
        return await self.site.on_whatsapp(
            f"people/{action}", person=person.name, chat=chat, **fields
        )


def hashed(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
