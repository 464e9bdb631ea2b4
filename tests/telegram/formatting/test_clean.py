# SPDX-License-Identifier: AGPL-3.0-or-later
"""Text made fit for JSON and databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.sanitize import clean_text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Зарина ӯ 👨‍👩‍👧", "Зарина ӯ 👨‍👩‍👧"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83dx", "\ufffdx"),
        ("\ufeffx", "\ufeffx"),
    ],
)
def test_clean_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(st.characters()))
def test_cleaned_text_can_be_sent_and_keeps_its_utf16_length(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned.encode("utf-16-le")) == len(text.encode("utf-16-le", "surrogatepass"))
    assert clean_text(cleaned) == cleaned
