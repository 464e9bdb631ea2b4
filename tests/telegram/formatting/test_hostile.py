# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTML made to crash, to overflow the stack or to take for ever."""

import time

import pytest

from bridges.core.content import FormattedText
from bridges.telegram.formatting import from_matrix, to_matrix

_MEGABYTE = 1_000_000
_SECONDS = 30
"""Far more than linear time needs on a slow machine, far less than quadratic time would."""

REPEATED = [
    "<b>",
    "<b>x<i>y</b>",
    '<a b="',
    "<a b='<a c=\"",
    "<a/",
    "<!--",
    "<![",
    "</b ",
    "<blockquote>x",
    "<ul><li>x",
    "<pre>x\n",
    "<script>",
    "<mx-reply>",
    "<span data-mx-spoiler=r>x",
    '<a href="https://x.example">x y</a>',
    "&#",
    "🇹🇯",
    " ",
]


@pytest.mark.parametrize("piece", REPEATED)
def test_a_megabyte_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    html = piece * (_MEGABYTE // len(piece.encode()))
    for part in from_matrix(FormattedText("body", html)):
        to_matrix(part.text, part.entities)
    assert time.process_time() - started < _SECONDS


def test_opened_ten_thousand_times_and_never_closed_right() -> None:
    html = "<b>" * 10_000 + "x" + "</i>" * 10_000
    (part,) = from_matrix(FormattedText("", html))
    assert (part.text, len(part.entities)) == ("x", 1)


@pytest.mark.parametrize("name", ["div", "blockquote", "ul><li", "table><tr><td", "pre", "span"])
def test_ten_thousand_levels(name: str) -> None:
    html = f"<{name}>" * 10_000 + "deep" + f"</{name.replace('><', '></')}>" * 10_000
    assert "deep" in from_matrix(FormattedText("", html))[-1].text


@pytest.mark.parametrize(
    "html",
    [
        "&#" + "9" * 5000 + ";x",
        "&#x" + "f" * 5000 + ";x",
        "x\0\ud800&#0;&#xD800;",
        "<ol start=9e9999>x",
    ],
)
def test_broken_characters_and_numbers(html: str) -> None:
    (part, *_) = from_matrix(FormattedText("", html))
    part.text.encode()
    assert "x" in part.text
    assert "\0" not in part.text


def test_a_link_over_everything_costs_nothing() -> None:
    html = '<a href="https://x.example">' + "word " * 100_000 + "</a>"
    assert len(from_matrix(FormattedText("", html))) > 100
