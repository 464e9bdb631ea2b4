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
            "/files/move": self._move_file,
        }

    async def _move_account(self, body: Body) -> Answer:
        self.net.places.move_account(body.text("account"), body.number("dc"))
        return {}

    async def _move_file(self, body: Body) -> Answer:
        self.net.places.move_file(body.number("id"), body.number("dc"))
        return {}
