# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shows where a run stands when a test does not end.

What threads do is shown by pytest itself (`faulthandler_timeout`); a task that waits is in no thread.
"""

import asyncio
import gc
import os
import threading
from collections.abc import Generator, Iterator
from types import AsyncGeneratorType
from typing import Any

import pytest
from attrs import frozen


@frozen
class _Kind:
    """What waits: the names under which it shows where it stands, and what for."""

    frame: str
    awaits: str


_KINDS = (
    _Kind("cr_frame", "cr_await"),
    _Kind("gi_frame", "gi_yieldfrom"),
    _Kind("ag_frame", "ag_await"),
)

PATIENCE = 300.0
"""Seconds a test with its fixtures may take before it is looked at; it goes on all the same."""


def standing(loop: asyncio.AbstractEventLoop) -> str:
    """The tasks of a loop, each with where it waits: the outermost place first."""
    lines = []
    for task in asyncio.all_tasks(loop):
        lines.append(f"{task.get_name()}:")
        lines += [f"    {place}" for place in _places(task.get_coro())]
    return "\n".join(lines)


def _places(waiting: Any) -> Iterator[str]:
    """Follow who awaits whom to the very thing that is waited for."""
    while waiting is not None:
        kind = next((one for one in _KINDS if hasattr(waiting, one.frame)), None)
        if kind is None:
            yield repr(waiting)
            return
        frame = getattr(waiting, kind.frame)
        if frame is not None:
            yield f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"
        waiting = _behind(getattr(waiting, kind.awaits))


def _behind(waiting: Any) -> Any:
    """The generator whose next value is waited for: what is awaited does not name it."""
    referents = gc.get_referents(waiting)
    return next((one for one in referents if isinstance(one, AsyncGeneratorType)), waiting)


class Standstill:
    """A plugin of pytest. `descriptor` is where it writes to, past what captures output."""

    def __init__(self, descriptor: int, patience: float = PATIENCE) -> None:
        self._descriptor = descriptor
        self._patience = patience

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch a test with its fixtures."""
        timer = threading.Timer(self._patience, self._tell, [item.nodeid])
        timer.daemon = True
        timer.start()
        try:
            return (yield)
        finally:
            timer.cancel()

    def _tell(self, test: str) -> None:
        loops = [one for one in gc.get_objects() if issubclass(type(one), asyncio.BaseEventLoop)]
        tasks = "\n".join(standing(one) for one in loops if one.is_running())
        text = f"\n{test} has not ended after {self._patience:g} s. Its tasks:\n{tasks}\n"
        os.write(self._descriptor, text.encode())
