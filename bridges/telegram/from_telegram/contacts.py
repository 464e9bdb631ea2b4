# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contacts people share, as vCard files that other address books can read."""

from telethon.tl.types import MessageMediaContact

from bridges.core.content import MediaInfo, MediaKind, RemoteMedia
from bridges.core.formatting.addresses import user_address
from bridges.core.formatting.compose import linked, plain, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.sanitize import clean_text
from bridges.telegram import ids
from bridges.telegram.media import inline_reference

_MIME = "text/vcard"
_LARGEST_CARD = 16_384


def contact(media: MessageMediaContact) -> RemoteMedia:
    """The file, with name and number as its caption. Whoever is on Telegram is linked."""
    name = clean_name(f"{media.first_name} {media.last_name}")
    number = phone(media.phone_number)
    card = vcard(media)
    info = MediaInfo(
        name=f"{name.replace('/', ' ') or number}.vcf", mime=_MIME, size=len(card.encode())
    )
    address = user_address(ids.user_id(media.user_id)) if media.user_id else None
    caption = stacked(linked(name or number, address), plain(number) if name else None)
    return RemoteMedia(MediaKind.FILE, info, inline_reference(card), caption=caption)


def vcard(media: MessageMediaContact) -> str:
    """What the sender's client made, or a card of our own (RFC 6350)."""
    given = clean_text(media.vcard or "").strip()
    if given.upper().startswith("BEGIN:VCARD") and len(given) <= _LARGEST_CARD:
        return given + "\n"
    first, last = _escaped(clean_name(media.first_name)), _escaped(clean_name(media.last_name))
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{last};{first};;;",
        f"FN:{' '.join(filter(None, (first, last)))}",
        f"TEL;TYPE=CELL:{phone(media.phone_number)}",
        "END:VCARD",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def phone(digits: str) -> str:
    """A number in international form; Telegram leaves out the plus."""
    shown = clean_name(digits)
    return shown if not shown or shown.startswith("+") else f"+{shown}"


def _escaped(text: str) -> str:
    for special in "\\;,":
        text = text.replace(special, f"\\{special}")
    return text
