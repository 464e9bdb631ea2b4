# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values of vCard properties as text: quoted-printable, encodings, escapes, fields and lists."""

import binascii
import quopri
import re

from attrs import frozen

from bridges.contacts.sources.reading import decode
from bridges.contacts.sources.vcard.lines import Property

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BETWEEN_FIELDS = re.compile(rb"(?<!\\);")
_BETWEEN_VALUES = re.compile(r"(?<!\\),")


@frozen
class Fields:
    """A value's fields (parted by ``;``), and whether all letters could be read."""

    texts: tuple[str, ...]
    whole: bool

    def first(self) -> str:
        """The first field; there always is one."""
        return self.texts[0]


def one_text(one: Property, legacy: str | None) -> Fields:
    """A value without fields, in which ``;`` need not be escaped."""
    return _decoded([one.value], one, legacy)


def fields(one: Property, legacy: str | None) -> Fields:
    """A value with fields. A semicolon hidden in quoted-printable is part of a field."""
    return _decoded(_BETWEEN_FIELDS.split(one.value), one, legacy)


def listed(text: str) -> list[str]:
    """The values of a list that was read with its escapes left in place."""
    return [unescaped(one) for one in _BETWEEN_VALUES.split(text)]


def unescaped(text: str) -> str:
    """Undo backslashes (RFC 6350 §3.4)."""
    return _ESCAPE.sub(_meant, text)


def _meant(escape: re.Match[str]) -> str:
    letter = escape[1]
    if letter in "nN":
        return "\n"
    return letter if letter in "\\,;:" else escape[0]


def _decoded(parts: list[bytes], one: Property, legacy: str | None) -> Fields:
    texts = []
    whole = True
    for part in parts:
        raw = _without_transport(part, one)
        decoded = decode(raw, one.first("CHARSET"), legacy)
        texts.append(decoded.text)
        whole = whole and decoded.whole
    return Fields(tuple(texts), whole)


def _without_transport(part: bytes, one: Property) -> bytes:
    if one.says("QUOTED-PRINTABLE"):
        return quopri.decodestring(part)
    if one.says("BASE64") or one.says("B"):
        try:
            return binascii.a2b_base64(
                part + b"=="
            )  # too much padding does no harm, too little does
        except binascii.Error:
            return part
    return part
