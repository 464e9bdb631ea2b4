# SPDX-License-Identifier: AGPL-3.0-or-later
"""Text both ways between a real session and a plain Telethon client."""

import pytest

from bridges.core.content import FormattedText, Location, Text
from bridges.core.ids import ChatID, ChatKey, LoginID
from bridges.core.network import LoginRecord
from bridges.core.text import Translation
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from tests.telegram.bridge import RecordingHandle, text_message


def dm(net: TelegramSandbox, name: str, record: LoginRecord) -> ChatKey:
    return ChatKey(ChatID(f"user:{net.accounts.find(name).id}"), record.id)


async def test_a_text_from_telegram_is_received(
    net: TelegramSandbox,
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
) -> None:
    await boris.send("alisa_test", "**hello** <script>alert(1)</script>", markdown=True)
    message = await handle.until(lambda: handle.messages() and handle.messages()[0])
    assert message.chat == dm(net, "boris_test", alisa)
    assert message.sender.user == str(net.accounts.find("boris_test").id)
    assert not message.sender.is_me
    (part,) = message.parts
    assert isinstance(part, Text)
    assert part.text == FormattedText(
        "hello <script>alert(1)</script>",
        "<strong>hello</strong> &lt;script&gt;alert(1)&lt;/script&gt;",
    )


async def test_a_text_from_matrix_is_sent_once(
    net: TelegramSandbox,
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
) -> None:
    await boris.send("alisa_test", "first")
    await handle.until(handle.messages)
    chat = dm(net, "boris_test", alisa)
    sent = await session.send(text_message(chat, "salom"))
    seen = await boris.wait_for_text("salom")
    assert len(sent.ids) == 1
    again = await session.send(text_message(chat, "salom"))
    assert again.ids == sent.ids
    assert [one.text for one in boris.received].count("salom") == 1
    assert seen.sender == net.accounts.find("alisa_test").id
    assert handle.texts() == ["first"]


async def test_lines_of_ours_are_in_the_owners_language(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def translation(_login: LoginID) -> Translation:
        return lambda text: f"[tg] {text}"

    monkeypatch.setattr(handle, "translation", translation)
    await boris.send_location("alisa_test", 38.56, 68.78)
    await handle.until(handle.messages)
    (place,) = handle.messages()[0].parts
    assert isinstance(place, Location)
    assert place.text.startswith("📍 [tg] A place\n")
