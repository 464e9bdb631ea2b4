# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTML of Matrix clients sent as Telegram entities."""

from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.ids import RemoteUserID
from bridges.telegram.formatting import Links, TelegramText, from_matrix
from tests.telegram.formatting.samples import html_to_telegram, to_telegram

Bold, Italic, Code = tl.MessageEntityBold, tl.MessageEntityItalic, tl.MessageEntityCode
Quote, Pre, TextUrl = tl.MessageEntityBlockquote, tl.MessageEntityPre, tl.MessageEntityTextUrl

REPLY = (
    '<mx-reply><blockquote><a href="https://matrix.to/#/!r/$e">In reply to</a> '
    '<a href="https://matrix.to/#/@a:b">@a:b</a><br>old</blockquote></mx-reply>'
)
INLINE = [
    ("<b>a</b> <strong>b</strong>", "a b", [Bold(0, 1), Bold(2, 1)]),
    ("<i>a</i><em>b</em>", "ab", [Italic(0, 2)]),
    ("<u>a</u> <ins>b</ins>", "a b", [tl.MessageEntityUnderline(o, 1) for o in (0, 2)]),
    (
        "<s>a</s> <del>b</del> <strike>c</strike>",
        "a b c",
        [tl.MessageEntityStrike(offset, 1) for offset in (0, 2, 4)],
    ),
    ("say <code>x &lt; y</code>", "say x < y", [Code(4, 5)]),
    ("<code>a  b</code>", "a  b", [Code(0, 4)]),
    ("😀 <b>👨‍👩‍👧 x</b>", "😀 👨‍👩‍👧 x", [Bold(3, 10)]),
    ("<b>a<i>b</b>c</i>", "abc", [Bold(0, 2), Italic(1, 2)]),
    ("<b>a<i>b", "ab", [Bold(0, 2), Italic(1, 1)]),
    ("<b>x<code>y</code></b>", "xy", [Bold(0, 1), Code(1, 1)]),
    ("<span data-mx-spoiler>x</span>", "x", [tl.MessageEntitySpoiler(0, 1)]),
    (
        'the <span data-mx-spoiler="film end">butler</span>',
        "the (film end) butler",
        [tl.MessageEntitySpoiler(15, 6)],
    ),
    ('<font color="#ff0000" data-mx-color="#ff0000">red</font>', "red", []),
    ('<span data-mx-color="#ff0000">a<b>b</b></span>c', "abc", [Bold(1, 1)]),
    ("x<sup>2</sup> H<sub>2</sub>O", "x^2 H_2O", []),
    ('<img data-mx-emoticon alt=":wave:" src="mxc://a/b"> hi', ":wave: hi", []),
    ('hi <img src="mxc://a/b">', "hi 🖼", []),
    ('<img src="karvon:emoji/7" alt="😀">', "😀", []),
    (
        '<img data-mx-emoticon src="karvon:emoji/7" alt="😀">',
        "😀",
        [tl.MessageEntityCustomEmoji(0, 2, 7)],
    ),
    ('<img data-mx-emoticon src="karvon:emoji/x7" alt="😀">', "😀", []),
    ("a<!-- secret -->b<?x y?>c", "abc", []),
    ("1 < 2 &amp; 3 &gt; 2 &#x1F600; &unknown;", "1 < 2 & 3 > 2 😀 &unknown;", []),
    ("<unknown>a</unknown>", "a", []),
    ("a <b", "a <b", []),
]
BLOCK = [
    ("<p>a<br>b</p>\n<p>c\nd</p>\n", "a\nb\n\nc d", []),
    ("<div>a</div><div>b</div>", "a\nb", []),
    ("a<br/><br />b", "a\n\nb", []),
    (REPLY + "new", "new", []),
    ("<h2>Head</h2>\n<p>body</p>", "Head\n\nbody", [Bold(0, 4)]),
    ("a<hr>b", "a\n———\nb", []),
    ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n", "• a\n• b", []),
    (
        '<p>Do:</p><ol start="9"><li><p>nine</p></li><li>ten<ul><li>sub</li></ul></li></ol>end',
        "Do:\n\n9. nine\n10. ten\n    • sub\nend",
        [],
    ),
    ("<ul><li>a<li>b", "• a\n• b", []),
    (
        "<table><tr><th>Name</th><th>Age</th></tr>\n<tr>\n<td>Zarina</td>\n<td>30</td>\n</tr></table>",
        "Name | Age\nZarina | 30",
        [Bold(0, 4), Bold(7, 3)],
    ),
    (
        "<details><summary>More</summary><p>inside</p></details>",
        "More\n\ninside",
        [Bold(0, 4)],
    ),
    ("<dl><dt>term<dd>meaning</dl>", "term\nmeaning", [Bold(0, 4)]),
    (
        '<pre><code class="language-py">def f():\n    pass\n</code></pre>\nok',
        "def f():\n    pass\nok",
        [Pre(0, 17, "py")],
    ),
    ("a<pre>\nb  c\n</pre>", "a\nb  c", [Pre(2, 4, "")]),
    ("<pre>a<b>b</b></pre>", "ab", [Pre(0, 2, "")]),
    ("<blockquote>\n<p>q</p>\n</blockquote>\n<p>a</p>", "q\n\na", [Quote(0, 1)]),
    ("<blockquote data-karvon-collapsed>q</blockquote>", "q", [Quote(0, 1, collapsed=True)]),
    (
        "<blockquote>one<blockquote>two<br>three</blockquote>four</blockquote>five",
        "one\n> two\n> three\nfour\nfive",
        [Quote(0, 22)],
    ),
    (
        "<b>a<blockquote>b</blockquote>c</b>",
        "a\nb\nc",
        [Bold(0, 1), Quote(2, 1), Bold(2, 1), Bold(4, 1)],
    ),
    ("  <b> a </b>  ", "a", [Bold(0, 1)]),
    ("\n\n<p> </p><p>😀 <i>x</i>\n</p>", "😀 x", [Italic(3, 1)]),
]
LINKS = [
    ('<a href="https://example.org/">here</a>', "here", [TextUrl(0, 4, "https://example.org/")]),
    (
        '<a href="https://matrix.to/#/@zarina:example.org">Zarina</a>',
        "Zarina",
        [TextUrl(0, 6, "https://matrix.to/#/@zarina:example.org")],
    ),
    (
        '<a href="https://example.org">https://example.org</a>',
        "https://example.org",
        [tl.MessageEntityUrl(0, 19)],
    ),
    ('<a href="http://example.org">example.org</a>', "example.org", [tl.MessageEntityUrl(0, 11)]),
    ('<a href="https://t.me/Alice">@alice</a>', "@alice", [tl.MessageEntityMention(0, 6)]),
    ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example", [tl.MessageEntityEmail(0, 11)]),
    ('<a href="mailto:a@b.example">write</a> me', "write (a@b.example) me", []),
    ('<a href="ftp://b.example/x">file</a>', "file (ftp://b.example/x)", []),
    ('<a href="karvon:user/42">Ali</a>', "Ali", [tl.MessageEntityMentionName(0, 3, 42)]),
    ('<a href="karvon:user/c42">News</a>', "News", []),
    ('<a href="karvon:user/99999999999999999999">X</a>', "X", []),
    ('<a href="karvon:message/1/2">then</a>', "then", []),
    ('<a href="javascript:alert(1)">x</a>', "x", []),
    ('<a href="jav&#x09;ascript:alert(1)">x</a>', "x", []),
    ('<a href="/relative">x</a><a>y</a>', "xy", []),
    ('<a href="https://example.org">never closed', "never closed", []),
    (
        '<a href="https://a.example">a<a href="https://b.example">b</a></a>',
        "ab",
        [TextUrl(0, 1, "https://a.example"), TextUrl(1, 1, "https://b.example")],
    ),
]


@pytest.mark.parametrize(("html", "text", "entities"), INLINE + BLOCK + LINKS)
def test_html(html: str, text: str, entities: list[Any]) -> None:
    assert html_to_telegram(html) == TelegramText(text, tuple(entities))


def test_body_is_used_when_there_is_no_html_or_it_shows_nothing() -> None:
    assert to_telegram(FormattedText(" <b>*a*</b>\r\nb ")) == TelegramText("<b>*a*</b>\nb")
    hidden = FormattedText("body", "<mx-reply>x</mx-reply><script>x</script> <br>")
    assert to_telegram(hidden) == TelegramText("body")


def test_nothing_visible_gives_no_message() -> None:
    assert from_matrix(FormattedText(" \n", "<p></p>")) == []


def test_users_without_a_number_are_mentioned_by_username() -> None:
    links = Links(usernames={RemoteUserID("c7"): "news_demo", RemoteUserID("8"): "bob_demo"})
    html = (
        '😀 <a href="karvon:user/c7">N</a>, <b>dear <a href="karvon:user/8">Robert <i>Bob</i></a>!'
        '</b> <a href="karvon:user/9">Eve</a>'
    )
    assert to_telegram(FormattedText("", html), links) == TelegramText(
        "😀 @news_demo, dear @bob_demo! Eve",
        (
            tl.MessageEntityMention(3, 10),
            Bold(15, 15),
            tl.MessageEntityMention(20, 9),
            Italic(27, 2),
            tl.MessageEntityMentionName(31, 3, 9),
        ),
    )


def test_links_to_messages_become_telegram_links() -> None:
    links = Links(message_url=lambda chat, message: f"https://t.me/c/{chat}/{message}")
    shown = to_telegram(FormattedText("", '<a href="karvon:message/1/2">then</a>'), links)
    assert shown.entities == (TextUrl(0, 4, "https://t.me/c/1/2"),)


def test_custom_emoji_need_premium_and_are_never_halved() -> None:
    picture = '<b><img data-mx-emoticon src="karvon:emoji/7" alt="😀😀"></b>'
    (plain,) = from_matrix(FormattedText("", picture), custom_emoji=False)
    assert plain == TelegramText("😀😀", (Bold(0, 4),))
    halves = from_matrix(FormattedText("", picture), max_length=2)
    assert halves == [TelegramText("😀", (Bold(0, 2),))] * 2


def test_a_custom_emoji_in_a_renamed_mention_is_gone() -> None:
    picture = '<img data-mx-emoticon src="karvon:emoji/7" alt="😀">'
    links = Links(usernames={RemoteUserID("8"): "bob_demo"})
    text = to_telegram(FormattedText("", f'<a href="karvon:user/8">{picture}</a>{picture}'), links)
    assert text == TelegramText(
        "@bob_demo😀", (tl.MessageEntityMention(0, 9), tl.MessageEntityCustomEmoji(9, 2, 7))
    )
