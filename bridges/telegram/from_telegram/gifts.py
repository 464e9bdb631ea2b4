# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gifts and prizes, with what was written on them."""

from collections.abc import Callable, Mapping
from typing import Any

from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.formatting.compose import plain, quoted, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.telegram.formatting import to_matrix
from bridges.telegram.from_telegram.surroundings import Surroundings

_NANOTON = 1_000_000_000


def _said(line: UserText, action: Any, around: Surroundings) -> FormattedText:
    """A line with the message on the gift."""
    message = action.message
    note = None if message is None else to_matrix(message.text, message.entities)
    return stacked(
        plain(around.say(line)), quoted(note) if note is not None and note.body else None
    )


def _premium(action: Any, around: Surroundings) -> FormattedText:
    line = user_text("gave Telegram Premium for {days} days", days=action.days)
    return _said(line, action, around)


def _code(action: tl.MessageActionGiftCode, around: Surroundings) -> FormattedText:
    if not action.via_giveaway:
        return _premium(action, around)
    line = user_text("You won Telegram Premium for {days} days.", days=action.days)
    return _said(line, action, around)


def _stars(action: tl.MessageActionGiftStars, _around: Surroundings) -> UserText:
    return user_text("gave {stars} stars", stars=action.stars)


def _ton(action: tl.MessageActionGiftTon, _around: Surroundings) -> UserText:
    return user_text("gave {amount} TON", amount=f"{action.crypto_amount / _NANOTON:g}")


def _prize(action: tl.MessageActionPrizeStars, _around: Surroundings) -> UserText:
    return user_text("You won {stars} stars.", stars=action.stars)


def _gift(action: tl.MessageActionStarGift, around: Surroundings) -> FormattedText:
    worth = getattr(action.gift, "stars", 0)
    return _said(user_text("sent a gift for {stars} stars", stars=worth), action, around)


def _unique(action: tl.MessageActionStarGiftUnique, around: Surroundings) -> FormattedText:
    line = user_text("sent the gift {name}", name=gift_name(action.gift))
    if action.upgrade:
        line = user_text("turned the gift into {name}", name=gift_name(action.gift))
    return _said(line, action, around)


def _offer(action: tl.MessageActionStarGiftPurchaseOffer, _around: Surroundings) -> UserText:
    name, price = gift_name(action.gift), price_of(action.price)
    if action.accepted:
        return user_text("sold the gift {name} for {price}", name=name, price=price)
    if action.declined:
        return user_text("declined the offer for the gift {name}", name=name)
    return user_text("offers {price} for the gift {name}", name=name, price=price)


def _declined(
    action: tl.MessageActionStarGiftPurchaseOfferDeclined, _around: Surroundings
) -> UserText:
    if action.expired:
        name = gift_name(action.gift)
        return user_text("The offer for the gift {name} has expired.", name=name)
    return user_text("declined the offer for the gift {name}", name=gift_name(action.gift))


def gift_name(gift: Any) -> str:
    """How a gift is called; ordinary ones have no name."""
    title = clean_name(getattr(gift, "title", None))
    number = getattr(gift, "num", None)
    return f"{title} #{number}" if title and number else title or "🎁"


def price_of(amount: Any) -> str:
    """A ``StarsAmount`` or ``StarsTonAmount``."""
    if isinstance(amount, tl.StarsAmount):
        return f"{amount.amount} ⭐"
    return f"{amount.amount / _NANOTON:g} TON"


GIFTS: Mapping[type, Callable[[Any, Surroundings], FormattedText | UserText]] = {
    tl.MessageActionGiftPremium: _premium,
    tl.MessageActionGiftCode: _code,
    tl.MessageActionGiftStars: _stars,
    tl.MessageActionGiftTon: _ton,
    tl.MessageActionPrizeStars: _prize,
    tl.MessageActionStarGift: _gift,
    tl.MessageActionStarGiftUnique: _unique,
    tl.MessageActionStarGiftPurchaseOffer: _offer,
    tl.MessageActionStarGiftPurchaseOfferDeclined: _declined,
}
"""How each kind of gift is told."""
