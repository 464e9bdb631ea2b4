# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which lines make a message, who has written it, and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridges.core.chat import ChatKind
from bridges.migration.archives.model import ArchivedMessage, Skipped
from bridges.migration.archives.whatsapp.local_time import LocalTime
from bridges.migration.archives.whatsapp.reading import LONGEST_TEXT
from tests.migration.archives.whatsapp.chats import (
    chat,
    everything,
    laid,
    lines,
    messages,
    opened,
    shown,
)


def test_lines_that_look_like_headers_of_another_kind_belong_to_the_message(tmp_path: Path) -> None:
    text = (
        "13.03.2024, 10:00 - Anor: Reja:\n"
        "[13.03.24, 10:00:00] Nok: eski gap\n"
        "14.03.2024\n"
        "14/03/2024, 10:00 - Olma: boshqa telefon\n"
        "10:30 - nonushta\n"
        "99.99.2024, 10:00 - bunday kun yo‘q\n"
        "13.03.2024, 10:01 - Behi: Ha\n"
    )
    first, second = lines(chat(tmp_path, text))
    assert first == ("Anor", text.partition("Anor: ")[2].partition("\n13.03.2024, 10:01")[0])
    assert second == ("Behi", "Ha")


def test_an_appointment_and_a_piece_of_another_chat_stay_in_their_message(tmp_path: Path) -> None:
    text = (
        "01.03.2024, 09:00 - Anor: Salom\n"
        "01.03.2024, 09:30 - Behi: Salom\n"
        "01.03.2024, 10:00 - Anor: Taklif:\n"
        "25.03.2024, 18:00 - Bayram\n"
        "va yana:\n"
        "01.02.2023, 12:00 - Begona: eski gap\n"
        "01.03.2024, 10:01 - Behi: Mayli\n"
        "01.03.2024, 10:02 - Behi: Boraman\n"
        "01.03.2024, 10:05 - Anor: Xo‘p\n"
    )
    found = lines(chat(tmp_path, text))
    assert len(found) == 6
    assert found[2][1].endswith("01.02.2023, 12:00 - Begona: eski gap")


def test_lines_out_of_order_by_people_who_write_are_messages(tmp_path: Path) -> None:
    text = (
        "23.03.2024, 16:13 - Xabarlar va qo‘ng‘iroqlar shifrlangan.\n"
        "10.10.2020, 08:00 - Anor guruh yaratdi\n"
        "18.03.2024, 16:11 - Anor: bir\n"
        "18.03.2024, 16:13 - Behi: ikki\n"
        "01.01.2020, 00:00 - Anor: soati noto‘g‘ri\n"
        "18.03.2024, 16:12 - Behi: uch\n"
        "15.03.2024, 16:12 - +992 900 00 00 02: raqam\n"
        "18.03.2024, 16:14 - Anor: to‘rt\n"
    )
    found = messages(chat(tmp_path, text))
    assert [shown(one) for one in found[2:]] == [
        "bir",
        "ikki",
        "soati noto‘g‘ri",
        "uch",
        "raqam",
        "to‘rt",
    ]


def test_names_with_colons_and_signs(tmp_path: Path) -> None:
    text = (
        "13/3/24, 10:00 AM - Anor: ish: Salom\n"
        "13/3/24, 10:01 AM - Anor: ish: Eslatma: bugun\n"
        "13/3/24, 10:02 AM - Anor: ish: <Media omitted>\n"
        "13/3/24, 10:03 AM - ~\u202fBehi: Salom: ha\n"
        "13/3/24, 10:04 AM - \u202a+992\u00a0900\u00a000\u00a000\u00a001\u202c: Men\n"
        '13/3/24, 10:05 AM - Behi changed the subject from "Reja: 2023" to "Reja"\n'
        "13/3/24, 10:06 AM - \u200e: Ismsiz\n"
    )
    archive = chat(tmp_path, text)
    assert [one.sender for one in messages(archive)] == [
        *["Anor: ish"] * 3,
        "~Behi",
        "+992 900 00 00 01",
        None,
        "\u200e",
    ]
    assert [shown(one) for one in messages(archive)][1:4] == [
        "Eslatma: bugun",
        "[m.file ]",
        "Salom: ha",
    ]
    (found,) = archive.chats()
    assert found.kind is ChatKind.GROUP
    people = {one.id: (one.name, one.phone) for one in archive.people(found.id)}
    assert people == {
        "Anor: ish": ("Anor: ish", ""),
        "~Behi": ("Behi", ""),
        "+992 900 00 00 01": ("+992 900 00 00 01", "+992900000001"),
        "\u200e": ("", ""),
    }


def test_what_stands_before_the_first_message_is_told(tmp_path: Path) -> None:
    text = "Mening suhbatim\n\nAnor bilan\n13/3/24, 10:00 AM - Anor: Salom\n"
    skipped, message = everything(chat(tmp_path, text))
    assert isinstance(skipped, Skipped)
    assert (skipped.where, str(skipped.reason)) == (
        "lines 1–3",
        "It stands before the first message.",
    )
    assert isinstance(message, ArchivedMessage)


def test_a_message_longer_than_any_is_cut_and_told(tmp_path: Path) -> None:
    text = f"13/3/24, 10:00 AM - Anor: {'a' * (LONGEST_TEXT - 100)}\n{'b' * 200}\nc\n{'d' * 200}\n"
    message, skipped = everything(chat(tmp_path, text))
    assert isinstance(message, ArchivedMessage)
    assert shown(message).endswith("a\nc")
    assert isinstance(skipped, Skipped)
    assert skipped.where == "lines 2–4"


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    text = f"13/3/24, 10:00 AM - Anor: {'a' * 3_000_000}\n13/3/24, 10:01 AM - Behi: Ha\n"
    first, skipped, last = everything(chat(tmp_path, text))
    assert isinstance(first, ArchivedMessage)
    assert isinstance(skipped, Skipped)
    assert skipped.where == "line 1"
    assert isinstance(last, ArchivedMessage)
    assert shown(last) == "Ha"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = laid(tmp_path, {"_chat.txt": "13/3/24, 10:00 AM - Anor: Ҳа\r\n".encode(encoding)})
    assert lines(opened(path / "_chat.txt")) == [("Anor", "Ҳа")]


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    laid(tmp_path, {"_chat.txt": b"13/3/24, 10:00 AM - Anor: H\xff\x00a\n"})
    assert lines(opened(tmp_path)) == [("Anor", "H\ufffd\ufffda")]


def test_a_longer_export_gives_the_same_ids(tmp_path: Path) -> None:
    start = (
        "13/3/24, 10:00 AM - Anor: Ha\n13/3/24, 10:00 AM - Anor: Ha\n13/3/24, 10:00 AM - Behi: Ha\n"
    )
    shorter = messages(chat(tmp_path, start + "13/3/24, 10:01 AM - Behi: <Media omitted>\n"))
    longer = messages(
        chat(
            tmp_path,
            start
            + "13/3/24, 10:01 AM - Behi: IMG-20240313-WA0001.jpg (file attached)\nBog‘\n"
            + "13/4/24, 10:01 AM - Behi: Ha\n",
        )
    )
    assert [one.id for one in shorter] == [one.id for one in longer[:4]]
    assert len({one.id for one in longer}) == 5


def test_a_group_of_the_iphone_speaks_under_its_name(tmp_path: Path) -> None:
    text = (
        "[13/03/2024, 10:00:00] Bog‘bonlar: \u200eMessages and calls are end-to-end encrypted.\n"
        "[13/03/2024, 10:00:00] Bog‘bonlar: \u200eAnor created this group\n"
        "[13/03/2024, 10:00:00] Anor: Salom\n"
        "[13/03/2024, 10:00:05] Behi: \u200ePOLL:\nQachon?\n\u200eOPTION: 1 (\u200e2 votes)\n"
        "\u200eOPTION: 2 (\u200e0 votes)\n\n"
    )
    archive = chat(tmp_path, text.replace("\n\n", "\n"))
    (found,) = archive.chats()
    assert (found.kind, found.name) == (ChatKind.GROUP, "Bog‘bonlar")
    assert [one.id for one in archive.people(found.id)] == ["Anor", "Behi"]
    assert [one.sender for one in messages(archive)] == [None, None, "Anor", "Behi"]
    assert len(messages(archive)[3].parts) == 2


@pytest.mark.parametrize(
    "said",
    [
        "Anor created group “Bog‘”",
        "Вы создали группу «Боғ»",
        "Anor “Bog‘” guruhini yaratdi",
        "Anor hat die Gruppe „Bog‘“ erstellt",
        "Anor creó el grupo “Bog‘”",
        "Anor criou o grupo “Bog‘”",
        "Anor a créé le groupe « Bog‘ »",
        "Anor ha creato il gruppo “Bog‘”",
        "Anor “Bog‘” grubunu oluşturdu",
        "Anor створив(-ла) групу «Боғ»",
        "Anor «Боғ» тобын құрды",
        "Anor membuat grup “Bog‘”",
        "أنشأ Anor المجموعة",
        "Anor ने ग्रुप बनाया",
    ],
)
def test_two_people_in_a_group_are_a_group(tmp_path: Path, said: str) -> None:
    text = (
        f"13.03.2024, 10:00 - {said}\n"
        "13.03.2024, 10:01 - Anor: Salom\n"
        "13.03.2024, 10:02 - Behi: Salom\n"
    )
    archive = chat(tmp_path, text)
    (found,) = archive.chats()
    assert found.kind is ChatKind.GROUP
    assert lines(archive)[0] == (None, said)


def test_whose_archive_it_is_may_be_unknown(tmp_path: Path) -> None:
    text = "13/3/24, 10:00 AM - Anor: Salom\n13/3/24, 10:01 AM - Behi: Salom\n"
    archive = chat(tmp_path, text)
    (found,) = archive.chats()
    assert archive.owner(found.id) is None
    assert not any(one.is_owner for one in archive.people(found.id))
    told = opened(tmp_path, owner="Behi")
    (found,) = told.chats()
    assert [one.id for one in told.people(found.id) if one.is_owner] == ["Behi"]
    assert found.name == "Anor"


def test_the_hour_that_comes_twice() -> None:
    clock = LocalTime(ZoneInfo("Europe/Berlin"))
    times = ["01:59", "02:10", "02:05", "02:50", "02:10", "02:55", "03:01", "02:30"]
    told = [
        clock.aware(datetime.fromisoformat(f"2024-10-27 {one}")).astimezone(UTC).strftime("%H:%M")
        for one in times
    ]
    assert told == ["23:59", "00:10", "00:05", "00:50", "01:10", "01:55", "02:01", "00:30"]


def test_the_hour_that_is_left_out() -> None:
    clock = LocalTime(ZoneInfo("Europe/Berlin"))
    found = clock.aware(datetime(2024, 3, 31, 2, 30))
    assert found.utcoffset() == timedelta(hours=1)
    assert found.astimezone(UTC) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
