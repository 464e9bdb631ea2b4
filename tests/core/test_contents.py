# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said in place of a file that cannot be had, and to whom in which language."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import UserID

from bridges.core.content import FormattedText, MediaInfo, MediaKind, RemoteMedia
from bridges.core.i18n import CORE_LOCALE, Translator, load_catalogs
from bridges.core.interpreter import Interpreter
from bridges.core.media import file_too_large
from bridges.core.portal.contents import Contents
from bridges.core.storage.people import MatrixPerson, PeopleStore
from tests.core.databases import core_database

OWNER = UserID("@zarina:home.test")
FILE = RemoteMedia(
    MediaKind.VIDEO,
    MediaInfo("wedding.mp4", "video/mp4", 900),
    "ref",
    caption=FormattedText("the dance", "<b>the dance</b>"),
    link="https://t.me/c/5/7",
)


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[PeopleStore]:
    async with core_database(database_url) as database:
        yield PeopleStore(database)


def contents(people: PeopleStore) -> Contents:
    """With a courier that refuses every file."""
    refusing = Mock(to_matrix=AsyncMock(side_effect=file_too_large(900, 100 * 1024**2)))
    everything: Any = Mock(mxid_of=lambda user: UserID(f"@{user}:home.test"))
    interpreter = Interpreter(people, Translator(load_catalogs([CORE_LOCALE])))
    return Contents(everything, refusing, everything, interpreter)


def login() -> Any:
    """Whose rooms they are."""
    return cast("Any", SimpleNamespace(record=SimpleNamespace(owner=OWNER, id="l"), session=None))


@pytest.mark.parametrize(
    ("language", "reason"),
    [(None, "The file is too large"), ("uz", "Fayl juda katta"), ("ru", "Файл слишком большой")],
)
async def test_a_file_that_cannot_be_carried_is_told_in_the_owners_language(
    people: PeopleStore, language: str | None, reason: str
) -> None:
    await people.save_person(MatrixPerson(OWNER, language=language))
    event = await contents(people).of(FILE, login())
    first, link, caption = event.content["body"].splitlines()
    assert first.startswith(f"📎 wedding.mp4: {reason}")
    assert (link, caption) == ("https://t.me/c/5/7", "the dance")
    assert event.content["msgtype"] == "m.notice"


async def test_a_language_chosen_later_counts_from_then_on(people: PeopleStore) -> None:
    await people.save_person(MatrixPerson(OWNER))
    made = contents(people)
    assert "too large" in (await made.of(FILE, login())).content["body"]
    await people.save_person(MatrixPerson(OWNER, language="uz"))
    assert "juda katta" in (await made.of(FILE, login())).content["body"]
