# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts and entities that are easy to get wrong, and shorthand for writing them."""

from hypothesis import strategies as st
from telethon.tl.types import (
    MessageEntityBlockquote,
    MessageEntityBold,
    MessageEntityBotCommand,
    MessageEntityCode,
    MessageEntityCustomEmoji,
    MessageEntityEmail,
    MessageEntityHashtag,
    MessageEntityItalic,
    MessageEntityMention,
    MessageEntityMentionName,
    MessageEntityPre,
    MessageEntitySpoiler,
    MessageEntityStrike,
    MessageEntityTextUrl,
    MessageEntityUnderline,
    MessageEntityUrl,
)

from bridges.core.content import FormattedText
from bridges.telegram.formatting import Links, TelegramText, from_matrix

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇹🇯"
THUMB = "👍🏽"
WALES = "🏴󠁧󠁢󠁷󠁬󠁳󠁿"
COMBINED = "е́"
KOREAN = "한"
HEBREW = "שלום"
CLUSTERS = (FAMILY, FLAG, THUMB, WALES, COMBINED, KOREAN, "😀", "x", "ӯ", HEBREW)
UNLIMITED = 10**9

SIMPLE = (
    MessageEntityBold,
    MessageEntityItalic,
    MessageEntityUnderline,
    MessageEntityStrike,
    MessageEntitySpoiler,
)

texts = st.lists(
    st.sampled_from(
        [*CLUSTERS, " ", "  ", "\n", "\n\n", "\t", "<b>", "&amp;", "@alice_demo", "example.org"]
    ),
    max_size=24,
).map("".join)

_offsets = st.integers(-2, 60)
_lengths = st.integers(-2, 40)
simple_entities = st.lists(
    st.builds(lambda make, *place: make(*place), st.sampled_from(SIMPLE), _offsets, _lengths),
    max_size=8,
)
entities = st.lists(
    st.one_of(
        st.builds(lambda make, *place: make(*place), st.sampled_from(SIMPLE), _offsets, _lengths),
        st.builds(MessageEntityCode, _offsets, _lengths),
        st.builds(MessageEntityPre, _offsets, _lengths, st.sampled_from(["", "python", 'a"b c'])),
        st.builds(MessageEntityBlockquote, _offsets, _lengths, st.sampled_from([None, True])),
        st.builds(
            MessageEntityTextUrl,
            _offsets,
            _lengths,
            st.sampled_from(
                ['https://example.org/?a=1&b="2"', "javascript:alert(1)", "mailto:a@example.org"]
            ),
        ),
        st.builds(MessageEntityMentionName, _offsets, _lengths, st.integers(1, 3)),
        st.builds(
            lambda make, *place: make(*place),
            st.sampled_from(
                [
                    MessageEntityUrl,
                    MessageEntityEmail,
                    MessageEntityMention,
                    MessageEntityHashtag,
                    MessageEntityBotCommand,
                ]
            ),
            _offsets,
            _lengths,
        ),
        st.builds(MessageEntityCustomEmoji, _offsets, _lengths, st.just(1)),
    ),
    max_size=8,
)


def to_telegram(formatted: FormattedText, links: Links | None = None) -> TelegramText:
    """Convert without a limit; an invisible message is an empty one."""
    parts = from_matrix(formatted, max_length=UNLIMITED, links=links or Links())
    return parts[0] if parts else TelegramText("")


def html_to_telegram(html: str) -> TelegramText:
    return to_telegram(FormattedText("", html))
