# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contacts people share, as vCard files that other address books can read."""

import re

from bridges.core.content import MediaInfo, MediaKind, RemoteMedia, RemotePart
from bridges.core.formatting.addresses import user_address
from bridges.core.formatting.compose import linked, plain, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.sanitize import clean_text
from bridges.whatsapp.from_whatsapp.context import contact_numbers
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.json_form import Json, mappings, text
from bridges.whatsapp.media import inline_reference

_MIME = "text/vcard"
_LARGEST_CARD = 65_536
_MOST_CONTACTS = 50
_NAME = re.compile(r"^FN[^:\r\n]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(r"^(?:item[0-9]+\.)?TEL[^:\r\n]*:(.*)$", re.IGNORECASE | re.MULTILINE)


def contact(card: Json, around: Surroundings) -> RemoteMedia:
    """A ``ContactMessage``: the file, with name and numbers as its caption."""
    given = clean_text(text(card.get("vcard")))[:_LARGEST_CARD].strip()
    found = _NAME.search(given)
    name = clean_name(text(card.get("displayName")) or (found[1] if found else ""))
    numbers = [clean_name(one) for one in _NUMBER.findall(given)]
    content = f"{given or _own_card(name)}\n".encode()
    known = [around.person(f"{one}@s.whatsapp.net") for one in contact_numbers(card)]
    address = user_address(known[0].user) if known and known[0] else None
    shown = name or (numbers[0] if numbers else "?")
    caption = stacked(
        linked(shown, address), *(plain(one) for one in dict.fromkeys(numbers) if one != shown)
    )
    info = MediaInfo(
        name=f"{shown.replace('/', ' ').replace(chr(92), ' ')}.vcf", mime=_MIME, size=len(content)
    )
    return RemoteMedia(MediaKind.FILE, info, inline_reference(content), caption=caption)


def contacts(message: Json, around: Surroundings) -> tuple[RemotePart, ...]:
    """What ``contactsArrayMessage`` shows: each contact by itself."""
    cards = mappings(message.get("contacts"))[:_MOST_CONTACTS]
    return tuple(contact(card, around) for card in cards)


def _own_card(name: str) -> str:
    """A card for a contact that came without (RFC 2426)."""
    for special in "\\;,":
        name = name.replace(special, f"\\{special}")
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:;{name};;;\r\nFN:{name}\r\nEND:VCARD"
