# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Matrix has no event for, as readable text: dice, games, invoices, stories, lists and so on."""

from collections.abc import Callable, Mapping
from typing import Any

from babel.numbers import format_currency, get_currency_precision
from telethon.tl.types import (
    MessageMediaDice,
    MessageMediaGame,
    MessageMediaGiveaway,
    MessageMediaGiveawayResults,
    MessageMediaInvoice,
    MessageMediaPaidMedia,
    MessageMediaPhoto,
    MessageMediaStory,
    MessageMediaToDo,
    MessageMediaVideoStream,
    PeerChannel,
    PeerUser,
)

from bridges.core.content import FormattedText, TextKind
from bridges.core.formatting.compose import (
    SLOT,
    chained,
    inserted,
    linked,
    plain,
    stacked,
    styled,
)
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.telegram.formatting import to_matrix
from bridges.telegram.from_telegram.naming import named
from bridges.telegram.from_telegram.origins import story_link
from bridges.telegram.from_telegram.surroundings import Surroundings, link_to

Card = Callable[[Any, Any, Surroundings], FormattedText]

_SLOT_MACHINE = "🎰"
_REELS = ("BAR", "🍇", "🍋", "7️⃣")
_STARS = "XTR"
_ENGLISH = "en"


def card(media: Any, message: Any, around: Surroundings) -> FormattedText:
    """A media as text, with the link under which it can be seen in Telegram."""
    make = _CARDS.get(type(media))
    text = make(media, message, around) if make else plain(around.say(_UNKNOWN))
    if isinstance(media, _COMPLETE):
        return text
    return stacked(text, in_telegram(message, around))


def card_kind(media: Any) -> TextKind:
    """Whether the text is what somebody said, or only that there is something."""
    return TextKind.TEXT if isinstance(media, _COMPLETE) else TextKind.NOTICE


def in_telegram(message: Any, around: Surroundings) -> FormattedText | None:
    """The t.me link of a message as a text; in direct chats and basic groups there is none."""
    link = link_to(message, around)
    return None if link is None else linked(link, link)


def disappearing(media: Any, around: Surroundings) -> FormattedText:
    """What is said of a photo, video or voice message that may be looked at only once or for a while."""
    if isinstance(media, MessageMediaPhoto):
        return plain(around.say(user_text("A photo that disappears. See it in Telegram.")))
    if media.voice:
        line = user_text("A voice message that disappears. Listen to it in Telegram.")
        return plain(around.say(line))
    return plain(around.say(user_text("A video that disappears. See it in Telegram.")))


def no_longer_there(media: Any, around: Surroundings) -> FormattedText:
    """What is said of a file that Telegram names and does not have."""
    if isinstance(media, MessageMediaPhoto):
        return plain(around.say(user_text("A photo that is not available any more")))
    return plain(around.say(user_text("A file that is not available any more")))


def _dice(media: MessageMediaDice, _message: Any, _around: Surroundings) -> FormattedText:
    """The emoji and its value; a slot machine shows its three reels, each two bits of the value."""
    if media.emoticon == _SLOT_MACHINE and 1 <= media.value <= len(_REELS) ** 3:
        shown = [_REELS[(media.value - 1) >> (2 * reel) & 3] for reel in range(3)]
        return plain(f"{media.emoticon} {' '.join(shown)}")
    return plain(f"{clean_name(media.emoticon)} {media.value}")


def _game(media: MessageMediaGame, message: Any, around: Surroundings) -> FormattedText:
    game = media.game
    bot = message.via_bot_id or getattr(message.from_id, "user_id", None)
    bot = bot or getattr(message.peer_id, "user_id", None)
    username = None if bot is None else around.username(PeerUser(bot))
    link = None
    if username is not None:
        address = f"https://t.me/{username}?game={clean_name(game.short_name)}"
        link = linked(address, address)
    return stacked(
        styled(f"🎮 {clean_name(game.title)}", "strong"),
        plain(game.description),
        plain(around.say(user_text("Open Telegram to play it."))),
        link,
    )


def _invoice(media: MessageMediaInvoice, _message: Any, around: Surroundings) -> FormattedText:
    amount = money(media.total_amount, media.currency)
    wanted = user_text("{amount}, to be paid in Telegram", amount=amount)
    if media.receipt_msg_id:
        wanted = user_text("{amount}, paid", amount=amount)
    return stacked(
        styled(f"🧾 {clean_name(media.title)}", "strong"),
        plain(media.description),
        plain(around.say(wanted)),
    )


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit of a currency, as people write it.

    >>> money(1250, "USD")
    '$12.50'
    """
    if currency == _STARS:
        return f"{amount} ⭐"
    code = clean_name(currency)
    return str(format_currency(amount / 10 ** get_currency_precision(code), code, locale=_ENGLISH))


def _story(media: MessageMediaStory, _message: Any, around: Surroundings) -> FormattedText:
    line = around.say(user_text("A story of {person}. See it in Telegram.", person=SLOT))
    return stacked(inserted(line, named(media.peer, around)), story_link(media, around))


def _giveaway(media: MessageMediaGiveaway, _message: Any, around: Surroundings) -> FormattedText:
    lines = [
        around.say(user_text("🎁 A giveaway with {count} prizes", count=media.quantity)),
        media.prize_description or "",
        _prize(media, around),
        around.say(user_text("Until {date}", date=f"{media.until_date:%Y-%m-%d}"))
        if media.until_date
        else "",
    ]
    places = [named(PeerChannel(channel), around) for channel in media.channels[:10]]
    return stacked(*map(plain, lines), *places)


def _results(
    media: MessageMediaGiveawayResults, _message: Any, around: Surroundings
) -> FormattedText:
    line = user_text("🏆 The giveaway is over: {count} winners", count=media.winners_count)
    winners = [named(PeerUser(user), around) for user in media.winners[:10]]
    return stacked(
        plain(around.say(line)),
        plain(media.prize_description or ""),
        plain(_prize(media, around)),
        *winners,
    )


def _prize(media: Any, around: Surroundings) -> str:
    if media.stars:
        return around.say(user_text("{stars} stars", stars=media.stars))
    if media.months:
        return around.say(user_text("Telegram Premium for {months} months", months=media.months))
    return ""


def _paid(media: MessageMediaPaidMedia, _message: Any, around: Surroundings) -> FormattedText:
    line = user_text(
        "⭐ {count} photos or videos for {stars} stars. Open Telegram to see them.",
        count=len(media.extended_media),
        stars=media.stars_amount,
    )
    return plain(around.say(line))


def _todo(media: MessageMediaToDo, _message: Any, _around: Surroundings) -> FormattedText:
    done = {one.id for one in media.completions or ()}
    title = media.todo.title
    lines = [to_matrix(title.text, title.entities)]
    for item in media.todo.list:
        box = "☑ " if item.id in done else "☐ "
        lines.append(chained(plain(box), to_matrix(item.title.text, item.title.entities)))
    return stacked(*lines)


def _stream(_media: Any, _message: Any, around: Surroundings) -> FormattedText:
    return plain(around.say(user_text("A live stream. Watch it in Telegram.")))


_UNKNOWN: UserText = user_text("A message of a kind this bridge does not know. See it in Telegram.")
_COMPLETE = (MessageMediaDice, MessageMediaToDo)
"""Nothing of these is left out, so no link is needed."""

_CARDS: Mapping[type, Card] = {
    MessageMediaDice: _dice,
    MessageMediaGame: _game,
    MessageMediaInvoice: _invoice,
    MessageMediaStory: _story,
    MessageMediaGiveaway: _giveaway,
    MessageMediaGiveawayResults: _results,
    MessageMediaPaidMedia: _paid,
    MessageMediaToDo: _todo,
    MessageMediaVideoStream: _stream,
}
