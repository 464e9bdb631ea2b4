# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is written in a dialect is read back as it was."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.migration.archives.whatsapp.date_order import DateOrder, DateQuestion, DayReader
from bridges.migration.archives.whatsapp.headers import find_header, readers
from bridges.migration.archives.whatsapp.lines import text_lines
from bridges.migration.archives.whatsapp.reading import Record, records
from bridges.migration.archives.whatsapp.survey import survey
from bridges.migration.archives.whatsapp.wording import load_wording
from tests.migration.archives.whatsapp.chats import TODAY
from tests.migration.archives.whatsapp.dialects import ALL, Dialect, Said

WORDING = load_wording()
NAMES = ("Anor", "Behi", "~Olma", "+992 900 00 00 01", "Нок", "رمان", "अनार", "O’rik (bog‘)")
LETTERS = "abzÀ яғӣҷ ص٣م आ३ 午 😀 .,;:!?*_~`<>()[]/-\u200d\u00a0"


def looks_like_header(line: str) -> bool:
    return find_header(line, readers()) is not None


texts = (
    st.text(st.sampled_from(LETTERS + "0123456789\n"), min_size=1, max_size=60)
    .filter(lambda text: bool(text.strip()) and ": " not in text)
    .filter(lambda text: not any(map(looks_like_header, text.split("\n"))))
)
times = st.datetimes(datetime(2020, 1, 1), datetime(2025, 12, 31))


@st.composite
def chats(draw: st.DrawFn) -> list[Said]:
    """A chat in which time goes on, but for a few minutes."""
    now = draw(times)
    chat = []
    for _ in range(draw(st.integers(1, 12))):
        now += timedelta(seconds=draw(st.integers(-300, 40_000_000)) // draw(st.integers(1, 400)))
        sent = min(now, datetime(2026, 11, 21)).replace(microsecond=0)
        chat.append(Said(sent, draw(st.sampled_from(NAMES)), draw(texts)))
    return chat


def read(text: str, order: DateOrder) -> list[Said]:
    found = survey(lambda: text_lines(BytesIO(text.encode())), WORDING, TODAY, order=order)
    lines = text_lines(BytesIO(text.encode()))
    every = list(records(lines, found, DayReader(order, TODAY), WORDING))
    return [Said(one.sent, one.sender, one.text) for one in every if isinstance(one, Record)]


@pytest.mark.parametrize("dialect", [one for _, one in ALL], ids=[name for name, _ in ALL])
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(chat=chats())
def test_what_is_written_is_read(dialect: Dialect, chat: list[Said]) -> None:
    expected = [Said(dialect.shown(one.sent), one.sender, one.text) for one in chat]
    assert read(dialect.written(chat), dialect.order) == expected


@pytest.mark.parametrize("dialect", [one for _, one in ALL], ids=[name for name, _ in ALL])
def test_a_month_of_messages_decides_the_order_of_dates(dialect: Dialect) -> None:
    start = datetime(2024, 2, 26, 21, 5, 7)
    chat = [Said(start + timedelta(hours=8 * at), "Anor", "Salom") for at in range(90)]
    text = dialect.written(chat)
    found = survey(lambda: text_lines(BytesIO(text.encode())), WORDING, TODAY)
    assert found.order == dialect.order


@pytest.mark.parametrize("dialect", [one for _, one in ALL], ids=[name for name, _ in ALL])
@settings(max_examples=8, deadline=None)
@given(chat=chats())
def test_a_decision_is_right_or_a_question(dialect: Dialect, chat: list[Said]) -> None:
    chat.sort(key=lambda one: one.sent)
    text = dialect.written(chat)
    order = survey(lambda: text_lines(BytesIO(text.encode())), WORDING, TODAY).order
    if isinstance(order, DateQuestion):
        assert dialect.order in {one.order for one in order.readings}
        return
    days = [one.sent.date() for one in chat]
    assert [one.sent.date() for one in read(text, order)] == days


def test_a_question_tells_what_either_answer_means() -> None:
    text = "03/04/24, 10:00 - Anor: Salom\n05/04/24, 10:00 - Anor: Xayr\n"
    found = survey(lambda: text_lines(BytesIO(text.encode())), WORDING, TODAY).order
    assert isinstance(found, DateQuestion)
    assert found.example == "03/04/24, 10:00"
    assert [(one.order, one.first, one.last) for one in found.readings] == [
        (DateOrder.DAY_MONTH_YEAR, date(2024, 4, 3), date(2024, 4, 5)),
        (DateOrder.MONTH_DAY_YEAR, date(2024, 3, 4), date(2024, 5, 4)),
    ]
