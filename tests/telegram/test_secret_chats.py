# SPDX-License-Identifier: AGPL-3.0-or-later
"""A wish for a secret chat is told once; nothing else of secret chats is."""

from datetime import UTC, datetime

from telethon.tl import types as tl

from bridges.core.ids import LoginID
from bridges.telegram.from_telegram.convert import events_of
from bridges.telegram.from_telegram.secret_chats import secret_chat
from bridges.telegram.from_telegram.surroundings import Surroundings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NODIRA = tl.User(2, first_name="Nodira", last_name="Sandbox")
AROUND = Surroundings(LoginID("tg-1"), 1, known={2: NODIRA})
REQUESTED = tl.EncryptedChatRequested(9, 1, NOW, 2, 1, b"key")


def test_a_request_is_explained() -> None:
    update = tl.UpdateEncryption(REQUESTED, NOW)
    assert str(secret_chat(update, AROUND)).startswith(
        "Nodira Sandbox wants to begin a secret chat"
    )
    assert events_of(update, AROUND) == []


def test_an_unknown_asker_has_a_number() -> None:
    update = tl.UpdateEncryption(REQUESTED, NOW)
    assert "2 wants to begin" in str(secret_chat(update, Surroundings(LoginID("tg-1"), 1)))


def test_what_happens_to_it_on_the_phone_is_not_told() -> None:
    for chat in (tl.EncryptedChatDiscarded(9), tl.EncryptedChatWaiting(9, 1, NOW, 1, 2)):
        assert secret_chat(tl.UpdateEncryption(chat, NOW), AROUND) is None
