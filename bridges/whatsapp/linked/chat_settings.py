# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a chat is set on the phone, as the core has it."""

from datetime import UTC, datetime

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED, ChatSettings
from bridges.whatsapp.store.chats import ChatFacts

_LAST_MOMENT = 1 << 40
"""Later times than this, in seconds since the epoch, mean for ever."""


def settings_of(facts: ChatFacts) -> ChatSettings:
    """How a chat is set, as the core has it."""
    return ChatSettings(
        muted_until=_moment(facts.muted_until), archived=facts.archived, pinned=facts.pinned
    )


def _moment(muted_until: int) -> datetime:
    if muted_until < 0 or muted_until > _LAST_MOMENT:
        return MUTED_FOR_EVER
    return datetime.fromtimestamp(muted_until, UTC) if muted_until else NOT_MUTED
