# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds for every text, every set of entities and every piece of HTML."""

from html.parser import HTMLParser
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridges.core.content import FormattedText
from bridges.telegram.formatting import from_matrix, to_matrix
from tests.telegram.formatting.samples import (
    SIMPLE,
    entities,
    html_to_telegram,
    simple_entities,
    texts,
    to_telegram,
)
from tests.telegram.formatting.wellformed import Sent, messages

_MANY = settings(max_examples=400, deadline=None)
_TAG_NAMES = (
    "b i u del code pre blockquote p br ul ol li table tr td th h1 hr a span details sup unknown"
)
_soup = st.lists(
    st.one_of(
        st.sampled_from([f"<{name}>" for name in _TAG_NAMES.split()]),
        st.sampled_from([f"</{name}>" for name in _TAG_NAMES.split()]),
        st.sampled_from(
            [
                '<a href="https://example.org">',
                '<a href="mailto:a@example.org">',
                '<a href="karvon:user/42">',
                '<code class="language-py">',
                "<span data-mx-spoiler>",
                '<span data-mx-spoiler="why">',
                '<img alt="an image">',
                '<img data-mx-emoticon src="karvon:emoji/1" alt="😀">',
                '<img data-mx-emoticon src="karvon:emoji/2" alt="so close">',
                "<blockquote data-karvon-collapsed>",
                "&lt;b&gt;",
                "&nbsp;",
            ]
        ),
        texts,
    ),
    max_size=20,
).map("".join)


@_MANY
@given(messages())
def test_what_telegram_sends_survives_html_exactly(sent: Sent) -> None:
    there = to_matrix(sent.text, sent.entities)
    back = to_telegram(there)
    assert back.text == sent.text
    assert [one.to_dict() for one in back.entities] == [one.to_dict() for one in sent.entities]
    assert to_matrix(back.text, back.entities) == there


@_MANY
@given(texts, entities)
def test_entities_survive_html_unchanged(text: str, found: list[Any]) -> None:
    once = to_telegram(to_matrix(text, found))
    assert to_telegram(to_matrix(once.text, once.entities)) == once


@_MANY
@example('<a href="https://example.org">x <span data-mx-spoiler>|</a> y</span>')
@given(_soup)
def test_html_survives_entities_unchanged(html: str) -> None:
    shown = html_to_telegram(html)
    once = to_matrix(shown.text, shown.entities)
    again = to_telegram(once)
    assert again == shown
    assert to_matrix(again.text, again.entities) == once


class _Oracle(HTMLParser):
    """Reads well-nested HTML only; knows for each character the tags around it."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.characters: list[tuple[str, frozenset[str]]] = []

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        if tag == "br":
            self.handle_data("\n")
        elif tag != "img":
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.characters += [(character, frozenset(self.stack)) for character in data]


@_MANY
@given(texts, simple_entities)
def test_html_is_well_nested_and_styles_the_same_characters(text: str, found: list[Any]) -> None:
    shown = to_matrix(text, found)
    assert shown.body == text
    if shown.html is None:
        return
    oracle = _Oracle()
    oracle.feed(shown.html)
    oracle.close()
    assert not oracle.stack
    assert "".join(character for character, _ in oracle.characters) == text
    tags = dict(zip(SIMPLE, ["strong", "em", "u", "del", "span"], strict=True))
    offset = 0
    for character, styles in oracle.characters:
        end = offset + len(character.encode("utf-16-le")) // 2
        expected = {
            tags[type(entity)]
            for entity in found
            if entity.length > 0 and entity.offset < end and entity.offset + entity.length > offset
        }
        if not character.isspace():
            assert styles == expected
        offset = end


@_MANY
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_html_becomes_text_that_can_be_sent(html: str, body: str) -> None:
    for part in from_matrix(FormattedText(body, html), max_length=7):
        part.text.encode()
        assert "\0" not in part.text


@_MANY
@given(_soup)
def test_all_words_of_the_html_arrive(html: str) -> None:
    words = html.replace("<", " <").replace(">", "> ")
    text = html_to_telegram(words).text
    oracle = _Oracle()
    oracle.handle_endtag = lambda tag: None  # type: ignore[method-assign]
    oracle.feed(words)
    oracle.close()
    visible = "".join(character for character, _ in oracle.characters)
    at = 0
    for word in visible.split():
        at = text.index(word, at) + len(word)


@_MANY
@given(texts, entities)
def test_entities_lie_within_the_text_and_cover_something(text: str, found: list[Any]) -> None:
    shown = to_telegram(to_matrix(text, found))
    units = shown.text.encode("utf-16-le")
    for entity in shown.entities:
        assert 0 <= entity.offset < entity.offset + entity.length <= len(units) // 2
        covered = units[entity.offset * 2 : (entity.offset + entity.length) * 2]
        assert covered.decode("utf-16-le").strip()
