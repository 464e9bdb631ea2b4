# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the control API that is about how many there are, where they are, and what they may."""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define

from sandbox.json_body import Body
from sandbox.telegram.bulk import Contents
from sandbox.telegram.sandbox import TelegramSandbox

Answer = dict[str, Any]


@define
class ScaleOperations:
    """Operations over a sandbox; each takes the fields of a request and returns its answer."""

    net: TelegramSandbox

    def by_path(self) -> dict[str, Callable[[Body], Awaitable[Answer]]]:
        """Return the operations by the paths they are posted to."""
        return {
            "/accounts/move": self._move_account,
            "/accounts/premium": self._premium,
            "/accounts/freeze": self._freeze,
            "/accounts/distrust": self._distrust,
            "/accounts/confirm-takeout": self._confirm_takeout,
            "/clock/protocol": self._protocol_clock,
            "/bulk/accounts": self._accounts,
            "/bulk/sessions": self._sessions,
            "/bulk/dialogs": self._dialogs,
            "/bulk/history": self._history,
            "/bulk/messages": self._messages,
            "/files/move": self._move_file,
            "/files/digest": self._digest,
            "/files/expire": self._expire,
            "/people/send-generated": self._send_generated,
        }

    # -- what accounts may

    async def _freeze(self, body: Body) -> Answer:
        self.net.operator.freeze(body.text("account"), body.flag("frozen", default=True))
        return {}

    async def _distrust(self, body: Body) -> Answer:
        self.net.operator.distrust(body.text("account"), body.flag("distrusted", default=True))
        return {}

    async def _confirm_takeout(self, body: Body) -> Answer:
        self.net.operator.confirm_takeout(body.text("account"))
        return {}

    async def _protocol_clock(self, body: Body) -> Answer:
        self.net.server.ahead = body.seconds("ahead")
        return {}

    # -- much at once

    async def _accounts(self, body: Body) -> Answer:
        made = self.net.bulk.accounts(
            body.number("count"), body.text("first_phone"), body.text("name", "Person")
        )
        return {"ids": [one.id for one in made], "phones": [one.phone for one in made]}

    async def _sessions(self, body: Body) -> Answer:
        keys = [
            self.net.bulk.session(name, body.text("device", "Bulk session"))
            for name in body.names("accounts")
        ]
        return {"dcs": [one.dc for one in keys], "keys": [one.secret.hex() for one in keys]}

    async def _dialogs(self, body: Body) -> Answer:
        others = [self.net.accounts.find(name) for name in body.names("others")]
        self.net.bulk.dialogs(body.text("account"), others, body.number("messages", 1))
        return {}

    async def _history(self, body: Body) -> Answer:
        ids = self.net.bulk.history(
            body.text("account"),
            body.text("chat"),
            body.number("count"),
            writers=body.names("writers"),
            end=body.seconds("end") if "end" in body.fields else None,
            step=body.seconds("step", 60),
            reply_every=body.number("reply_every", 0),
            contents=_texts(body),
        )
        return {"ids": ids}

    async def _messages(self, body: Body) -> Answer:
        ids = self.net.bulk.messages(
            body.text("account"),
            body.text("chat"),
            body.number("count"),
            writers=body.names("writers"),
            reply_every=body.number("reply_every", 0),
            contents=_texts(body),
        )
        return {"ids": ids}

    # -- places and files

    async def _move_account(self, body: Body) -> Answer:
        self.net.places.move_account(body.text("account"), body.number("dc"))
        return {}

    async def _premium(self, body: Body) -> Answer:
        self.net.operator.set_premium(body.text("account"), body.flag("premium", default=True))
        return {}

    async def _send_generated(self, body: Body) -> Answer:
        document: Any = self.net.library.generate(
            body.text("person"),
            body.number("size"),
            body.text("name", "generated.bin"),
            mime=body.text("mime", "application/octet-stream"),
            seed=body.number("seed", 1),
        )
        person = await self.net.person(body.text("person"))
        sent = await person.send_document(body.text("chat"), document, body.text("caption", ""))
        return {"id": sent.id, "file": document.id}

    async def _digest(self, body: Body) -> Answer:
        number = body.number("id")
        digest = await self.net.library.digest(number)
        return {"size": self.net.world.files.size(number), "sha256": digest}

    async def _expire(self, body: Body) -> Answer:
        self.net.library.expire(body.number("id"))
        return {}

    async def _move_file(self, body: Body) -> Answer:
        self.net.places.move_file(body.number("id"), body.number("dc"))
        return {}


def _texts(body: Body) -> Contents:
    pattern = body.text("text", "message {number}")
    return lambda number: {"text": pattern.replace("{number}", str(number))}
