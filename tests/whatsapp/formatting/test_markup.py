# SPDX-License-Identifier: AGPL-3.0-or-later
"""Single texts in both directions, and what stays literal."""

import pytest

from bridges.core.content import FormattedText
from bridges.core.formatting.whatsapp.marks import GAP, JOINT
from bridges.core.ids import RemoteUserID
from bridges.whatsapp.formatting import Mentioned, WhatsAppText, from_matrix, to_matrix
from bridges.whatsapp.ids import Jid

ZARINA = RemoteUserID("lid-77")
PEOPLE = {"77": Mentioned(ZARINA, "Zarina")}
PILL = '<a href="karvon:user/lid-77">@Zarina</a>'

BOTH_WAYS = [
    ("*b*", "<strong>b</strong>"),
    ("_i_", "<em>i</em>"),
    ("~s~", "<del>s</del>"),
    ("`c`", "<code>c</code>"),
    ("```block```", "<pre><code>block</code></pre>"),
    ("```  one\ntwo```", "<pre><code>  one\ntwo</code></pre>"),
    ("```one\n  two```", "<pre><code>one\n  two</code></pre>"),
    ("> quote\n> *more*\nafter", "<blockquote>quote<br><strong>more</strong></blockquote>after"),
    ("- a\n- *b*", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
    ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
    ("7. a\n8. b", '<ol start="7"><li>a</li><li>b</li></ol>'),
    ("a\n\n- b\n\nc", "a<br><br><ul><li>b</li></ul><br>c"),
    ("*_~all~_*", "<strong><em><del>all</del></em></strong>"),
    ("(*b*), _i_!", "(<strong>b</strong>), <em>i</em>!"),
    ("*bold _both_ bold*", "<strong>bold <em>both</em> bold</strong>"),
    ("`*no*`", "<code>*no*</code>"),
    ("*https://x.org/_a_b*", "<strong>https://x.org/_a_b</strong>"),
    (f"*ich*{JOINT}bin", "<strong>ich</strong>bin"),
    ("*\u4f60\u597d*", "<strong>\u4f60\u597d</strong>"),
    ("*\u05e9\u05dc\u05d5\u05dd* x", "<strong>\u05e9\u05dc\u05d5\u05dd</strong> x"),
]


@pytest.mark.parametrize(("markup", "html"), BOTH_WAYS)
def test_both_ways(markup: str, html: str) -> None:
    assert to_matrix(markup).html == html
    assert [one.text for one in from_matrix(FormattedText("", html))] == [markup]


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4",
        "snake_case_name",
        "*not bold *",
        "a*b*c",
        "**twice**",
        "__init__",
        "~",
        "*",
        "``",
        "`` ``",
        "*a\nb*",
        "-no list",
        "1.no list",
        "3.14",
        ">no quote",
        "@77",
        "f(*args) = _",
    ],
)
def test_what_is_no_markup_stays_as_it_is(text: str) -> None:
    assert to_matrix(text) == FormattedText(text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("*x*", f"*{GAP}x*"),
        ("_x_ and ~y~", f"_{GAP}x_ and ~{GAP}y~"),
        ("> no quote", f"{JOINT}> no quote"),
        ("* no item", f"{JOINT}* no item"),
        ("snake_case and 2 * 3", "snake_case and 2 * 3"),
        ("https://x.org/_a_", "https://x.org/_a_"),
        ("- an item looks the same", "- an item looks the same"),
    ],
)
def test_a_plain_text_stays_literal(text: str, markup: str) -> None:
    assert [one.text for one in from_matrix(FormattedText(text))] == [markup]
    assert to_matrix(markup).body == text


@pytest.mark.parametrize(
    ("html", "markup"),
    [
        ('<a href="https://example.org/">example.org</a>', "example.org"),
        ('<a href="https://example.org">here</a>', "here (https://example.org)"),
        ('<a href="mailto:a@example.org">write</a>', "write (a@example.org)"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<u>under</u> <span data-mx-spoiler>hidden</span>", "under hidden"),
        ("<h1>Title</h1><p>text</p>", "*Title*\n\ntext"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a | b"),
        ("<blockquote><blockquote>deep</blockquote>less</blockquote>", "> > deep\n> less"),
        ("<blockquote><pre>a\nb</pre></blockquote>", "> `a`\n> `b`"),
        ("<b>a <i>b</b> c</i>", "*a _b_* _c_"),
        ("<b>one<br>two</b>", "*one*\n*two*"),
        ("<b> spaced </b>x", "*spaced* x"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n    - b"),
        ("<pre>``` x</pre>", f"```{JOINT}`{GAP}`{GAP}` x```"),
    ],
)
def test_what_whatsapp_cannot_show_can_be_read(html: str, markup: str) -> None:
    assert [one.text for one in from_matrix(FormattedText("", html))] == [markup]


def test_mentions() -> None:
    shown = to_matrix("*@77* @78", PEOPLE)
    assert shown.body == "@Zarina @78"
    assert shown.html == '<a href="karvon:user/lid-77"><strong>@Zarina</strong></a> @78'
    assert shown.mentions == {ZARINA}
    (sent,) = from_matrix(FormattedText("", f"{PILL}: hi", frozenset({ZARINA})))
    assert sent == WhatsAppText("@77: hi", (Jid("77", "lid"),))


def test_a_mention_next_to_digits_is_none() -> None:
    assert to_matrix("@775", PEOPLE) == FormattedText("@775")


def test_somebody_who_is_only_told_is_told() -> None:
    (sent,) = from_matrix(FormattedText("Zarina: hi", None, frozenset({ZARINA})))
    assert sent == WhatsAppText("Zarina: hi", (Jid("77", "lid"),))


def test_whoever_has_no_address_in_whatsapp_is_named() -> None:
    user = RemoteUserID("bsuid-x")
    html = '<a href="karvon:user/bsuid-x">Zarina</a>'
    (sent,) = from_matrix(FormattedText("", html, frozenset({user})))
    assert sent == WhatsAppText("Zarina")


def test_everybody() -> None:
    assert to_matrix("@all come", everyone=True).everyone
    (sent,) = from_matrix(FormattedText("@room come", everyone=True))
    assert sent == WhatsAppText("@all come", everyone=True)


def test_a_long_text_is_divided_between_words_and_keeps_its_marks() -> None:
    words = " ".join(["so'z"] * 200)
    pieces = [one.text for one in from_matrix(FormattedText("", f"<b>{words}</b>"), max_length=100)]
    assert all(piece.startswith("*so'z") and piece.endswith("so'z*") for piece in pieces)
    assert " ".join(piece.strip("*") for piece in pieces) == words
    with pytest.raises(ValueError, match="at least 32"):
        from_matrix(FormattedText("x"), max_length=31)
