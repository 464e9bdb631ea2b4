# SPDX-License-Identifier: AGPL-3.0-or-later
"""The formatted texts inside rich messages: Telegram's ``RichText`` trees."""

from collections.abc import Mapping
from html import escape
from typing import Any

from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import emoji_address, user_address
from bridges.core.formatting.compose import chained, html_of, plain, styled
from bridges.telegram import ids
from bridges.telegram.formatting.links import safe_address, web_address
from bridges.telegram.from_telegram.contacts import phone

DEEPEST = 16
"""How far texts may lie in texts; what is deeper is left out, as nobody writes so."""

NOTHING = FormattedText("")

_TAGS: Mapping[type, str] = {
    tl.TextBold: "strong",
    tl.TextItalic: "em",
    tl.TextUnderline: "u",
    tl.TextStrike: "del",
    tl.TextFixed: "code",
    tl.TextSubscript: "sub",
    tl.TextSuperscript: "sup",
    tl.TextMarked: "strong",
    tl.TextSpoiler: "span data-mx-spoiler",
}


def rich_text(rich: Any, depth: int = 0) -> FormattedText:
    """A ``RichText`` as Matrix shows it; of kinds that are not known, the text in them."""
    if depth > DEEPEST:
        return NOTHING
    match rich:
        case tl.TextPlain():
            return plain(rich.text)
        case tl.TextConcat():
            return chained(*(rich_text(one, depth + 1) for one in rich.texts))
        case tl.TextCustomEmoji():
            return _emoji(rich)
        case tl.TextMath():
            return styled(rich.source, "code")
    inside = getattr(rich, "text", None)
    text = NOTHING if inside is None else rich_text(inside, depth + 1)
    match rich:
        case tl.TextUrl():
            return _link(text, web_address(rich.url))
        case tl.TextEmail():
            return _link(text, safe_address(f"mailto:{rich.email}"))
        case tl.TextMentionName():
            return _link(text, user_address(ids.user_id(rich.user_id)))
        case tl.TextPhone() if not text.body:
            return plain(phone(rich.phone))
    tag = _TAGS.get(type(rich))
    return wrapped(text, tag) if tag else text


def wrapped(text: FormattedText, tag: str) -> FormattedText:
    """A text in an HTML element; ``tag`` may have attributes."""
    if not text.body:
        return NOTHING
    name = tag.partition(" ")[0]
    return FormattedText(text.body, f"<{tag}>{html_of(text)}</{name}>", text.mentions)


def _link(text: FormattedText, address: str | None) -> FormattedText:
    if address is None or not text.body:
        return text
    return FormattedText(
        text.body, f'<a href="{escape(address)}">{html_of(text)}</a>', text.mentions
    )


def _emoji(rich: Any) -> FormattedText:
    shown = plain(rich.alt).body
    source = escape(emoji_address(str(rich.document_id)))
    return FormattedText(shown, f'<img data-mx-emoticon src="{source}" alt="{escape(shown)}">')
