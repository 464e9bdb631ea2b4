# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever an export holds: everything in it is either a message or skipped with a reason."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.core.chat import ChatKind
from bridges.core.formatting.addresses import safe_address
from bridges.core.text import UserText
from bridges.migration.archives.model import ArchivedMessage
from bridges.migration.archives.telegram.messages import message_of
from bridges.migration.archives.telegram.people import people_in
from bridges.migration.archives.telegram.surroundings import Surroundings
from tests.migration.archives.fuzzing import run
from tests.migration.archives.telegram.exports import export_of, opened, words
from tests.migration.archives.telegram.fuzz import Mutations, read_all
from tests.migration.archives.telegram.generated import elements, messages, odd_messages

AROUND = Surroundings("user102", ChatKind.DIRECT, lambda path: 5 if "photo" in path else None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages | odd_messages)
def test_no_element_makes_trouble(element: Any) -> None:
    found = message_of(element, AROUND)
    if isinstance(found, UserText):
        assert str(found)
        return
    assert found.parts
    assert found.sent_at.tzinfo is not None
    for text in (words(found), found.sender or "", *(one.emoji for one in found.reactions)):
        text.encode()  # no lone surrogates
        assert "\0" not in text
    assert found == message_of(element, AROUND)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(messages)
def test_who_speaks_and_reacts_is_among_the_people(element: Any) -> None:
    found = message_of(element, AROUND)
    if isinstance(found, ArchivedMessage):
        people = {person for person, _ in people_in(element, AROUND)}
        assert {found.sender} - {None} <= people
        assert {one.person for one in found.reactions} - {None} <= people


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(elements, max_size=12),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
)
def test_nothing_is_lost(content: list[Any], indent: int | None, escaped: bool) -> None:
    data = json.dumps(export_of(*content), indent=indent, ensure_ascii=escaped, allow_nan=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        path.write_bytes(data.encode("utf-8", "surrogatepass"))
        with opened(path) as archive:
            found = list(archive.messages("user102"))
            assert list(archive.people("user102"))
        assert len(found) == len(content)
        ids = [one.id for one in found if isinstance(one, ArchivedMessage)]
        assert len(ids) == len(set(ids))


def test_mutated_exports_are_read_or_refused() -> None:
    outcome = run(Mutations(seed=1), read_all, inputs=500)
    assert outcome.inputs == 500
    assert outcome.failures == []
    assert outcome.read > 400
    assert outcome.refused > 5


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://a.test"])
def test_links_are_harmless(address: str) -> None:
    piece = {"type": "text_link", "text": "x", "href": address}
    message = {"id": 1, "type": "message", "date_unixtime": "1709870400", "text": [piece]}
    found = message_of(message, AROUND)
    assert isinstance(found, ArchivedMessage)
    assert ("<a " in str(found.parts)) == (safe_address(address) is not None)
