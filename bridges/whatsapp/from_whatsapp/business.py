# SPDX-License-Identifier: AGPL-3.0-or-later
"""What businesses send, as text that can be read: buttons, lists, templates, products, orders, payments.

Matrix has nothing to press; links and telephone numbers behind buttons are written out, and what else
is to be pressed is named.
"""

import json
from collections.abc import Callable, Mapping

from attrs import field, frozen

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import safe_address
from bridges.core.formatting.compose import linked, plain, stacked, styled
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.whatsapp.from_whatsapp.context import words
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.json_form import Json, mapping, mappings, number, text, texts

_HEADERS = ("imageMessage", "videoMessage", "documentMessage", "locationMessage")
_MOST_LINES = 100
_THOUSANDTHS = 1000


@frozen
class Card:
    """What a business says.

    Attributes:
        headers: messages with files or places that stand above the text.
    """

    text: FormattedText
    headers: tuple[Json, ...] = field(default=())


CardOf = Callable[[Json, Surroundings], Card]


def card_of(kind: str, message: Json, around: Surroundings) -> Card | None:
    """The card that a field of ``Message`` is, None if it is none."""
    make = _CARDS.get(kind)
    return None if make is None else make(message, around)


def _said(told: object, around: Surroundings) -> FormattedText | None:
    """A text with markup."""
    return words(text(told), {}, around) if text(told) else None


def _title(told: object) -> FormattedText | None:
    line = clean_name(text(told))
    return styled(line, "strong") if line else None


def _small(told: object) -> FormattedText | None:
    line = clean_name(text(told))
    return styled(line, "em") if line else None


def _button(label: object, address: str = "") -> FormattedText | None:
    shown = clean_name(text(label))
    link = safe_address(address)
    if not shown and link is None:
        return None
    if link is None:
        return plain(" ".join(filter(None, ("▸", shown, clean_name(address)))))
    return stacked(linked(f"▸ {shown or link}", link), plain(link) if shown else None)


def _stack(*lines: FormattedText | None) -> FormattedText:
    return stacked(*lines[:_MOST_LINES])


def _headers(*holders: Json) -> tuple[Json, ...]:
    return tuple(
        {name: holder[name]} for holder in holders for name in _HEADERS if mapping(holder.get(name))
    )


def _buttons(message: Json, around: Surroundings) -> Card:
    buttons = [
        _button(mapping(one.get("buttonText")).get("displayText"))
        for one in mappings(message.get("buttons"))
    ]
    said = _stack(
        _title(message.get("text")),
        _said(message.get("contentText"), around),
        _small(message.get("footerText")),
        *buttons,
    )
    return Card(said, _headers(message))


def _answer(name: str) -> CardOf:
    def make(message: Json, around: Surroundings) -> Card:
        return Card(_stack(_said(message.get(name), around)))

    return make


def _list(message: Json, around: Surroundings) -> Card:
    lines = [_title(message.get("title")), _said(message.get("description"), around)]
    for section in mappings(message.get("sections")):
        lines.append(_title(section.get("title")))
        for row in mappings(section.get("rows")):
            lines += [_button(row.get("title")), _said(row.get("description"), around)]
    return Card(_stack(*lines, _small(message.get("footerText"))))


def _list_response(message: Json, around: Surroundings) -> Card:
    return Card(
        _stack(_said(message.get("title"), around), _said(message.get("description"), around))
    )


def _template(message: Json, around: Surroundings) -> Card:
    interactive = mapping(message.get("interactiveMessageTemplate"))
    if interactive:
        return _interactive(interactive, around)
    plain_one = mapping(message.get("fourRowTemplate"))
    if plain_one:
        parts = [_structured(mapping(plain_one.get(one)), around) for one in ("content", "footer")]
        return Card(_stack(*(one.text for one in parts)), _headers(plain_one))
    filled = mapping(message.get("hydratedTemplate") or message.get("hydratedFourRowTemplate"))
    buttons = []
    for one in mappings(filled.get("hydratedButtons")):
        link, call = mapping(one.get("urlButton")), mapping(one.get("callButton"))
        reply = mapping(one.get("quickReplyButton"))
        label = next((got.get("displayText") for got in (link, call, reply) if got), "")
        buttons.append(_button(label, text(link.get("URL")) or text(call.get("phoneNumber"))))
    said = _stack(
        _title(filled.get("hydratedTitleText")),
        _said(filled.get("hydratedContentText"), around),
        _small(filled.get("hydratedFooterText")),
        *buttons,
    )
    return Card(said, _headers(filled))


def _structured(message: Json, around: Surroundings) -> Card:
    """A template that the client fills in by itself: what it is filled with can be told."""
    filled = mapping(message.get("hydratedHsm"))
    if filled:
        return _template(filled, around)
    parameters = texts(message.get("params"))
    parameters += [text(one.get("default")) for one in mappings(message.get("localizableParams"))]
    return Card(_stack(*(_said(one, around) for one in parameters)))


def _interactive(message: Json, around: Surroundings) -> Card:
    header = mapping(message.get("header"))
    lines = [
        _title(header.get("title")),
        _small(header.get("subtitle")),
        _said(mapping(message.get("body")).get("text"), around),
        _small(mapping(message.get("footer")).get("text")),
    ]
    buttons = mappings(mapping(message.get("nativeFlowMessage")).get("buttons"))
    lines += [_native_button(one) for one in buttons]
    headers = list(_headers(header))
    for one in mappings(mapping(message.get("carouselMessage")).get("cards")):
        card = _interactive(one, around)
        lines.append(card.text)
        headers += card.headers
    return Card(_stack(*lines), tuple(headers))


def _native_button(button: Json) -> FormattedText | None:
    try:
        told = mapping(json.loads(text(button.get("buttonParamsJSON")) or "{}"))
    except (ValueError, RecursionError):
        return None
    address = text(told.get("url")) or text(told.get("phone_number")) or text(told.get("copy_code"))
    return _button(told.get("display_text"), address)


def _interactive_response(message: Json, around: Surroundings) -> Card:
    return Card(_stack(_said(mapping(message.get("body")).get("text"), around)))


def _product(message: Json, around: Surroundings) -> Card:
    product = mapping(message.get("product")) or mapping(message.get("catalog"))
    address = safe_address(text(product.get("URL")))
    said = _stack(
        _title(product.get("title")),
        _said(product.get("description"), around),
        _money(product.get("priceAmount1000"), product.get("currencyCode")),
        linked(address, address) if address else None,
        _said(message.get("body"), around),
        _small(message.get("footer")),
    )
    picture = mapping(product.get("productImage")) or mapping(product.get("catalogImage"))
    return Card(said, ({"imageMessage": picture},) if picture else ())


def _order(message: Json, around: Surroundings) -> Card:
    count = number(message.get("itemCount"))
    return Card(
        _stack(
            _title(f"🛒 {text(message.get('orderTitle'))}"),
            _said(message.get("message"), around),
            plain(around.say(user_text("{count} items", count=count))) if count else None,
            _money(message.get("totalAmount1000"), message.get("totalCurrencyCode")),
        )
    )


def _invoice(message: Json, around: Surroundings) -> Card:
    line = around.say(user_text("An invoice. See it in WhatsApp."))
    return Card(_stack(plain(f"🧾 {line}"), _said(message.get("note"), around)))


def _payment(message: Json, around: Surroundings) -> Card:
    line = around.say(user_text("A payment. See it in WhatsApp."))
    note = mapping(message.get("noteMessage"))
    said = text(note.get("conversation")) or mapping(note.get("extendedTextMessage")).get("text")
    amount = _money(message.get("amount1000"), message.get("currencyCodeIso4217"))
    return Card(_stack(plain(f"💳 {line}"), amount, _said(said, around)))


def _money(thousandths: object, currency: object) -> FormattedText | None:
    """An amount, which WhatsApp tells in thousandths."""
    amount, code = number(thousandths), clean_name(text(currency))
    return plain(f"{amount / _THOUSANDTHS:.2f} {code}".strip()) if amount else None


_CARDS: Mapping[str, CardOf] = {
    "buttonsMessage": _buttons,
    "buttonsResponseMessage": _answer("selectedDisplayText"),
    "templateMessage": _template,
    "templateButtonReplyMessage": _answer("selectedDisplayText"),
    "listMessage": _list,
    "listResponseMessage": _list_response,
    "highlyStructuredMessage": _structured,
    "interactiveMessage": _interactive,
    "interactiveResponseMessage": _interactive_response,
    "productMessage": _product,
    "orderMessage": _order,
    "invoiceMessage": _invoice,
    **dict.fromkeys(
        (
            "sendPaymentMessage",
            "requestPaymentMessage",
            "declinePaymentRequestMessage",
            "cancelPaymentRequestMessage",
            "paymentInviteMessage",
            "paymentReminderMessage",
            "splitPaymentMessage",
            "splitPaymentUpdateMessage",
        ),
        _payment,
    ),
}
