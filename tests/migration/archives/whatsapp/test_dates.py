# SPDX-License-Identifier: AGPL-3.0-or-later
"""How dates are read: headers, calendars, parts of the day, and which part is the month."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.whatsapp.calendars import IslamicDate, gregorian
from bridges.migration.archives.whatsapp.date_order import DateOrder, DateQuestion
from bridges.migration.archives.whatsapp.day_periods import hour_of_day, is_period
from bridges.migration.archives.whatsapp.headers import find_header, readers
from bridges.migration.archives.whatsapp.lines import text_lines
from bridges.migration.archives.whatsapp.survey import survey
from bridges.migration.archives.whatsapp.wording import load_wording
from tests.migration.archives.whatsapp.chats import TODAY, chat, laid, lines, messages, opened

WORDING = load_wording()
DMY, MDY, YMD = (
    DateOrder.DAY_MONTH_YEAR,
    DateOrder.MONTH_DAY_YEAR,
    DateOrder.YEAR_MONTH_DAY,
)


def decided(text: str, answer: DateOrder | None = None) -> DateOrder | DateQuestion:
    data = text.encode()
    return survey(lambda: text_lines(BytesIO(data)), WORDING, TODAY, order=answer).order


def of_days(days: Sequence[str], tail: str = "") -> str:
    return "".join(f"{day}, 10:00 - Anor: Salom\n" for day in days) + tail


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (of_days(["01/02/24", "13/02/24"]), DMY),
        (of_days(["01/02/24", "02/13/24"]), MDY),
        (of_days(["01/12/26"]), MDY),  # the first of December is yet to come
        (of_days(["01.02.24"]), DMY),
        (of_days(["01-02-2024"]), DMY),
        (of_days(["2024/01/02"]), YMD),
        (of_days(["2024/13/02", "2024/14/02"]), DateOrder.YEAR_DAY_MONTH),
        (of_days(["05/05/24"]), DMY),  # the same either way
        (of_days(["01/03/24", "02/03/24", "03/03/24"]), DMY),
        (of_days(["03/01/24", "03/02/24", "03/03/24"]), MDY),
        (of_days(["10/03/24", "10/03/24", "01/04/24", "02/05/24", "03/06/24"]), DMY),
        (of_days(["01/04/24"], "01/04/24, 10:01 - Anor: <Без медиафайлов>\n"), DMY),
        (
            "[1/4/24, 10:00:01] Anor: <attached: 00000002-PHOTO-2024-01-04-10-00-01.jpg>\n",
            MDY,
        ),
        (
            of_days(["02/04/24"])
            + "".join(
                f"02/04/24, 10:0{at} - Anor: IMG-20240402-WA000{at}.jpg (file attached)\n"
                for at in range(3)
            ),
            DMY,
        ),
    ],
)
def test_the_order_is_found(text: str, order: DateOrder) -> None:
    assert decided(text) == order


@pytest.mark.parametrize(
    "text",
    [
        of_days(["01/02/24"]),
        of_days(["01/02/24", "03/02/24"]),
        of_days(["02/04/24"], "02/04/24, 10:00 - Anor: IMG-20240402-WA0001.jpg (file attached)\n"),
    ],
)
def test_what_nothing_tells_is_asked(text: str) -> None:
    question = decided(text)
    assert isinstance(question, DateQuestion)
    assert {one.order for one in question.readings} == {DMY, MDY}
    assert decided(text, MDY) is MDY
    assert isinstance(decided(text, YMD), DateQuestion)


def test_an_answer_to_no_question_changes_nothing() -> None:
    assert decided(of_days(["01/02/24", "13/02/24"]), MDY) is DMY


def test_messages_wait_for_the_answer(tmp_path: Path) -> None:
    text = of_days(["01/02/24", "03/02/24"])
    archive = chat(tmp_path, text)
    (found,) = archive.chats()
    assert set(archive.questions()) == {found.id}
    with pytest.raises(ArchiveRefused) as refused:
        lines(archive)
    assert str(refused.value.text) == (
        "The dates can be read in two ways, for example 01/02/24, 10:00: from 2024-02-01 to 2024-02-03 "
        "if they are day, month, year, from 2024-01-02 to 2024-03-02 if they are month, day, year. "
        "Say which is right."
    )
    answered = messages(chat(tmp_path, text, order=MDY))
    assert [one.sent_at.month for one in answered] == [1, 3]


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [
        ("24", 2, 29, date(2024, 2, 29)),
        ("23", 2, 29, None),
        ("99", 1, 1, date(1999, 1, 1)),
        ("67", 3, 1, date(2024, 3, 1)),
        ("2567", 2, 29, date(2024, 2, 29)),
        ("113", 2, 29, date(2024, 2, 29)),
        ("1399", 12, 30, date(2021, 3, 20)),
        ("1400", 1, 1, date(2021, 3, 21)),
        ("1400", 12, 30, None),
        ("1402", 12, 29, date(2024, 3, 19)),
        ("1403", 1, 1, date(2024, 3, 20)),
        ("1403", 12, 30, date(2025, 3, 20)),
        ("1404", 7, 30, date(2025, 10, 22)),
        ("1404", 7, 31, None),
        ("0", 1, 1, date(2000, 1, 1)),
    ],
)
def test_calendars(year: str, month: int, day: int, expected: date | None) -> None:
    assert gregorian(year, month, day, latest=2026) == expected


@pytest.mark.parametrize(
    ("year", "era", "expected"),
    [
        ("4", "R", 2022),
        ("31", "h", 2019),
        ("令和", "", 0),
        ("65", "BE", 2022),
        ("111", "民國", 2022),
    ],
)
def test_eras(year: str, era: str, expected: int) -> None:
    if not expected:
        year, era, expected = "4", year, 2022
    assert gregorian(year, 3, 18, era=era) == date(expected, 3, 18)


def test_the_islamic_calendar_cannot_be_worked_out() -> None:
    with pytest.raises(IslamicDate):
        gregorian("1445", 1, 1)


@pytest.mark.parametrize(
    ("hour", "words", "expected"),
    [
        (12, "AM", 0),
        (0, "am", 0),
        (12, "p. m.", 12),
        (11, "م", 23),
        (12, "ص", 0),
        (15, "PM", 15),
        (9, "in the morning", 9),
        (3, "in the afternoon", 15),
        (1, "凌晨", 1),
        (12, "凌晨", 0),
        (7, "晚上", 19),
        (12, "中午", 12),
        (1, "中午", 13),
        (9, "रात", 21),
        (2, "रात", 2),
        (24, "AM", None),
    ],
)
def test_parts_of_the_day(hour: int, words: str, expected: int | None) -> None:
    assert is_period(words)
    assert hour_of_day(hour, words) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Anor: Salom",
        "10:30 - nonushta",
        "13.03.2024 - Anor: kun",
        "12.03.24, 10:00 soatda - Anor: Salom",
        "12.03.24, 10:60 - Anor: Salom",
        "12.03.24, 10:00:61 - Anor: Salom",
        "12.03-24, 10:00 - Anor: Salom",
        "12 03 24 10:00 - Anor: Salom",
        "[12.03.24, 10:00 - Anor: Salom",
        "12.03.24, 10:00] Anor: Salom",
        "2024.03.2024, 10:00 - Anor: Salom",
        "12.03.24, 10:00, Anor : Salom",
        "12.03.24, 25:00 - Anor: Salom",
    ],
)
def test_what_is_no_header(line: str) -> None:
    assert find_header(line, readers()) is None


@given(
    st.text(st.sampled_from("0129/.-: ,[]،年月日R\u200e\u200fapmAPM٠١ \u202fJanmay\n"), max_size=60)
)
def test_any_line_has_a_header_or_none(line: str) -> None:
    header = find_header(line, readers())
    if header is not None:
        assert 0 < header.length <= len(line)
        assert 0 <= header.hour < 24


def test_dates_without_a_year_follow_on_the_year_before(tmp_path: Path) -> None:
    text = (
        "18:08, 1 Nov 2013 - Anor: bir\n"
        "11:36, 4 Aug - Anor: ikki\n"
        "8:11, 31 Dec - Anor: uch\n"
        "8:11, 2 Jan - Anor: to‘rt\n"
        "8:10, 1 Jan - Anor: besh\n"
    )
    found = [one.sent_at.date() for one in messages(chat(tmp_path, text))]
    assert found == [
        date(2013, 11, 1),
        date(2014, 8, 4),
        date(2014, 12, 31),
        date(2015, 1, 2),
        date(2015, 1, 1),
    ]


def test_the_year_in_which_a_chat_begins_can_be_told(tmp_path: Path) -> None:
    text = "Dec 31, 8:11 PM - Anor: bir\nFeb 29, 8:12 AM - Behi: ikki\n"
    path = laid(tmp_path, {"_chat.txt": text})
    found = [one.sent_at.date() for one in messages(opened(path, first_year=2011))]
    assert found == [date(2011, 12, 31), date(2012, 2, 29)]
