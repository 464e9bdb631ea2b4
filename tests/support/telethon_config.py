# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forgetting where data centres are.

Telethon keeps the answer to ``help.getConfig`` in its classes, for the whole process; a test that
moves between data centres of its own network must not be sent to those of an earlier one.
"""

from telethon import TelegramClient


def forget_data_centres() -> None:
    """Let every client ask again."""
    waiting: list[type] = [TelegramClient]
    while waiting:
        kind = waiting.pop()
        kind._config = None  # type: ignore[attr-defined]
        waiting += kind.__subclasses__()
