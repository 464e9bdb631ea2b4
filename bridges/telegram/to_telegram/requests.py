# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests that succeed if things are as they ask already."""

from typing import Any

from bridges.core.errors import BridgeError, Unsupported
from bridges.core.text import user_text
from bridges.telegram.connection import Caller


async def unless(harmless: frozenset[str], call: Caller, request: Any) -> Any:
    """Send a request; None for errors with these codes, which mean that it is done already."""
    try:
        return await call(request)
    except BridgeError as error:
        if error.code not in harmless:
            raise
    return None


def only_in_groups() -> Unsupported:
    """The refusal of what direct chats do not have."""
    return Unsupported(
        "TELEGRAM.DIRECT", user_text("Telegram has that in groups and channels only.")
    )
