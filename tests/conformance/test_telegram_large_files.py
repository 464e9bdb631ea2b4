# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that one side would take and the other does not."""

from typing import Any

import pytest

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.support.sync_record import Event

pytestmark = [pytest.mark.synapse, pytest.mark.capability("file")]

MEGABYTE = 1024 * 1024


async def test_a_file_over_the_limit_is_told_and_not_fetched(
    telegram: TelegramDriver, direct: Conversation, nodira: Phone
) -> None:
    name = f"{unique('film')}.mkv"
    telegram.net.log.clear()
    await _send_large(telegram, nodira, direct.chat, 101 * MEGABYTE + 1, name)
    content = (await direct.event(lambda event: name in _body(event), name))["content"]
    assert content["msgtype"] == "m.notice"
    assert "it has 102 MB and at most 100 MB can be carried" in content["body"]
    assert not telegram.net.log.calls("upload.getFile")


async def test_in_a_group_its_link_leads_to_it(
    telegram: TelegramDriver, stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    group = await stage.gather(zarina, unique("Cinema"), nodira)
    name = f"{unique('film')}.mkv"
    sent = await _send_large(telegram, nodira, group.chat, 101 * MEGABYTE, name)
    told = await group.event(lambda event: name in _body(event), name)
    assert f"https://t.me/c/{group.chat.room}/{sent.id}" in _body(told)


async def test_a_file_over_the_limit_from_matrix_is_refused_with_a_reason(
    direct: Conversation, zarina: Resident
) -> None:
    content = {
        "msgtype": "m.file",
        "body": "film.mkv",
        "url": "mxc://home.test/neverfetched",
        "info": {"size": 101 * MEGABYTE},
    }
    event = await zarina.user.send(direct.room, "m.room.message", content)
    status = await direct.status_of(event, "FAIL_PERMANENT")
    assert status["content"]["error"] == "MEDIA.TOO_LARGE"
    assert "it has 101 MB and at most 100 MB" in await direct.notice_about(event)


async def test_the_same_file_sent_again_is_not_uploaded_again(
    telegram: TelegramDriver, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    uri = await zarina.user.upload(unique("a file").encode(), "text/plain", "notes.txt")
    telegram.net.log.clear()
    for caption in (first := unique("read this"), second := unique("and again")):
        content = {
            "msgtype": "m.file",
            "body": caption,
            "filename": "notes.txt",
            "url": uri,
            "info": {"mimetype": "text/plain"},
        }
        await zarina.user.send(direct.room, "m.room.message", content)
    one, two = await direct.on_phone(nodira, first), await direct.on_phone(nodira, second)
    assert (one.file, two.file) == ("notes.txt", "notes.txt")
    assert len(telegram.net.log.calls("upload.saveFilePart")) == 1


def _body(event: Event) -> str:
    return str(event["content"].get("body"))


async def _send_large(
    telegram: TelegramDriver, phone: Phone, chat: Chat, size: int, name: str
) -> Any:
    assert isinstance(phone, TelegramPhone)
    document = telegram.net.library.generate(phone.id, size, name, mime="video/x-matroska")
    target = int(chat.room) if chat.room else await _other(chat, phone)
    return await phone.person.send_document(target, document)


async def _other(chat: Chat, phone: TelegramPhone) -> int:
    (other,) = chat.people - {phone.user}
    return int(other)
