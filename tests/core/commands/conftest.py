# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat with the bot, closed after each test."""

from collections.abc import AsyncIterator

import pytest

from tests.core.commands.fakes import Chat, new_chat


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    chat = new_chat()
    yield chat
    await chat.processor.close()
