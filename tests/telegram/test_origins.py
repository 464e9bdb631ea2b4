# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwards, quotes, replies across chats, bots and buttons are told with the message."""

from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.content import Location, RemoteMedia, Text, TextKind
from tests.telegram.tl_samples import (
    BORIS,
    BOT,
    CHANNEL,
    GEO,
    NOW,
    VERA,
    document,
    html_of,
    photo,
    said,
    text_of,
)

STRANGER = 77


def forward(**more: Any) -> tl.MessageFwdHeader:
    return tl.MessageFwdHeader(NOW, **more)


@pytest.mark.parametrize(
    ("header", "line", "address"),
    [
        (forward(from_id=tl.PeerUser(BORIS)), "Boris Made-Up:", "karvon:user/2"),
        (forward(from_id=tl.PeerUser(STRANGER)), "somebody:", "karvon:user/77"),
        (forward(from_name="Hidden Person"), "Hidden Person:", None),
        (forward(), "somebody:", None),
        (
            forward(from_id=tl.PeerChannel(CHANNEL), channel_post=8),
            "News:",
            "https://t.me/news_test/8",
        ),
        (
            forward(from_id=tl.PeerChannel(CHANNEL), channel_post=8, post_author="Nodira"),
            "News (Nodira):",
            "https://t.me/news_test/8",
        ),
        (
            forward(from_id=tl.PeerChannel(55), channel_post=8),
            "a chat:",
            "https://t.me/c/55/8",
        ),
    ],
)
def test_forwards_name_their_origin(header: Any, line: str, address: str | None) -> None:
    (part,) = said(message="first\nsecond", fwd_from=header)
    assert text_of(part) == f"Forwarded from {line}\n> first\n> second"
    assert html_of(part).endswith("<blockquote>first<br>second</blockquote>")
    assert (f'href="{address}"' in html_of(part)) == (address is not None)


def test_a_name_from_the_address_book_is_not_told_to_others() -> None:
    (part,) = said(message="hi", fwd_from=forward(from_id=tl.PeerUser(VERA)))
    assert "Vera" not in text_of(part) + html_of(part)
    assert "karvon:user/3" in html_of(part)


def test_a_saved_message_says_where_it_was_saved_from() -> None:
    header = forward(
        from_id=tl.PeerUser(BORIS), saved_from_peer=tl.PeerChannel(CHANNEL), saved_from_msg_id=9
    )
    (part,) = said(message="x", fwd_from=header)
    assert text_of(part) == "Forwarded from Boris Made-Up:\nSaved from News\n> x"
    assert "https://t.me/news_test/9" in html_of(part)


def test_a_post_in_its_discussion_names_its_channel_once() -> None:
    header = forward(
        from_id=tl.PeerChannel(CHANNEL),
        channel_post=8,
        saved_from_peer=tl.PeerChannel(CHANNEL),
        saved_from_msg_id=8,
    )
    (part,) = said(message="x", fwd_from=header)
    assert text_of(part) == "Forwarded from News:\n> x"


def test_a_forwarded_file_has_the_origin_in_its_caption() -> None:
    (part,) = said(tl.MessageMediaPhoto(photo=photo()), fwd_from=forward(from_name="Hidden Person"))
    assert isinstance(part, RemoteMedia)
    assert text_of(part) == "Forwarded from Hidden Person:"


@pytest.mark.parametrize(
    "media",
    [
        tl.MessageMediaGeo(GEO),
        tl.MessageMediaDocument(
            document=document(
                "image/webp", tl.DocumentAttributeSticker("🐫", tl.InputStickerSetEmpty())
            )
        ),
    ],
)
def test_what_has_no_words_gets_a_line_before_it(media: Any) -> None:
    line, part = said(media, fwd_from=forward(from_name="Hidden Person"))
    assert isinstance(line, Text)
    assert line.kind is TextKind.NOTICE
    assert text_of(line) == "Forwarded from Hidden Person:"
    assert isinstance(part, Location | RemoteMedia)


def test_what_was_quoted_stands_before_the_answer() -> None:
    header = tl.MessageReplyHeader(
        reply_to_msg_id=3,
        quote=True,
        quote_text="the bold part",
        quote_entities=[tl.MessageEntityBold(4, 4)],
        quote_offset=7,
    )
    (part,) = said(message="yes", reply_to=header)
    assert text_of(part) == "> the bold part\nyes"
    assert html_of(part) == "<blockquote>the <strong>bold</strong> part</blockquote>yes"


def test_a_plain_answer_stays_plain() -> None:
    (part,) = said(message="yes", reply_to=tl.MessageReplyHeader(reply_to_msg_id=3))
    assert (text_of(part), html_of(part)) == ("yes", "")


def test_an_answer_to_another_chat_says_which() -> None:
    header = tl.MessageReplyHeader(
        reply_to_msg_id=8,
        reply_to_peer_id=tl.PeerChannel(CHANNEL),
        reply_from=forward(from_id=tl.PeerChannel(CHANNEL), channel_post=8),
        quote_text="news",
    )
    (part,) = said(message="no", reply_to=header)
    assert text_of(part) == "In answer to News:\n> news\nno"
    assert "https://t.me/news_test/8" in html_of(part)
    hidden = tl.MessageReplyHeader(reply_from=forward(from_name="Hidden Person"))
    (part,) = said(message="no", reply_to=hidden)
    assert text_of(part) == "In answer to Hidden Person:\nno"


def test_an_answer_to_a_story_leads_to_it() -> None:
    (part,) = said(message="wow", reply_to=tl.MessageReplyStoryHeader(tl.PeerUser(BORIS), 3))
    assert text_of(part).splitlines() == [
        "In answer to a story of Boris Made-Up",
        "https://t.me/boris_test/s/3",
        "wow",
    ]


def test_the_bot_behind_a_message_is_named() -> None:
    (part,) = said(message="x", via_bot_id=BOT)
    assert text_of(part) == "via @camel_bot\nx"


def test_only_channels_show_who_of_them_has_written() -> None:
    (part,) = said(message="x", peer=tl.PeerChannel(CHANNEL), post=True, post_author="Nodira")
    assert text_of(part) == "x\n— Nodira"
    (part,) = said(message="x", post_author="Nodira")
    assert text_of(part) == "x"


def test_buttons_are_told_and_those_that_lead_somewhere_are_links() -> None:
    def button(text: str, kind: Any) -> Any:
        return tl.KeyboardInlineButton(text, kind)

    rows = [
        [
            button("Shop", tl.InlineButtonTypeUrl("https://shop.example/a?b=c")),
            button("Vote", tl.InlineButtonTypeCallback(b"1")),
        ],
        [
            button("App", tl.InlineButtonTypeWebView("https://app.example")),
            button("Trap", tl.InlineButtonTypeUrl("javascript:alert(1)")),
        ],
    ]
    markup = tl.ReplyInlineMarkup([tl.KeyboardInlineButtonRow(row) for row in rows])
    (part,) = said(message="choose", reply_markup=markup)
    assert text_of(part).splitlines() == [
        "choose",
        "[Shop] https://shop.example/a?b=c",
        "[Vote]",
        "[App] https://app.example",
        "[Trap]",
    ]
    assert '<a href="https://shop.example/a?b=c">[Shop]</a>' in html_of(part)


def test_the_answers_a_bot_offers_are_told() -> None:
    rows = [[tl.KeyboardButton(text, tl.ButtonTypeDefault())] for text in ("Yes", "No")]
    markup = tl.ReplyKeyboardMarkup([tl.KeyboardButtonRow(row) for row in rows])
    (part,) = said(message="tea?", reply_markup=markup)
    assert text_of(part).splitlines() == ["tea?", "[Yes]", "[No]"]


def test_markup_in_names_is_text() -> None:
    (part,) = said(message="x", fwd_from=forward(from_id=None, from_name="<b>Bad</b>"))
    assert "&lt;b&gt;Bad&lt;/b&gt;" in html_of(part)
