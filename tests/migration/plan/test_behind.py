# SPDX-License-Identifier: AGPL-3.0-or-later
"""The seam between an archive and what a bridge has of the same chat."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.content import FormattedText, Text
from bridges.core.text import user_text
from bridges.migration.archives.model import ArchivedMessage, ArchivedPerson, Skipped, Source
from bridges.migration.plan.behind import THERE_ALREADY, BridgedChat, before, bridged_chat

THEN = datetime(2020, 1, 1, tzinfo=UTC)
ME = ArchivedPerson("user101", "Anor", is_owner=True)


def message(number: int) -> ArchivedMessage:
    return ArchivedMessage(str(number), "user102", THEN, (Text(FormattedText("word")),))


numbers = st.lists(st.integers(-(10**12), 10**12), unique=True).map(sorted)


@given(numbers, st.data())
def test_archive_and_room_together_have_each_message_once_and_in_order(
    said: Sequence[int], data: st.DataObject
) -> None:
    """The bridge has everything from one message on, and what was said after the export."""
    begin = data.draw(st.integers(0, len(said)))
    end = data.draw(st.integers(begin, len(said)))
    exported, room = said[:end], said[begin:]
    if not room or room[0] < 0:
        return
    found = list(before(map(message, exported), str(room[0])))
    brought = [int(one.id) for one in found if isinstance(one, ArchivedMessage)]
    assert brought + list(room) == list(said)
    assert len(found) == len(exported)
    assert all(one.reason == THERE_ALREADY for one in found if isinstance(one, Skipped))


def test_what_could_not_be_read_stays_left_out_for_its_own_reason() -> None:
    damaged = Skipped("chat/1", user_text("A message here is damaged."))
    assert list(before([damaged], "1")) == [damaged]


def test_an_id_that_is_no_number_is_not_taken_for_something_older() -> None:
    odd = ArchivedMessage("١", "user102", THEN, (Text(FormattedText("word")),))
    assert [type(one) for one in before([odd], "7")] == [Skipped]


@pytest.mark.parametrize(
    ("chat", "owner", "asked"),
    [
        ("channel5", None, BridgedChat("channel:5")),
        ("channel5/2", ME, BridgedChat("channel:5/2")),
        ("user102", ME, BridgedChat("user:102", "101")),
        ("chat7", ME, BridgedChat("chat:7", "101")),
        ("user102", None, None),
        ("chat7", None, None),
        ("user102", ArchivedPerson("name:Anor", "Anor"), None),
        ("channel5#2", ME, None),
        ("name:Bog‘", ME, None),
    ],
)
def test_only_a_chat_with_the_same_numbers_is_asked_for(
    chat: str, owner: ArchivedPerson | None, asked: BridgedChat | None
) -> None:
    assert bridged_chat(Source.TELEGRAM, chat, owner) == asked
    assert bridged_chat(Source.WHATSAPP, chat, owner) is None
