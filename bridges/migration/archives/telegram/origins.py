# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands around a message's own words: where it comes from, what it answers, its buttons."""

from attrs import frozen

from bridges.core.content import FormattedText
from bridges.core.formatting.compose import linked, plain, quoted, stacked, styled
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.migration.archives.telegram.fields import Raw, integer, mapping, name, several, words
from bridges.migration.archives.telegram.peers import peer_of
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.texts import web_address

_MOST_BUTTONS = 40
_LEADING = frozenset({"url", "auth", "web_view", "simple_web_view"})
"""Kinds of buttons that open an address."""


@frozen
class Frame:
    """Lines above and below a message's words; ``forwarded``: the words are somebody else's."""

    above: FormattedText
    below: FormattedText
    forwarded: bool

    def around(self, text: FormattedText) -> FormattedText:
        """The words with everything around them."""
        if text.body and self.forwarded:
            text = quoted(text)
        return stacked(self.above, text, self.below)


def frame_of(message: Raw, around: Surroundings) -> Frame:
    """What stands around a message."""
    bot = name(message, "via_bot")
    author = name(message, "author")
    return Frame(
        above=stacked(
            *_origins(message, around),
            _elsewhere(message, around),
            styled(f"via {bot}", "em") if bot else None,
        ),
        below=stacked(_buttons(message), styled(f"— {author}", "em") if author else None),
        forwarded="forwarded_from" in message or "forwarded_from_id" in message,
    )


def answered(message: Raw, around: Surroundings, key: str = "reply_to_message_id") -> str | None:
    """The id of the message this one answers or tells of, None if there is none in this chat."""
    number = integer(message, key)
    return None if number is None or _other_chat(message, around) else str(number)


def _other_chat(message: Raw, around: Surroundings) -> bool:
    return peer_of(message.get("reply_to_peer_id")) not in (None, around.chat)


def _origins(message: Raw, around: Surroundings) -> list[FormattedText]:
    """Who wrote a forwarded message first, and from where it was saved."""
    lines = []
    if "forwarded_from" in message or "forwarded_from_id" in message:
        origin = name(message, "forwarded_from") or around.say(user_text("somebody"))
        lines.append(plain(around.say(user_text("Forwarded from {origin}:", origin=origin))))
    saved = name(message, "saved_from")
    if saved and saved != name(message, "forwarded_from"):
        lines.append(plain(around.say(user_text("Saved from {chat}", chat=saved))))
    return lines


def _elsewhere(message: Raw, around: Surroundings) -> FormattedText | None:
    if integer(message, "reply_to_message_id") is None or not _other_chat(message, around):
        return None
    return plain(around.say(user_text("In answer to a message in another chat:")))


def _buttons(message: Raw) -> FormattedText | None:
    """The buttons below a message of a bot: links, and what works in Telegram only."""
    rows = several(message, "inline_bot_buttons")[:_MOST_BUTTONS]
    buttons = [one for row in rows if isinstance(row, list) for one in row[:_MOST_BUTTONS]]
    return stacked(*(_button(mapping(one)) for one in buttons[:_MOST_BUTTONS]))


def _button(button: Raw) -> FormattedText | None:
    leads = name(button, "type") in _LEADING
    address = web_address(words(button, "data")) if leads else None
    label = clean_name(words(button, "text")) or address
    if label is None:
        return None
    if address is None:
        return plain(f"[{label}]")
    return FormattedText(f"[{label}] {address}", linked(f"[{label}]", address).html)
