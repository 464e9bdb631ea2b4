# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a homeserver takes: no lone surrogates, no NUL, nothing too long (R10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.sanitize import (
    MAX_TEXT_BYTES,
    clean_name,
    clean_text,
    split_text,
)
from tests.core.strategies import any_text

valid_text = st.text(st.characters(codec="utf-8"), max_size=200)


@given(any_text)
def test_clean_text_can_be_sent_and_stored(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert len(cleaned) == len(text)


@given(valid_text.filter(lambda text: "\0" not in text))
def test_clean_text_leaves_valid_text_alone(text: str) -> None:
    assert clean_text(text) == text


@given(any_text, st.integers(1, 30))
def test_a_name_is_one_line_of_limited_length(name: str, limit: int) -> None:
    cleaned = clean_name(name, limit)
    assert len(cleaned) <= limit
    assert cleaned.splitlines() in ([], [cleaned])
    cleaned.encode()


@given(any_text, st.integers(4, 50))
def test_pieces_are_the_clean_text_and_each_fits(text: str, limit: int) -> None:
    pieces = list(split_text(text, limit))
    assert "".join(pieces) == clean_text(text)
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(pieces) or pieces == [""]


def test_text_is_cut_where_words_end() -> None:
    assert list(split_text("salom dunyo jahon", 12)) == ["salom dunyo ", "jahon"]


@pytest.mark.parametrize("sign", ["я", "\N{FAMILY}", "a\N{COMBINING ACUTE ACCENT}"])
def test_a_text_without_words_is_cut_between_signs(sign: str) -> None:
    pieces = list(split_text(sign * 40_000))
    assert "".join(pieces) == sign * 40_000
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in pieces)
