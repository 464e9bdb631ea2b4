# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contacts from the vCards of a file, one after another, and what could not be read."""

from collections.abc import Callable, Iterator
from typing import IO, TypeVar
from urllib.parse import unquote

from attrs import define, evolve, field

from bridges.contacts.sources.addresses import content_key, network_id
from bridges.contacts.sources.model import Card, IdKind, NetworkID, Unread
from bridges.contacts.sources.reading import raw_lines
from bridges.contacts.sources.vcard.lines import Garbled, Property, properties
from bridges.contacts.sources.vcard.values import Fields, fields, listed, one_text, unescaped
from bridges.core.sanitize import clean_name
from bridges.core.text import UserText, user_text

MAX_VALUES = 200
"""Numbers, or names, or addresses of one card."""

_MAX_DEPTH = 8
_VERSIONS = ("2.1", "3.0", "4.0")


@define
class _Draft:
    """A card while it is read."""

    line: int
    full: list[str] = field(factory=list)
    parts: list[str] = field(factory=list)
    nicknames: list[str] = field(factory=list)
    organisation: str = ""
    phones: list[str] = field(factory=list)
    emails: list[str] = field(factory=list)
    ids: list[NetworkID] = field(factory=list)
    uid: str = ""

    def card(self) -> Card | None:
        """The card, None if nothing in it tells who somebody is."""
        names = _distinct([*self.full, *self.parts, *self.nicknames])
        name = names[0] if names else self.organisation
        phones, emails = _distinct(self.phones), _distinct(self.emails)
        if not (name or phones or emails or self.ids):
            return None
        card = Card(
            "", name, tuple(names[1:]), tuple(phones), tuple(emails), tuple(_distinct(self.ids))
        )
        return evolve(card, key=self.uid or content_key(card))


def read_vcards(stream: IO[bytes], *, legacy: str | None = None) -> Iterator[Card | Unread]:
    """Read all cards of a file, however long it is.

    Args:
        stream: the file.
        legacy: the encoding of what is not UTF-8 and does not say what it is, if its owner knows.
    """
    yield from _Reader(legacy).read(stream)


class _Reader:
    def __init__(self, legacy: str | None) -> None:
        self._legacy = legacy
        self._open: list[_Draft] = []
        self._before = ""  # name of the property before
        self._outside = False  # already told that there is something between cards
        self._troubles: list[Unread] = []
        self._readers: dict[str, Callable[[_Draft, Property], None]] = {
            "VERSION": self._version,
            "FN": self._full_name,
            "N": self._name,
            "NICKNAME": self._nickname,
            "ORG": self._organisation,
            "TEL": self._phone,
            "EMAIL": self._email,
            "UID": self._uid,
            "IMPP": self._link,
            "URL": self._link,
            "X-SOCIALPROFILE": self._link,
        }

    def read(self, stream: IO[bytes]) -> Iterator[Card | Unread]:
        for one in properties(raw_lines(stream)):
            if isinstance(one, Garbled):
                self._garbled(one)
            else:
                yield from self._take(one)
            yield from self._told()
        while self._open:
            yield from self._unclosed()

    def _take(self, one: Property) -> Iterator[Card | Unread]:
        before, self._before = self._before, one.name
        if one.name == "BEGIN":
            if self._open and (before != "AGENT" or len(self._open) >= _MAX_DEPTH):
                yield from self._unclosed()
            self._open.append(_Draft(one.line))
            self._outside = False
        elif not self._open:
            self._garbled(Garbled(one.line))
        elif one.name == "END":
            yield self._finished(self._open.pop())
        elif reader := self._readers.get(one.name):
            if one.cut:
                self._trouble(one.line, user_text("This line is too long."))
            reader(self._open[-1], one)

    def _finished(self, draft: _Draft) -> Card | Unread:
        reason = user_text("This card has neither a name nor a number nor an address.")
        return draft.card() or Unread(_place(draft.line), reason)

    def _unclosed(self) -> Iterator[Card | Unread]:
        """End a card whose END is missing: what it says counts all the same."""
        draft = self._open.pop()
        yield Unread(
            _place(draft.line), user_text("This card has no end; more may have stood in it.")
        )
        yield self._finished(draft)

    def _garbled(self, one: Garbled) -> None:
        if self._open:
            self._trouble(one.line, user_text("This line is not part of a contact card."))
        elif not self._outside:
            self._outside = True
            self._trouble(
                one.line, user_text("What stands here and after it belongs to no contact card.")
            )

    def _trouble(self, line: int, reason: UserText) -> None:
        self._troubles.append(Unread(_place(line), reason))

    def _told(self) -> Iterator[Unread]:
        troubles, self._troubles = self._troubles, []
        yield from troubles

    def _version(self, _draft: _Draft, one: Property) -> None:
        version = one.value.decode("ascii", "replace").strip()
        if version not in _VERSIONS:
            text = user_text(
                "This card is of version {version}, which is not known.", version=version[:20]
            )
            self._trouble(one.line, text)

    def _full_name(self, draft: _Draft, one: Property) -> None:
        self._add(draft.full, clean_name(unescaped(self._text(one).first())), one)

    def _name(self, draft: _Draft, one: Property) -> None:
        family, given, middle, prefix, suffix = (*self._fields(one).texts, *("",) * 5)[:5]
        in_order = (" ".join(listed(part)) for part in (prefix, given, middle, family, suffix))
        self._add(draft.parts, clean_name(" ".join(in_order)), one)

    def _nickname(self, draft: _Draft, one: Property) -> None:
        for name in listed(self._text(one).first()):
            self._add(draft.nicknames, clean_name(name), one)

    def _organisation(self, draft: _Draft, one: Property) -> None:
        draft.organisation = draft.organisation or clean_name(unescaped(self._fields(one).first()))

    def _phone(self, draft: _Draft, one: Property) -> None:
        written = unescaped(self._text(one).first()).strip()
        if written[:4].lower() == "tel:":
            written = unquote(written[4:])
        self._add(draft.phones, clean_name(written), one)
        account = one.first("WAID")  # WhatsApp's own cards
        if account is not None and account.isascii() and account.isdigit():
            draft.ids.append(NetworkID(IdKind.WHATSAPP_NUMBER, account[:15]))

    def _email(self, draft: _Draft, one: Property) -> None:
        written = clean_name(unescaped(self._text(one).first()))
        self._add(draft.emails, written[7:] if written[:7].lower() == "mailto:" else written, one)

    def _uid(self, draft: _Draft, one: Property) -> None:
        draft.uid = clean_name(self._text(one).first())

    def _link(self, draft: _Draft, one: Property) -> None:
        found = network_id(unescaped(self._text(one).first()))
        if found is not None and len(draft.ids) < MAX_VALUES:
            draft.ids.append(found)

    def _add(self, values: list[str], value: str, one: Property) -> None:
        if not value:
            return
        if len(values) < MAX_VALUES:
            values.append(value)
        else:
            self._trouble(one.line, user_text("This card has too many values of one kind."))

    def _text(self, one: Property) -> Fields:
        return self._checked(one, one_text(one, self._legacy))

    def _fields(self, one: Property) -> Fields:
        return self._checked(one, fields(one, self._legacy))

    def _checked(self, one: Property, found: Fields) -> Fields:
        if not found.whole:
            self._trouble(one.line, user_text("Some letters here could not be read."))
        return found


_Value = TypeVar("_Value")


def _distinct(values: list[_Value]) -> list[_Value]:
    return list(dict.fromkeys(values))


def _place(line: int) -> str:
    return str(line)
