# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the control API that is about where things are and how many there are."""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define

from sandbox.telegram.json_body import Body
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
            "/files/move": self._move_file,
            "/files/digest": self._digest,
            "/files/expire": self._expire,
            "/people/send-generated": self._send_generated,
        }

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
