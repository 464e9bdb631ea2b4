# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Matrix has no event for, as readable text: contacts, games, invoices, giveaways, lists and so on."""

import json
from collections.abc import Callable, Mapping

from babel.numbers import format_currency, get_currency_precision

from bridges.core.content import FormattedText, MediaInfo, MediaKind, Text, TextKind
from bridges.core.formatting.compose import chained, linked, plain, stacked, styled
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.migration.archives.model import ArchivedFile, ArchivedPart
from bridges.migration.archives.telegram.fields import (
    NOTHING,
    Raw,
    inner,
    integer,
    mapping,
    name,
    several,
    size,
    words,
)
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.texts import formatted, web_address

Card = Callable[[Raw, Surroundings], FormattedText]

_STARS = ("XTR", "Stars")
_ENGLISH = "en"
_LARGEST_INVOICE = 100_000


def cards_of(message: Raw, around: Surroundings) -> list[ArchivedPart]:
    """Everything in a message that is neither its words nor a file, a poll or a place."""
    parts: list[ArchivedPart] = []
    if inner(message, "contact_information"):
        parts.append(_contact(message, around))
    for key, make in _CARDS.items():
        if key in message:
            parts.append(Text(make(message, around), TextKind.NOTICE))
    return parts


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit of a currency, as people write it.

    >>> money(1250, "USD")
    '$12.50'
    """
    if currency in _STARS:
        return f"{amount} ⭐"
    precision = get_currency_precision(currency)
    return str(format_currency(amount / 10**precision, currency, locale=_ENGLISH))


def prize(raw: Raw, around: Surroundings) -> str:
    """What can be won, or is given; empty if it is not told."""
    if stars := size(raw, "stars"):
        return around.say(user_text("{stars} stars", stars=stars))
    if months := size(raw, "months"):
        return around.say(user_text("Telegram Premium for {months} months", months=months))
    return ""


def _contact(message: Raw, around: Surroundings) -> ArchivedPart:
    """Somebody's card: the file their program made, or only name and number."""
    person = inner(message, "contact_information")
    called = clean_name(f"{words(person, 'first_name')} {words(person, 'last_name')}")
    number = name(person, "phone_number")
    shown = stacked(plain(f"👤 {called or number}"), plain(number) if called else None)
    found = around.file(words(message, "contact_vcard"))
    if found.path is None:
        return Text(shown)
    label = (called or number or "contact").replace("/", " ")
    info = MediaInfo(name=f"{label}.vcf", mime="text/vcard", size=found.size)
    return ArchivedFile(MediaKind.FILE, info, found.path, caption=shown)


def _game(message: Raw, _around: Surroundings) -> FormattedText:
    address = web_address(words(message, "game_link"))
    return stacked(
        styled(f"🎮 {name(message, 'game_title')}", "strong"),
        plain(words(message, "game_description")),
        linked(address, address) if address else None,
    )


def _invoice(message: Raw, around: Surroundings) -> FormattedText:
    invoice = _object(message.get("invoice_information"))
    amount = integer(invoice, "amount")
    price = None
    if amount is not None:
        shown = money(amount, name(invoice, "currency"))
        price = user_text("To be paid: {amount}", amount=shown)
        if size(invoice, "receipt_message_id"):
            price = user_text("Paid: {amount}", amount=shown)
    return stacked(
        styled(f"🧾 {name(invoice, 'title')}".rstrip(), "strong"),
        plain(words(invoice, "description")),
        None if price is None else plain(around.say(price)),
    )


def _object(found: object) -> Raw:
    """An object that is written as text, in which there is JSON once more."""
    if not isinstance(found, str) or len(found) > _LARGEST_INVOICE:
        return mapping(found)
    try:
        return mapping(json.loads(found, strict=False))
    except (ValueError, RecursionError):
        return NOTHING


def _giveaway(message: Raw, around: Surroundings) -> FormattedText:
    giveaway = inner(message, "giveaway_information")
    line = user_text("A giveaway. Prizes: {count}", count=size(giveaway, "quantity") or 0)
    until = name(giveaway, "until_date").replace("T", " ")
    return stacked(
        plain(f"🎁 {around.say(line)}"),
        plain(words(giveaway, "additional_prize")),
        plain(prize(giveaway, around)),
        plain(around.say(user_text("Until {date}", date=until))) if until else None,
    )


def _results(message: Raw, around: Surroundings) -> FormattedText:
    results = inner(message, "giveaway_results")
    count = size(results, "winners_count") or len(several(results, "winners"))
    line = user_text("The giveaway is over. Winners: {count}", count=count)
    return stacked(
        plain(f"🏆 {around.say(line)}"),
        plain(words(results, "additional_prize")),
        plain(prize(results, around)),
    )


def _todo(message: Raw, around: Surroundings) -> FormattedText:
    todo = inner(message, "todo_list")
    items = [mapping(one) for one in several(todo, "answers") or several(todo, "items")]
    lines = [chained(plain("☐ "), formatted(one.get("text"), around)) for one in items]
    return stacked(chained(plain("📋 "), formatted(todo.get("title"), around)), *lines)


def _paid(message: Raw, around: Surroundings) -> FormattedText:
    stars = size(message, "paid_stars_amount") or 0
    line = user_text("Photos or videos for {stars} stars. They are not in the export.", stars=stars)
    return plain(f"⭐ {around.say(line)}")


_CARDS: Mapping[str, Card] = {
    "game_title": _game,
    "invoice_information": _invoice,
    "giveaway_information": _giveaway,
    "giveaway_results": _results,
    "todo_list": _todo,
    "paid_stars_amount": _paid,
}
