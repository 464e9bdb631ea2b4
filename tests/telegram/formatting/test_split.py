# SPDX-License-Identifier: AGPL-3.0-or-later
"""Long texts divided into several messages."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.formatting.graphemes import is_boundary
from bridges.core.formatting.utf16 import utf16_length
from bridges.telegram.formatting import MAX_TEXT, from_matrix, to_matrix
from tests.telegram.formatting.samples import CLUSTERS, FAMILY, FLAG, HEBREW, WALES


def _split(text: str, limit: int) -> list[str]:
    return [part.text for part in from_matrix(FormattedText(text), max_length=limit)]


@pytest.mark.parametrize("cluster", ["😀", FAMILY, FLAG, WALES, "е́"])
def test_4096_emoji_arrive_whole(cluster: str) -> None:
    assert to_matrix(cluster * 4096, []).body == cluster * 4096
    parts = _split(cluster * 4096, MAX_TEXT)
    assert "".join(parts) == cluster * 4096
    assert all(utf16_length(part) <= MAX_TEXT for part in parts)
    assert all(len(part) % len(cluster) == 0 for part in parts)
    assert len(parts) == -(-4096 // (MAX_TEXT // utf16_length(cluster)))


def test_a_text_of_the_full_length_is_one_message() -> None:
    assert _split("x" * 4096, MAX_TEXT) == ["x" * 4096]
    assert _split("x" * 4097, MAX_TEXT) == ["x" * 4096, "x"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one two\n\nthree four", ["one two", "three four"]),
        ("one two\nthree four", ["one two", "three four"]),
        ("one two three four", ["one two", "three four"]),
        ("a\n\nbcdefg hijkl", ["a\n\nbcdefg", "hijkl"]),
        ("abcdefghijklmno", ["abcdefghijkl", "mno"]),
        ("abcdefghijkl mno", ["abcdefghijkl", "mno"]),
        ("a" + " " * 40 + "b", ["a", "b"]),
        ("a " + "x" * 13, ["a", "x" * 12, "x"]),
    ],
)
def test_cuts_are_made_where_a_reader_pauses(text: str, parts: list[str]) -> None:
    assert _split(text, 12) == parts


def test_links_are_kept_whole_where_possible() -> None:
    html = 'see the <a href="https://example.org">big page</a>'
    parts = from_matrix(FormattedText("", html), max_length=14)
    assert [part.text for part in parts] == ["see the", "big page"]
    assert parts[1].entities == (tl.MessageEntityTextUrl(0, 8, "https://example.org"),)


def test_formatting_continues_in_the_next_message() -> None:
    html = "<b>one 😀 <i>two three</i></b> <code>four</code>"
    parts = from_matrix(FormattedText("", html), max_length=11)
    assert [(part.text, part.entities) for part in parts] == [
        ("one 😀 two", (tl.MessageEntityBold(0, 10), tl.MessageEntityItalic(7, 3))),
        (
            "three four",
            (
                tl.MessageEntityBold(0, 5),
                tl.MessageEntityItalic(0, 5),
                tl.MessageEntityCode(6, 4),
            ),
        ),
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*CLUSTERS, " ", "\n", "word"]), max_size=60).map("".join),
    st.integers(2, 40),
)
def test_every_part_fits_and_nothing_but_space_is_left_out(text: str, limit: int) -> None:
    at = 0
    for part in _split(text, limit):
        assert part == part.strip()
        assert 0 < utf16_length(part) <= limit
        part.encode()
        start = text.index(part, at)
        assert not text[at:start].strip()
        at = start + len(part)
        if limit >= utf16_length(WALES):
            assert is_boundary(text, at)
    assert not text[at:].strip()


@given(st.lists(st.sampled_from(CLUSTERS)))
def test_boundaries_are_between_the_clusters(clusters: list[str]) -> None:
    text = "".join(clusters)
    expected = {0}
    for cluster in clusters:
        start = max(expected)
        inner = range(1, len(cluster)) if cluster == HEBREW else ()
        expected |= {start + len(cluster)} | {start + at for at in inner}
    assert {at for at in range(len(text) + 1) if is_boundary(text, at)} == expected


def test_a_cluster_longer_than_a_message_is_cut_all_the_same() -> None:
    text = "a" + "\u0301" * 10
    assert unicodedata.combining(text[1])
    assert _split(text, 4) == [text[:4], text[4:8], text[8:]]


def test_a_limit_below_one_emoji_is_refused() -> None:
    with pytest.raises(ValueError, match="max_length must be at least 2"):
        from_matrix(FormattedText("x"), max_length=1)
