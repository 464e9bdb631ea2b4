# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands around a message's own words: where it comes from, what it answers, its buttons."""

from typing import Any

from attrs import frozen
from telethon.tl.types import (
    InlineButtonTypeUrl,
    InlineButtonTypeUrlAuth,
    InlineButtonTypeWebView,
    MessageFwdHeader,
    MessageReplyHeader,
    MessageReplyStoryHeader,
    PeerChannel,
    PeerUser,
    ReplyInlineMarkup,
    ReplyKeyboardMarkup,
)

from bridges.core.content import FormattedText
from bridges.core.formatting.compose import (
    SLOT,
    inserted,
    linked,
    plain,
    quoted,
    stacked,
    styled,
)
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.telegram.formatting import to_matrix
from bridges.telegram.formatting.links import safe_address
from bridges.telegram.from_telegram.naming import named
from bridges.telegram.from_telegram.surroundings import Surroundings

_MOST_BUTTONS = 40


@frozen
class Frame:
    """What is said about a message beside its words.

    Attributes:
        above: lines before the words.
        below: lines behind them.
        forwarded: the words are somebody else's.
    """

    above: FormattedText | None = None
    below: FormattedText | None = None
    forwarded: bool = False

    def __bool__(self) -> bool:
        return self.above is not None or self.below is not None

    def around(self, words: FormattedText | None) -> FormattedText:
        """The words with everything around them."""
        if words is not None and words.body and self.forwarded:
            words = quoted(words)
        return stacked(self.above, words, self.below)


def frame_of(message: Any, around: Surroundings) -> Frame:
    """What stands around a ``Message``."""
    forward = message.fwd_from
    above = stacked(
        None if forward is None else _forwarded(forward, around),
        _answered(message, around),
        _via_bot(message, around),
    )
    below = stacked(_buttons(message.reply_markup), _signature(message))
    return Frame(
        above if above.body else None, below if below.body else None, forwarded=forward is not None
    )


def _forwarded(header: MessageFwdHeader, around: Surroundings) -> FormattedText:
    """Who wrote a forwarded message first (https://core.telegram.org/api/forwarding)."""
    line = inserted(
        around.say(user_text("Forwarded from {origin}:", origin=SLOT)), _origin(header, around)
    )
    saved = header.saved_from_peer
    if saved is None or saved == header.from_id:
        return line
    kept = named(saved, around, header.saved_from_msg_id)
    return stacked(line, inserted(around.say(user_text("Saved from {chat}", chat=SLOT)), kept))


def _origin(header: MessageFwdHeader, around: Surroundings) -> FormattedText:
    if header.from_id is None:
        return plain(clean_name(header.from_name) or around.say(user_text("somebody")))
    origin = named(header.from_id, around, header.channel_post)
    author = clean_name(header.post_author)
    return inserted(f"{SLOT} ({author})", origin) if author else origin


def _answered(message: Any, around: Surroundings) -> FormattedText | None:
    """What a message answers, as far as a reply of Matrix cannot say it."""
    match message.reply_to:
        case MessageReplyStoryHeader() as story:
            return _story(story, around)
        case MessageReplyHeader() as header:
            quote = _quote(header)
            elsewhere = _elsewhere(header, message, around)
            found = stacked(elsewhere, quote)
            return found if found.body else None
    return None


def _quote(header: MessageReplyHeader) -> FormattedText | None:
    if not header.quote_text:
        return None
    return quoted(to_matrix(header.quote_text, header.quote_entities or ()))


def _elsewhere(
    header: MessageReplyHeader, message: Any, around: Surroundings
) -> FormattedText | None:
    """Where the answered message is, if it is in another chat."""
    if header.reply_to_peer_id in (None, message.peer_id) and header.reply_from is None:
        return None
    origin = None
    if header.reply_to_peer_id is not None:
        origin = named(header.reply_to_peer_id, around, header.reply_to_msg_id)
    elif header.reply_from is not None:
        origin = _origin(header.reply_from, around)
    if origin is None:
        return None
    return inserted(around.say(user_text("In answer to {origin}:", origin=SLOT)), origin)


def _story(header: MessageReplyStoryHeader, around: Surroundings) -> FormattedText:
    line = around.say(user_text("In answer to a story of {person}", person=SLOT))
    return stacked(inserted(line, named(header.peer, around)), story_link(header, around))


def story_link(story: Any, around: Surroundings) -> FormattedText | None:
    """The t.me link of a story; whoever has no username has none."""
    username = around.username(story.peer)
    number = getattr(story, "story_id", None) or getattr(story, "id", None)
    if username is None:
        return None
    address = f"https://t.me/{username}/s/{number}"
    return linked(address, address)


def _via_bot(message: Any, around: Surroundings) -> FormattedText | None:
    if not message.via_bot_id:
        return None
    username = around.username(PeerUser(message.via_bot_id))
    return None if username is None else styled(f"via @{username}", "em")


def _signature(message: Any) -> FormattedText | None:
    """Who of a channel's administrators wrote a post, where the channel shows it."""
    author = clean_name(message.post_author)
    if not author or not isinstance(message.peer_id, PeerChannel):
        return None
    return styled(f"— {author}", "em")


def _buttons(markup: Any) -> FormattedText | None:
    """The buttons below a message: links, what one may answer, and what works in Telegram only."""
    if not isinstance(markup, ReplyInlineMarkup | ReplyKeyboardMarkup):
        return None
    buttons = [button for row in markup.rows for button in row.buttons][:_MOST_BUTTONS]
    return stacked(*(_button(button) for button in buttons))


def _button(button: Any) -> FormattedText | None:
    kinds = (InlineButtonTypeUrl, InlineButtonTypeUrlAuth, InlineButtonTypeWebView)
    address = safe_address(button.type.url) if isinstance(button.type, kinds) else None
    label = clean_name(button.text) or address
    if label is None:
        return None
    if address is None:
        return plain(f"[{label}]")
    shown = linked(f"[{label}]", address)
    return FormattedText(f"[{label}] {address}", shown.html)
