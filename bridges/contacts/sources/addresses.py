# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids on networks that stand in address books as links, and keys for cards that have none."""

import hashlib
import re
from urllib.parse import unquote

from bridges.contacts.sources.model import Card, IdKind, NetworkID

_LINKS = (
    (
        re.compile(r"(?:https?://)?(?:t|telegram)\.me/(?P<id>[a-z]\w{3,31})/?", re.IGNORECASE),
        IdKind.TELEGRAM_NAME,
    ),
    (
        re.compile(r"tg://resolve\?domain=(?P<id>[a-z]\w{3,31})", re.IGNORECASE),
        IdKind.TELEGRAM_NAME,
    ),
    (re.compile(r"tg://user\?id=(?P<id>\d{1,19})", re.IGNORECASE), IdKind.TELEGRAM_USER),
    (re.compile(r"(?:telegram|tg):@?(?P<id>[a-z]\w{3,31})", re.IGNORECASE), IdKind.TELEGRAM_NAME),
    (
        re.compile(r"(?:https?://)?wa\.me/\+?(?P<id>\d{7,15})/?", re.IGNORECASE),
        IdKind.WHATSAPP_NUMBER,
    ),
    (re.compile(r"whatsapp:\+?(?P<id>\d{7,15})", re.IGNORECASE), IdKind.WHATSAPP_NUMBER),
    (re.compile(r"https://matrix\.to/#/(?P<id>@[^:/\s]+:[^/?\s]+)", re.IGNORECASE), IdKind.MATRIX),
    (re.compile(r"matrix:(?P<id>@[^:/\s]+:[^/?\s]+)", re.IGNORECASE), IdKind.MATRIX),
)
_MATRIX_URI = re.compile(r"matrix:u/(?P<id>[^:/\s]+:[^/?\s]+)", re.IGNORECASE)


def network_id(link: str) -> NetworkID | None:
    """The id a link leads to: t.me, wa.me, matrix.to, ``matrix:`` (Matrix spec, appendices) and ``IMPP``."""
    plain = unquote(link.strip())
    if found := _MATRIX_URI.fullmatch(plain):
        return NetworkID(IdKind.MATRIX, "@" + found["id"])
    for pattern, kind in _LINKS:
        if found := pattern.fullmatch(plain):
            return NetworkID(kind, found["id"])
    return None


def content_key(card: Card) -> str:
    """A key made of what a card says: the same whenever the same file is read."""
    parts = ("name", card.name, "phones", *card.phones, "mail", *card.emails)
    ids = (f"{one.kind}:{one.value}" for one in card.ids)
    text = "\0".join((*parts, *ids))
    return "made-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
