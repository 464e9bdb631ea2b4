# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds for every text: nothing drifts, nothing is lost."""

import re
from html import escape

import pytest
from bs4 import BeautifulSoup
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridges.core.content import FormattedText
from bridges.core.formatting.utf16 import utf16_length
from bridges.core.ids import RemoteUserID
from bridges.whatsapp.formatting import Mentioned, from_matrix, to_matrix
from bridges.whatsapp.formatting.convert import MAX_TEXT

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
FLAG = "\U0001f1f9\U0001f1ef"
HEBREW = "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd"
ARABIC = "\u0633\u0644\u0627\u0645"
COMBINED = "e\u0301\u0323"
WORDS = ("x", "slovo", "\u04ef", "42", FAMILY, FLAG, HEBREW, ARABIC, COMBINED, "\u4f60\u597d")
MARKS = ("*", "_", "~", "`", "```", "**", "> ", "- ", "* ", "1. ", "@77", "https://x.org/_a_")
PEOPLE = {"77": Mentioned(RemoteUserID("lid-77"), "Zar*ina")}

_atoms = st.sampled_from([*WORDS, *MARKS, " ", "  ", "\n", "\n\n", ".", "<b>", "&amp;"])
plain_texts = st.lists(_atoms, max_size=24).map("".join)


@st.composite
def pages(draw: st.DrawFn, depth: int = 3) -> str:
    """Nested HTML as clients write it."""
    if depth == 0:
        text = draw(plain_texts)
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
    inner = [draw(pages(depth=depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    name = draw(
        st.sampled_from(
            ["", "b", "i", "del", "code", "pre", "blockquote", "p", "ul", "ol", "u", "mention"]
        )
    )
    content = "".join(inner)
    match name:
        case "":
            return content
        case "ul" | "ol":
            return f"<{name}>{''.join(f'<li>{one}</li>' for one in inner)}</{name}>"
        case "mention":
            return f'<a href="karvon:user/lid-77">@77</a>{content}'
    return f"<{name}>{content}</{name}>"


def _written(html: str) -> str:
    return "\n".join(one.text for one in from_matrix(FormattedText("", html)))


def _visible(text: str) -> str:
    return re.sub(r"[\s\u2060\u200b*_~`>.0-9-]", "", text)


@settings(max_examples=100, deadline=None)
@given(pages())
def test_markup_that_goes_to_matrix_and_back_stays_the_same(html: str) -> None:
    written = _written(html)
    shown = to_matrix(written, PEOPLE)
    assert "\n".join(one.text for one in from_matrix(shown)) == written


@settings(max_examples=100, deadline=None)
@given(plain_texts)
def test_what_somebody_wrote_in_whatsapp_looks_the_same_after_a_round(text: str) -> None:
    shown = to_matrix(text.strip(), PEOPLE)
    assume(_visible(text))
    again = to_matrix("\n".join(one.text for one in from_matrix(shown)), PEOPLE)
    assert _look(again) == _look(shown)


def _look(text: FormattedText) -> str:
    """The HTML without white space at the ends of lines, which nobody sees."""
    html = escape(text.body, quote=False).replace("\n", "<br>") if text.html is None else text.html
    html = re.sub(r"\s*<br>\s*", "<br>", html)
    html = re.sub(r"(<(?:blockquote|li)>)\s+", r"\1", html)
    html = re.sub(r"\s+(</?(?:pre|code|blockquote|li|ul|ol))", r"\1", html)
    return re.sub(r"^(?:<br>|\s)+|(?:<br>|\s)+$", "", html)


@settings(max_examples=100, deadline=None)
@given(plain_texts)
def test_a_plain_text_of_matrix_is_taken_literally(text: str) -> None:
    sent = "\n".join(one.text for one in from_matrix(FormattedText(text)))
    shown = to_matrix(sent)
    assert not re.search(r"<(?:strong|em|del|code|blockquote|pre)", shown.html or "")
    assert _visible(shown.body) == _visible(text)


@settings(max_examples=100, deadline=None)
@given(pages())
def test_no_word_is_lost(html: str) -> None:
    shown = BeautifulSoup(html, "html.parser").get_text()
    assert _visible(_written(html)) == _visible(shown.replace("@Zarina", "@77"))


@settings(max_examples=100, deadline=None)
@given(plain_texts, st.integers(32, 60))
def test_no_message_is_too_long(text: str, longest: int) -> None:
    for html in (None, f"<b>{text.replace('<', '&lt;')}</b>"):
        pieces = from_matrix(FormattedText(text, html), max_length=longest)
        assert all(0 < utf16_length(one.text) <= longest for one in pieces)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_characters_come_through(text: str) -> None:
    shown = to_matrix(text)
    from_matrix(shown)
    from_matrix(FormattedText(text, text))


@pytest.mark.parametrize(
    "piece", ["*a ", "_*~`", "```", "@77 ", "`a ", "> ", "- a\n", "https://a_ ", "*a_ "]
)
def test_long_hostile_texts_are_read(piece: str) -> None:
    """A reader that tries every pair of marks would not come to an end."""
    text = piece * (20_000 // len(piece))
    assert to_matrix(text, PEOPLE).body
    pieces = from_matrix(FormattedText(text))
    assert all(0 < utf16_length(one.text) <= MAX_TEXT for one in pieces)
