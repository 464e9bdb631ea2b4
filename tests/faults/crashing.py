# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbered points at which the bridge kills itself, without a trace of them in the product.

A step is the moment before or after anything that leaves the process or is committed: a request to the
homeserver, a send to the network, a statement or a transaction of the database, an answer to
the homeserver. Between two steps nothing happens that anybody else could notice.
"""

import functools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridges.core.bridge import Bridge
from bridges.core.inbox import Inbox
from bridges.core.matrix.client import Homeserver
from bridges.core.storage.database import Database
from bridges.telegram.session import TelegramSession

_REQUESTS = (
    "send",
    "redact",
    "set_state",
    "create_room",
    "invite",
    "join",
    "register",
    "create_device",
    "set_displayname",
    "set_avatar",
    "set_account_data",
    "read",
    "upload",
)
_POINTS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (Homeserver, _REQUESTS),
    (Database, ("execute",)),
    (Inbox, ("take",)),
    (Bridge, ("receive",)),
    (TelegramSession, ("send",)),
)


class CrashPoints:
    """Counts steps from the moment `armed` exists, and dies at the one whose number is in it.

    The file is gone afterwards, so that the next process lives; beside it lies the step's name.
    """

    def __init__(self, armed: Path) -> None:
        self._armed = armed
        self._count = 0

    def install(self) -> None:
        """Wrap all points."""
        for owner, names in _POINTS:
            for name in names:
                self._wrap(owner, name)
        self._wrap_transactions()

    def step(self, name: str) -> None:
        """Pass one step, or die there."""
        try:
            fatal = int(self._armed.read_text())
        except FileNotFoundError:
            return
        self._count += 1
        if self._count == fatal:
            self._armed.with_suffix(".step").write_text(name)
            self._armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def _wrap(self, owner: type, name: str) -> None:
        original: Any = getattr(owner, name)

        @functools.wraps(original)
        async def wrapped(*arguments: Any, **named: Any) -> Any:
            self.step(f"before {owner.__name__}.{name}")
            result = await original(*arguments, **named)
            self.step(f"after {owner.__name__}.{name}")
            return result

        setattr(owner, name, wrapped)

    def _wrap_transactions(self) -> None:
        original = Database.transaction

        @asynccontextmanager
        async def transaction(database: Database) -> AsyncIterator[Any]:
            async with original(database) as connection:
                yield connection
                self.step("before a commit")
            self.step("after a commit")

        setattr(Database, "transaction", transaction)  # noqa: B010 - for the type checker
