# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbered points at which the bridge kills itself, without a trace of them in the product.

A step is the moment before or after anything that leaves the process or is committed: a request to the
homeserver, a send to the network, a statement or a transaction of the database, an answer to
the homeserver. Between two steps nothing happens that anybody else could notice.
"""

import functools
import inspect
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from bridges.core.bridge import Bridge
from bridges.core.handover.steps import HandoverSteps
from bridges.core.inbox import Inbox
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.histories import Histories
from bridges.core.storage.database import Database
from bridges.telegram.session import TelegramSession

_REQUESTS = (
    "send",
    "redact",
    "set_state",
    "create_room",
    "invite",
    "join",
    "leave",
    "kick",
    "register",
    "create_device",
    "set_displayname",
    "set_avatar",
    "set_account_data",
    "set_push_rule",
    "read",
    "upload",
)
Points = tuple[tuple[type | ModuleType, tuple[str, ...]], ...]
"""Classes and modules, and what in them a process may die before and behind."""

REQUESTS: Points = (
    (Homeserver, _REQUESTS),
    (Histories, ("hand_over", "commit")),
)

_POINTS: Points = (
    *REQUESTS,
    (Database, ("execute",)),
    (Inbox, ("take",)),
    (Bridge, ("receive",)),
    (TelegramSession, ("send", "history", "read_marks")),
    (HandoverSteps, ("do",)),
)


@frozen
class Order:
    """What is to happen at the steps from now on.

    With a `fatal` step, die when it comes for the `nth` time; without, only note all that come.
    """

    fatal: str = ""
    nth: int = 1
    number: int = 0
    """Makes every order different from the one before."""


def taken(armed: Path) -> bool:
    """Take an order: to die by it, or to have nobody die by it any more. False if it is taken already."""
    try:
        armed.unlink()
    except FileNotFoundError:
        return False
    return True


class CrashPoints:
    """Obeys the order in the file `armed`, as long as there is one.

    Beside the file, `.steps` gets the names of all steps passed. Before dying the order is taken, so
    that the next process lives and whoever has given the order knows.
    """

    def __init__(self, armed: Path) -> None:
        self._armed = armed
        self._steps = armed.with_suffix(".steps")
        self._order = Order()
        self._passed = 0

    def install(self, points: Points = _POINTS) -> None:
        """Wrap all points, and the transactions of the bridges' database."""
        for owner, names in points:
            for name in names:
                self._wrap(owner, name)
        self._wrap_transactions()

    def step(self, name: str) -> None:
        """Pass one step, or die there."""
        try:
            order = Order(**json.loads(self._armed.read_text()))
        except FileNotFoundError:
            return
        if order != self._order:
            self._order, self._passed = order, 0
        with self._steps.open("a") as steps:
            steps.write(f"{name}\n")
        self._passed += name == order.fatal
        if order.fatal and self._passed == order.nth and taken(self._armed):
            os.kill(os.getpid(), signal.SIGKILL)

    def _wrap(self, owner: type | ModuleType, name: str) -> None:
        original: Any = getattr(owner, name)
        before, after = (
            f"{when} {owner.__name__.rpartition('.')[2]}.{name}" for when in ("before", "after")
        )

        @functools.wraps(original)
        async def wrapped(*arguments: Any, **named: Any) -> Any:
            self.step(before)
            result = await original(*arguments, **named)
            self.step(after)
            return result

        @functools.wraps(original)
        def wrapped_at_once(*arguments: Any, **named: Any) -> Any:
            self.step(before)
            result = original(*arguments, **named)
            self.step(after)
            return result

        is_async = inspect.iscoroutinefunction(original)
        setattr(owner, name, wrapped if is_async else wrapped_at_once)

    def _wrap_transactions(self) -> None:
        original = Database.transaction

        @asynccontextmanager
        async def transaction(database: Database) -> AsyncIterator[Any]:
            async with original(database) as connection:
                yield connection
                self.step("before a commit")
            self.step("after a commit")

        setattr(Database, "transaction", transaction)  # noqa: B010 - for the type checker
