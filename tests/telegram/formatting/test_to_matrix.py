# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram entities shown as Matrix HTML."""

from collections.abc import Sequence
from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.formatting.utf16 import utf16_length
from bridges.core.ids import ChatID, MessageID, RemoteUserID
from bridges.telegram.formatting import Links, to_matrix
from tests.telegram.formatting.samples import COMBINED, FAMILY, FLAG, HEBREW

Bold, Italic = tl.MessageEntityBold, tl.MessageEntityItalic
Custom, Pre = tl.MessageEntityCustomEmoji, tl.MessageEntityPre

KINDS = [
    (Bold(0, 4), "<strong>text</strong> here"),
    (Italic(0, 4), "<em>text</em> here"),
    (tl.MessageEntityUnderline(0, 4), "<u>text</u> here"),
    (tl.MessageEntityStrike(0, 4), "<del>text</del> here"),
    (tl.MessageEntitySpoiler(0, 4), "<span data-mx-spoiler>text</span> here"),
    (tl.MessageEntityCode(0, 4), "<code>text</code> here"),
    (tl.MessageEntityPre(0, 9, ""), "<pre><code>text here</code></pre>"),
    (
        tl.MessageEntityPre(0, 9, "python"),
        '<pre><code class="language-python">text here</code></pre>',
    ),
    (tl.MessageEntityBlockquote(0, 9), "<blockquote>text here</blockquote>"),
    (
        tl.MessageEntityBlockquote(0, 9, collapsed=True),
        "<blockquote data-karvon-collapsed>text here</blockquote>",
    ),
    (
        tl.MessageEntityTextUrl(0, 4, 'https://example.org/?a=1&b="'),
        '<a href="https://example.org/?a=1&amp;b=&quot;">text</a> here',
    ),
    (
        tl.MessageEntityTextUrl(0, 4, "example.org:8080/x"),
        '<a href="http://example.org:8080/x">text</a> here',
    ),
    (tl.MessageEntityMentionName(0, 4, 42), '<a href="karvon:user/42">text</a> here'),
]


@pytest.mark.parametrize(("entity", "html"), KINDS, ids=lambda value: type(value).__name__)
def test_each_kind(entity: Any, html: str) -> None:
    assert to_matrix("text here", [entity]).html == html


@pytest.mark.parametrize(
    ("text", "entity", "html"),
    [
        (
            "https://example.org/a",
            tl.MessageEntityUrl(0, 21),
            '<a href="https://example.org/a">https://example.org/a</a>',
        ),
        (
            "example.org",
            tl.MessageEntityUrl(0, 11),
            '<a href="http://example.org">example.org</a>',
        ),
        (
            "me@example.org",
            tl.MessageEntityEmail(0, 14),
            '<a href="mailto:me@example.org">me@example.org</a>',
        ),
        ("@alice", tl.MessageEntityMention(0, 6), '<a href="https://t.me/alice">@alice</a>'),
    ],
)
def test_addresses_in_the_text_are_links(text: str, entity: Any, html: str) -> None:
    assert to_matrix(text, [entity]).html == html


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("#tag", tl.MessageEntityHashtag(0, 4)),
        ("$TJS", tl.MessageEntityCashtag(0, 4)),
        ("/start", tl.MessageEntityBotCommand(0, 6)),
        ("+992 00 000 0000", tl.MessageEntityPhone(0, 16)),
        ("5555 5555 5555 4444", tl.MessageEntityBankCard(0, 19)),
        ("text", tl.MessageEntityUnknown(0, 4)),
        ("nothing", tl.MessageEntityMention(0, 7)),
    ],
)
def test_what_needs_no_formatting_is_plain_text(text: str, entity: Any) -> None:
    assert to_matrix(text, [entity]) == FormattedText(text)


@pytest.mark.parametrize("before", [FAMILY, FLAG, COMBINED, HEBREW, "😀", "a\n\n", ""])
def test_offsets_are_utf16(before: str) -> None:
    shown = to_matrix(f"{before} bold 😀", [Bold(utf16_length(before) + 1, 7)]).html
    assert shown == f"{before} <strong>bold 😀</strong>".replace("\n", "<br>")


@pytest.mark.parametrize(
    ("entities", "html"),
    [
        ([Bold(0, 6), Italic(2, 2)], "<strong>ab<em>cd</em>ef</strong>ghi"),
        ([Italic(0, 6), Bold(0, 6)], "<strong><em>abcdef</em></strong>ghi"),
        ([Bold(0, 5), Italic(3, 5)], "<strong>abc<em>de</em></strong><em>fgh</em>i"),
        ([Bold(0, 3), Bold(2, 4)], "<strong>abcdef</strong>ghi"),
        (
            [Bold(0, 5), tl.MessageEntityTextUrl(3, 5, "https://a.example")],
            '<strong>abc</strong><a href="https://a.example"><strong>de</strong>fgh</a>i',
        ),
        (
            [Bold(0, 9), tl.MessageEntityTextUrl(3, 3, "https://a.example")],
            '<strong>abc<a href="https://a.example">def</a>ghi</strong>',
        ),
        (
            [
                tl.MessageEntityTextUrl(0, 5, "https://a.example"),
                tl.MessageEntityTextUrl(3, 5, "https://b.example"),
            ],
            '<a href="https://a.example">abcde</a><a href="https://b.example">fgh</a>i',
        ),
        (
            [Bold(0, 9), tl.MessageEntityCode(3, 3)],
            "<strong>abc</strong><code>def</code><strong>ghi</strong>",
        ),
    ],
)
def test_overlapping_entities_become_well_nested(entities: Sequence[Any], html: str) -> None:
    assert to_matrix("abcdefghi", entities).html == html


@pytest.mark.parametrize(
    "entity",
    [Bold(-5, 3), Bold(9, 4), Bold(0, 0), Bold(2, -1), Bold(2**40, 2**40), Bold(4, 1)],
)
def test_entities_that_cover_nothing_are_ignored(entity: Any) -> None:
    assert to_matrix("text here", [entity]) == FormattedText("text here")


@pytest.mark.parametrize(
    ("entity", "html"),
    [
        (Bold(-2, 4), "<strong>😀</strong>x"),
        (Bold(1, 2**33), "<strong>😀x</strong>"),
        (Bold(0, 1), "<strong>😀</strong>x"),
    ],
)
def test_entities_that_stick_out_or_cut_a_character_are_fitted(entity: Any, html: str) -> None:
    assert to_matrix("😀x", [entity]).html == html


def test_markup_in_text_appears_literally() -> None:
    text = '<script>alert(1)</script> & "x"'
    assert to_matrix(text, []) == FormattedText(text)
    assert to_matrix(text, [Bold(0, 25)]).html == (
        '<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong> &amp; "x"'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " java\nscript:alert(1)",
        "JAVASCRIPT://x",
        "data:text/html,x",
        "vbscript:x",
        "karvon:user/1",
        "file:///etc/passwd",
        "",
    ],
)
def test_unsafe_addresses_are_no_links(url: str) -> None:
    shown = to_matrix("click", [tl.MessageEntityTextUrl(0, 5, url)])
    assert shown == FormattedText("click")


def test_blocks_stand_for_the_line_breaks_beside_them() -> None:
    quote = [tl.MessageEntityBlockquote(2, 1)]
    assert to_matrix("a\nq\nb", quote).html == "a<blockquote>q</blockquote>b"
    apart = to_matrix("a\n\nq\n\nb", [tl.MessageEntityBlockquote(3, 1)]).html
    assert apart == "a<br><br><blockquote>q</blockquote><br>b"


def test_mentions_are_collected() -> None:
    links = Links(user_ids={"bob_demo": RemoteUserID("c77")})
    shown = to_matrix(
        "Alice @Bob_Demo @carol",
        [
            tl.MessageEntityMentionName(0, 5, 42),
            tl.MessageEntityMention(6, 9),
            tl.MessageEntityMention(16, 6),
        ],
        links=links,
    )
    assert shown.mentions == {"42", "c77"}
    assert shown.html == (
        '<a href="karvon:user/42">Alice</a> <a href="karvon:user/c77">@Bob_Demo</a> '
        '<a href="https://t.me/carol">@carol</a>'
    )


def test_links_to_known_messages_are_neutral() -> None:
    links = Links(message_of_url=lambda _url: (ChatID("c/1"), MessageID("5")))
    shown = to_matrix("see", [tl.MessageEntityTextUrl(0, 3, "https://t.me/c/1/5")], links=links)
    assert shown.html == '<a href="karvon:message/c%2F1/5">see</a>'


def test_what_json_and_databases_refuse_is_replaced_without_shifting() -> None:
    shown = to_matrix("\ud83d \0 \ud83d\ude00 bold", [Bold(7, 4)])
    assert shown == FormattedText("\ufffd \ufffd 😀 bold", "\ufffd \ufffd 😀 <strong>bold</strong>")


EMOTICON = '<img data-mx-emoticon src="karvon:emoji/{}" alt="{}" title="{}" height="32">'


@pytest.mark.parametrize(
    ("text", "entities", "html"),
    [
        ("😀", [Custom(0, 2, -7)], EMOTICON.format(-7, "😀", "😀")),
        ("a😀b", [Custom(1, 2, 5)], f"a{EMOTICON.format(5, '😀', '😀')}b"),
        (
            "😀😀",
            [Custom(0, 2, 5), Custom(2, 2, 5)],
            EMOTICON.format(5, "😀", "😀") * 2,
        ),
        ("😀", [Bold(0, 2), Custom(0, 2, 5)], f"<strong>{EMOTICON.format(5, '😀', '😀')}</strong>"),
        ("x😀", [Pre(0, 3, ""), Custom(1, 2, 5)], "<pre><code>x😀</code></pre>"),
        ("x😀", [tl.MessageEntityCode(0, 3), Custom(1, 2, 5)], "<code>x😀</code>"),
        ("😀😀", [Bold(0, 2), Custom(0, 4, 5)], "<strong>😀</strong>😀"),
        ("😀 😀", [Custom(0, 5, 5)], None),
    ],
    ids=["alone", "inside", "twice", "bold", "in a block", "in code", "half bold", "with space"],
)
def test_custom_emoji(text: str, entities: list[Any], html: str | None) -> None:
    assert to_matrix(text, entities) == FormattedText(text, html)
