# SPDX-License-Identifier: AGPL-3.0-or-later
"""One and the same chat, exported by phones of many languages and regions, is read as the same."""

from datetime import datetime
from pathlib import Path

import pytest

from bridges.core.chat import ChatKind
from bridges.core.content import Location, Text, TextKind
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage
from tests.migration.archives.whatsapp.chats import DUSHANBE, messages, opened

EXPORTS = Path(__file__).parents[3] / "data" / "whatsapp_export"
FOLDERS = sorted(path for path in EXPORTS.iterdir() if path.is_dir())


def at(month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    return datetime(2024, month, day, hour, minute, second)


TOLD: list[tuple[datetime, str | None, str]] = [
    (at(3, 5, 8, 41, 0), None, "notice"),
    (at(3, 5, 8, 41, 10), "Anor", "Salom, Behi!"),
    (at(3, 5, 8, 42, 5), "Behi", "left out"),
    (at(3, 13, 21, 5, 30), "Anor", "Birinchi\n\nUchinchi: qator"),
    (at(3, 13, 21, 6, 0), "Behi", "m.file reja.pdf application/pdf"),
    (at(3, 13, 21, 7, 0), "Anor", "m.image picture image/jpeg Bog‘"),
    (at(3, 13, 21, 6, 30), "Behi", "notice"),
    (at(3, 13, 23, 59, 0), "Anor", "notice"),
    (at(3, 14, 0, 5, 0), "Behi", "geo:40.28,69.62"),
    (at(3, 14, 12, 30, 0), "Anor", "Ha (edited)"),
    (at(11, 30, 12, 30, 0), "Behi", "m.file Nok.vcf text/vcard"),
]


def told(message: ArchivedMessage) -> str:
    (part,) = message.parts
    if isinstance(part, Text):
        edited = " (edited)" if message.edited_at else ""
        return "notice" if part.kind is TextKind.NOTICE else part.text.body + edited
    if isinstance(part, Location):
        return part.geo_uri
    assert isinstance(part, ArchivedFile)
    if not part.info.name:
        return "left out"
    name = "picture" if part.info.mime == "image/jpeg" else part.info.name
    caption = f" {part.caption.body}" if part.caption else ""
    return f"{part.kind.value} {name} {part.info.mime}{caption}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_locale_tells_the_same(folder: Path) -> None:
    archive = opened(folder)
    assert archive.questions() == {}
    (chat,) = archive.chats()
    assert chat.kind is ChatKind.DIRECT
    assert {one.id: one.is_owner for one in archive.people(chat.id)} == {
        "Anor": True,
        "Behi": False,
    }

    whole_minutes = folder.name.startswith("android")
    expected = [
        (sent.replace(second=0 if whole_minutes else sent.second, tzinfo=DUSHANBE), sender, what)
        for sent, sender, what in TOLD
    ]
    assert [(one.sent_at, one.sender, told(one)) for one in messages(archive)] == expected


def test_there_are_exports_of_all_dialects() -> None:
    assert len([one for one in FOLDERS if one.name.startswith("android")]) >= 20
    assert len([one for one in FOLDERS if one.name.startswith("iphone")]) >= 20
