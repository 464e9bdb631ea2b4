# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before somebody logged in, or before a chat had a room."""

import pytest

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique

pytestmark = pytest.mark.synapse


async def _texts(phone: Phone, chat: Chat, what: str, count: int) -> list[str]:
    texts = [unique(f"{what} {number}") for number in range(count)]
    for text in texts:
        await phone.send(chat, text)
    return texts


def _bodies(conversation: Conversation) -> list[str]:
    """What was said in a room, in order, but for the bot."""
    resident = conversation.resident
    return [
        event["content"]["body"]
        for event in resident.user.messages(conversation.room)
        if event["sender"] != resident.bot
    ]


class TestOfAChatThatIsBroughtIn:
    """Zarina's chats are older than her login."""

    @pytest.fixture
    async def newcomer(self, stage: Stage) -> Resident:
        return await stage.newcomer("Zarina")

    async def test_has_its_order_senders_and_times(
        self, stage: Stage, newcomer: Resident, nodira: Phone
    ) -> None:
        chat = nodira.chat_with(newcomer.phone)
        texts = []
        for number in range(5):
            texts += await _texts(nodira, chat, f"question {number}", 1)
            texts += await _texts(newcomer.phone, chat, f"answer {number}", 1)
        said = {one.text: one for one in await nodira.messages(chat)}
        await stage.log_in(newcomer)
        room = await stage.conversation(newcomer, chat, texts[-1])
        assert _bodies(room) == texts
        for number, text in enumerate(texts):
            event = await room.in_matrix(text)
            assert event["sender"] == (newcomer.mxid if number % 2 else stage.ghost(nodira))
            assert event["origin_server_ts"] // 1000 == said[text].sent_at
