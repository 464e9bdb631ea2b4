# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking again about chats of which a network says only that something is different.

Several such events in a row lead to one question, and questions are asked one after another. What is
lost in a crash is asked with the next change.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bridges.core.chat import ChatInfo
from bridges.core.errors import BridgeError, TemporaryError
from bridges.core.events import ChatChanged
from bridges.core.ids import ChatKey, LoginID
from bridges.core.network import BridgeHandle
from bridges.core.tasks import ended

_LONGEST_WAIT = 300.0


class Refresher:
    """Asks for one login, one question after another."""

    def __init__(
        self,
        login: LoginID,
        handle: BridgeHandle,
        ask: Callable[[ChatKey], Awaitable[ChatInfo]],
        pause: float,
    ) -> None:
        """``pause``: seconds before a question, in which further events may come."""
        self._log = structlog.get_logger("karvon.refresh")
        self._pause = pause
        self._login = login
        self._handle = handle
        self._ask = ask
        self._due: dict[ChatKey, None] = {}
        self._task: asyncio.Task[None] | None = None

    def due(self, chat: ChatKey) -> None:
        """Ask about a chat soon, if it has a room."""
        self._due[chat] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"refresh of {self._login}")

    async def close(self) -> None:
        """Ask nothing more."""
        self._due.clear()
        if self._task is not None:
            await ended([self._task])

    async def _run(self) -> None:
        while self._due:
            await self._handle.clock.sleep(self._pause)
            chat = next(iter(self._due))
            del self._due[chat]
            try:
                if await self._handle.has_room(chat):
                    asked = self._handle.clock.now()
                    changed = ChatChanged(chat, await self._ask(chat), asked)
                    await self._handle.receive(self._login, [changed])
            except TemporaryError as error:
                self._due[chat] = None
                await self._handle.clock.sleep(min(error.retry_after, _LONGEST_WAIT))
            except BridgeError as error:
                self._log.info("a chat could not be asked about", error=error.code)
            except Exception:  # noqa: BLE001 - a question that fails must not end all others
                self._log.exception("a chat could not be asked about")
