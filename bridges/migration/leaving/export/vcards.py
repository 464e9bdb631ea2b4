# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books as vCard 4.0 (RFC 6350), which every program takes; pure."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from bridges.contacts.sources.model import Card, IdKind, NetworkID

_LONGEST_LINE = 75
"""Bytes without the line break (RFC 6350, section 3.2)."""
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_CONTROLS = dict.fromkeys((*range(10), *range(11, 32), 127))
_GLOBAL = re.compile(r"\+[0-9]{5,15}")
_SEPARATORS = re.compile(r"[\s().-]")


def vcard(card: Card) -> str:
    """Give a card, with line breaks as the format wants them."""
    return "".join(f"{line}\r\n" for one in _properties(card) for line in _folded(one))


def _properties(card: Card) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    shown = card.name or next(iter((*card.other_names, *card.phones, *card.emails)), "?")
    yield f"FN:{_text(shown)}"
    if card.other_names:
        yield f"NICKNAME:{','.join(map(_text, card.other_names))}"
    for phone in card.phones:
        bare = _SEPARATORS.sub("", phone)
        if _GLOBAL.fullmatch(bare):
            yield f"TEL;VALUE=uri:tel:{bare}"
        else:
            yield f"TEL;VALUE=text:{_text(phone)}"
    for email in card.emails:
        yield f"EMAIL:{_text(email)}"
    for one in card.ids:
        yield f"IMPP:{address_of(one)}"
    yield "END:VCARD"


def address_of(network_id: NetworkID) -> str:
    """Give the address at which somebody is found on a network (Matrix: specification, "URIs")."""
    value = quote(network_id.value, safe=":@")
    match network_id.kind:
        case IdKind.MATRIX:
            return f"matrix:u/{value.removeprefix('@')}"
        case IdKind.TELEGRAM_USER:
            return f"tg://user?id={value}"
        case IdKind.TELEGRAM_NAME:
            return f"https://t.me/{value}"
        case IdKind.WHATSAPP_NUMBER:
            return f"https://wa.me/{value}"
        case IdKind.WHATSAPP_LID:
            return f"whatsapp:{value}@lid"


def _text(value: str) -> str:
    clean = value.replace("\r\n", "\n").translate(_CONTROLS)
    return clean.encode("utf-8", "replace").decode().translate(_ESCAPES)


def _folded(line: str) -> Iterator[str]:
    """Cut a line where it is too long, never inside of a character."""
    piece, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece += character
        size += width
    yield piece
