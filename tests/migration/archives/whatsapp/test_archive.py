# SPDX-License-Identifier: AGPL-3.0-or-later
"""An exported chat as an archive: where its text lies, whose it is, which files it has."""

from datetime import datetime
from pathlib import Path

import pytest

from bridges.core.chat import ChatKind
from bridges.core.content import MediaKind, Poll, Text, TextKind
from bridges.migration.archives.container import open_container
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.model import ArchivedFile, ArchivedPerson, Source
from bridges.migration.archives.whatsapp import Answers, open_whatsapp
from tests.migration.archives.whatsapp.chats import (
    DUSHANBE,
    TODAY,
    chat,
    laid,
    lines,
    messages,
    opened,
)
from tests.migration.archives.zips import write, zip_of

ANDROID = """\
02.03.2026, 08:40 - Сообщения и звонки защищены сквозным шифрованием.
02.03.2026, 08:41 - Anor: Salom
02.03.2026, 08:41 - Behi: \u200eIMG-20260302-WA0001.jpg (файл добавлен)
Bog‘ *gullari*
14.03.2026, 08:42 - Anor: <Без медиафайлов>
14.03.2026, 08:43 - Anor: Вы удалили данное сообщение
"""
IPHONE = (
    "[3/18/22, 14:56:01] Anor: \u200eMessages and calls are end-to-end encrypted.\r\n"
    "[3/18/22, 14:56:20] Behi: Salom\r\n"
    "\u200e[3/27/22, 21:41:55] Anor: \u200e<attached: 00000035-PHOTO-2022-03-27-21-41-55.jpg>\r\n"
    "\u200e[3/27/22, 21:50:25] Anor: plan.pdf • \u200e2 pages \u200e<attached: 00000047-plan.pdf>\r\n"
)
POLL = """\
13/03/2024, 08:40 - Behi: POLL:
Qachon?
OPTION: Bugun (1 vote)
OPTION: Ertaga (0 votes)
"""


def test_a_text_of_android_with_the_files_beside_it(tmp_path: Path) -> None:
    name = "Чат WhatsApp с контактом Behi.txt"
    laid(tmp_path, {name: ANDROID, "IMG-20260302-WA0001.jpg": b"picture"})
    archive = opened(tmp_path / name)

    assert archive.source is Source.WHATSAPP
    (found,) = archive.chats()
    assert (found.id, found.name, found.kind) == ("Behi", "Behi", ChatKind.DIRECT)
    assert list(archive.people("Behi")) == [
        ArchivedPerson("Anor", "Anor", is_owner=True),
        ArchivedPerson("Behi", "Behi"),
    ]
    assert list(archive.contacts()) == []
    assert archive.questions() == {}

    notice, first, picture, left_out, deleted = messages(archive)
    assert notice.sender is None
    assert first.sent_at == datetime(2026, 3, 2, 8, 41, tzinfo=DUSHANBE)
    (file,) = picture.parts
    assert isinstance(file, ArchivedFile)
    assert (file.kind, file.info.mime, file.info.size) == (MediaKind.IMAGE, "image/jpeg", 7)
    assert file.caption is not None
    assert file.caption.html == "Bog‘ <strong>gullari</strong>"
    assert file.path is not None
    with archive.open(file.path) as content:
        assert content.read() == b"picture"
    (missing,) = left_out.parts
    assert isinstance(missing, ArchivedFile)
    assert missing.path is None
    assert str(missing.missing) == "The chat was exported without its files."
    assert getattr(deleted.parts[0], "kind", None) is TextKind.NOTICE


def test_a_zip_of_the_iphone(tmp_path: Path) -> None:
    photo = "00000035-PHOTO-2022-03-27-21-41-55.jpg"
    data = zip_of({"_chat.txt": IPHONE.encode(), photo: b"\xff\xd8", "00000047-plan.pdf": b"%PDF"})
    archive = opened(write(tmp_path, data, "WhatsApp Chat - Anor.zip"))

    (found,) = archive.chats()
    assert (found.id, found.kind) == ("Anor", ChatKind.DIRECT)
    assert lines(archive) == [
        (None, "Messages and calls are end-to-end encrypted."),
        ("Behi", "Salom"),
        ("Anor", f"[m.image {photo}]"),
        ("Anor", "[m.file plan.pdf]"),
    ]
    assert [one.is_owner for one in archive.people("Anor")] == [False, True]
    assert messages(archive)[2].sent_at == datetime(2022, 3, 27, 21, 41, 55, tzinfo=DUSHANBE)


def test_a_folder_with_several_chats_and_a_text_somebody_has_sent(tmp_path: Path) -> None:
    laid(
        tmp_path,
        {
            "WhatsApp Chat - Behi/_chat.txt": IPHONE,
            "WhatsApp Chat with Olma.txt": "1/13/24, 10:00 AM - Olma: Hi\n",
            "notes.txt": "1/13/24, 10:00 AM - Nok: not an export\n",
        },
    )
    assert {one.id for one in opened(tmp_path).chats()} == {"Behi", "Olma"}


def test_a_text_with_another_name_is_taken_if_there_is_no_better_one(tmp_path: Path) -> None:
    laid(tmp_path, {"saved.txt": ANDROID, "other.txt": "nothing\n"})
    (found,) = opened(tmp_path).chats()
    assert found.name == "Behi"


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"a.txt": "Hello\n"}, "There is no WhatsApp chat in it"),
        ({"_chat.txt": ""}, "This file has no messages"),
        ({"_chat.txt": b"\x00\xff" * 1000}, "This file has no messages"),
        ({"_chat.txt": "Mar 5, 8:11 PM - Anor: hi\n"}, "The dates have no year"),
        ({"_chat.txt": "[1445/3/5, 20:11:00] Anor: hi\n"}, "Islamic calendar"),
    ],
)
def test_what_is_no_export_is_refused(
    tmp_path: Path, files: dict[str, str | bytes], complaint: str
) -> None:
    with open_container(laid(tmp_path, files)) as container, pytest.raises(ArchiveRefused) as error:
        open_whatsapp(container, tmp_path.name, Answers(DUSHANBE), TODAY)
    assert complaint in str(error.value.text)


def test_a_chat_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused):
        list(chat(tmp_path, ANDROID).people("Nok"))


def test_a_poll_is_told_in_words_too(tmp_path: Path) -> None:
    """Many clients show no polls."""
    laid(tmp_path, {"WhatsApp Chat with Behi.txt": POLL})
    (message,) = messages(opened(tmp_path / "WhatsApp Chat with Behi.txt"))
    poll, told = message.parts
    assert isinstance(poll, Poll)
    assert isinstance(told, Text)
    assert (told.kind, told.text.body) == (TextKind.NOTICE, "📊 Qachon?\n• Bugun: 1\n• Ertaga: 0")
