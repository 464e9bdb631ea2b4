# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rich messages are readable whatever they are built of."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.formatting.tokens import End, Start, tokens
from tests.telegram.tl_samples import CHANNEL, html_of, said, text_of


def plain(text: str) -> Any:
    return tl.TextPlain(text)


def rich(*blocks: Any, **more: Any) -> tuple[str, str, Any]:
    """Body, HTML and part of a message with these blocks."""
    message = tl.RichMessage(list(blocks), more.pop("photos", []), [], **more)
    (part,) = said(peer=tl.PeerChannel(CHANNEL), rich_message=message)
    return text_of(part), html_of(part), part


def test_paragraphs_headings_and_styles() -> None:
    styled = tl.TextConcat(
        [
            plain("a "),
            tl.TextBold(tl.TextItalic(plain("b"))),
            tl.TextUrl(plain(" link"), "example.org/x", 0),
            tl.TextSpoiler(plain("secret")),
            tl.TextMentionName(plain("Boris"), 2),
        ]
    )
    body, html, _ = rich(tl.PageBlockTitle(plain("News")), tl.PageBlockParagraph(styled))
    assert body == "News\na b linksecretBoris"
    assert html == (
        "<strong>News</strong><br>a <strong><em>b</em></strong>"
        '<a href="http://example.org/x"> link</a>'
        "<span data-mx-spoiler>secret</span>"
        '<a href="karvon:user/2">Boris</a>'
    )


def test_lists_quotes_code_and_tables() -> None:
    body, html, _ = rich(
        tl.PageBlockList(
            [tl.PageListItemText(plain("tea")), tl.PageListItemText(plain("bread"), True, True)]
        ),
        tl.PageBlockOrderedList(
            [
                tl.PageListOrderedItemText(plain("one")),
                tl.PageListOrderedItemBlocks([tl.PageBlockParagraph(plain("two"))]),
            ]
        ),
        tl.PageBlockBlockquote(plain("wise"), plain("a sage")),
        tl.PageBlockPreformatted(plain("x < 1"), "py"),
        tl.PageBlockTable(
            plain("Prices"),
            [tl.PageTableRow([tl.PageTableCell(text=plain("plov")), tl.PageTableCell()])],
        ),
    )
    assert body.splitlines() == [
        "• tea",
        "☑ bread",
        "1. one",
        "2. two",
        "> wise",
        "> a sage",
        "x < 1",
        "Prices",
        "plov | ",
    ]
    assert "<blockquote>wise<br>a sage</blockquote>" in html
    assert '<pre><code class="language-py">x &lt; 1</code></pre>' in html


def test_what_is_missing_is_linked() -> None:
    link = "https://t.me/news_test/5"
    body, _, _ = rich(tl.PageBlockPhoto(9, tl.PageCaption(plain("sunset"), tl.TextEmpty())))
    assert body == "🖼\nsunset"
    body, _, _ = rich(tl.PageBlockParagraph(plain("begins")), part=True)
    assert body.splitlines()[-1] == link
    body, _, _ = rich(tl.PageBlockUnsupported())
    assert body.splitlines()[-1] == link


_texts = st.recursive(
    st.builds(tl.TextPlain, st.text(max_size=8)) | st.just(tl.TextEmpty()),
    lambda inner: (
        st.builds(tl.TextConcat, st.lists(inner, max_size=3))
        | st.builds(tl.TextBold, inner)
        | st.builds(tl.TextMarked, inner)
        | st.builds(tl.TextUrl, inner, st.text(max_size=20), st.just(0))
        | st.builds(tl.TextPhone, inner, st.text(max_size=5))
        | st.builds(tl.TextMentionName, inner, st.integers(1, 99))
        | st.builds(tl.TextCustomEmoji, st.integers(1, 2**62), st.text(max_size=3))
    ),
    max_leaves=8,
)
_blocks = st.recursive(
    st.builds(tl.PageBlockParagraph, _texts)
    | st.builds(tl.PageBlockHeading1, _texts)
    | st.builds(tl.PageBlockPreformatted, _texts, st.text(max_size=5))
    | st.builds(tl.PageBlockMath, st.text(max_size=5))
    | st.just(tl.PageBlockDivider()),
    lambda inner: (
        st.builds(tl.PageBlockBlockquoteBlocks, st.lists(inner, max_size=3), _texts)
        | st.builds(tl.PageBlockDetails, st.lists(inner, max_size=3), _texts)
        | st.builds(
            tl.PageBlockList,
            st.lists(st.builds(tl.PageListItemBlocks, st.lists(inner, max_size=2)), max_size=3),
        )
    ),
    max_leaves=8,
)


@given(st.lists(_blocks, max_size=4))
def test_any_article_is_well_formed(blocks: list[Any]) -> None:
    body, html, _ = rich(*blocks)
    assert body
    open_tags: list[str] = []
    for token in tokens(html):
        if isinstance(token, Start) and token.name not in ("br", "hr", "img"):
            open_tags.append(token.name)
        elif isinstance(token, End):
            assert open_tags.pop() == token.name
    assert open_tags == []


def test_endless_nesting_ends() -> None:
    text: Any = plain("deep")
    for _ in range(2000):
        text = tl.TextBold(text)
    block: Any = tl.PageBlockParagraph(text)
    for _ in range(2000):
        block = tl.PageBlockDetails([block], plain("more"))
    body, _, _ = rich(block)
    assert "deep" not in body
    assert len(body) < 1000
