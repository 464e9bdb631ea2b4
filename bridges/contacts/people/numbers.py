# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone numbers as people write them, in E.164 form, and whose they can be.

What is possible and valid in a country is libphonenumber's knowledge (``phonenumbers``).
"""

import re
from enum import StrEnum

import phonenumbers
from attrs import frozen
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from bridges.contacts.people.renumbering import as_of_today
from bridges.core.text import UserText, user_text

_MAX_WRITTEN = 100
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_AFTER_DIALLING = re.compile(r"(?<=\d)\s*[pw,;]+\s*(?=[\d#*])", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[\s,;]*(?:;ext=|ext(?:ension|n)?|доб|вн|x|х|#)[.:\s]*(?P<digits>\d{1,11})\s*$", re.IGNORECASE
)
_FOREIGN_PREFIX = re.compile(r"^\D{0,2}00(?=\D*[1-9])")
_WITH_PLUS = re.compile(r"[^\w+＋]{0,2}[+＋]")
_BETWEEN_NUMBERS = re.compile(r"[,;/|\n]")
_FEWEST_DIGITS = 7
"""Those of a number that stands beside another one: what is shorter may be dialled after it."""

_CODE = re.compile(r"[*#]")


class Line(StrEnum):
    """Whose a number can be."""

    PERSONAL = "personal"
    """A mobile number, or one of which that is not known: usually one person's."""
    SHARED = "shared"
    """A fixed line: a household's or an office's."""
    NOBODY = "nobody"
    """A service, or a desk behind a switchboard: never says who somebody is."""


@frozen
class Number:
    """A phone number.

    Attributes:
        e164: ``+`` and digits, as it is dialled today.
        line: whose it can be.
        former: how it stood in the card, in E.164 form too, if its country has renumbered since.
        extension: digits dialled afterwards.
    """

    e164: str
    line: Line
    former: str = ""
    extension: str = ""


_SHARED = frozenset({PhoneNumberType.FIXED_LINE})
_NOBODYS = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)


def read_number(written: str, region: str | None) -> Number | UserText:
    """Read a number, or say why it is none.

    Args:
        written: as it stands in a card.
        region: ISO 3166-1 code of the country whose national numbers the owner's cards have, as the
            owner says. Without it only international numbers are read.
    """
    if len(written) > _MAX_WRITTEN:
        return user_text("This is too long for a phone number.")
    text, extension = _without_extension(" ".join(_INVISIBLE.sub("", written).split()))
    if _CODE.search(text):
        return user_text("This is a code for the telephone network, not a phone number.")
    if any(letter.isalpha() for letter in text):
        return user_text("This has letters in it; write the digits.")
    found = _parsed(text, region)
    return found if isinstance(found, UserText) else _classified(found, extension)


def written_numbers(written: str) -> tuple[str, ...]:
    """The numbers of a field into which somebody wrote several; the field itself if it is one."""
    parts = [part for part in _BETWEEN_NUMBERS.split(written) if part.strip()]
    if len(parts) > 1 and all(sum(map(str.isdigit, part)) >= _FEWEST_DIGITS for part in parts):
        return tuple(parts)
    return (written,)


def account_number(digits: str) -> Number | UserText:
    """Read the number of an account as its network has it: international, without ``+``."""
    return read_number("+" + digits, None)


def _without_extension(text: str) -> tuple[str, str]:
    """Part a number from what is dialled after a pause, or asked for by voice."""
    dialled = _AFTER_DIALLING.split(text, maxsplit=1)
    if len(dialled) == 2:
        return dialled[0], "".join(one for one in dialled[1] if one.isdigit())
    if named := _EXTENSION.search(text):
        return text[: named.start()], named["digits"]
    return text, ""


@frozen
class _Today:
    """A number as it is dialled today; ``kind`` is unknown if its range is in no use that is known."""

    number: PhoneNumber
    kind: int
    former: str = ""


def _parsed(text: str, region: str | None) -> _Today | UserText:
    """Parse a number without extension."""
    abroad = _FOREIGN_PREFIX.sub("+", text)
    is_international = _WITH_PLUS.match(text) is not None
    if region is None and not is_international and abroad == text:
        return user_text(
            "This number has no country. Tell me which country your contacts are from."
        )
    for one, where in ((text, region), (abroad, None)):
        try:
            found = _today(phonenumbers.parse(one, where))
        except phonenumbers.NumberParseException:
            continue
        if _can_be(found, surely=not (is_international or one.startswith("+"))):
            return found
    return user_text("This is no phone number of that country; it may lack its area code.")


def _today(number: PhoneNumber) -> _Today:
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        written = _e164(number)
        renumbered = as_of_today(written)
        if renumbered != written:
            current = phonenumbers.parse(renumbered, None)
            now = phonenumbers.number_type(current)
            if now != PhoneNumberType.UNKNOWN:
                return _Today(current, now, written)
    return _Today(number, kind)


def _can_be(found: _Today, *, surely: bool) -> bool:
    """Whether there can be such a number; ``surely``: whether its range is in use.

    An international number is taken if its length is right, as ranges are added faster than we are
    brought up to date. A national one must be valid, or the country may be the wrong one.
    """
    if found.kind != PhoneNumberType.UNKNOWN:
        return True
    possible = phonenumbers.is_possible_number_with_reason(found.number)
    return not surely and possible == ValidationResult.IS_POSSIBLE and _is_settled(found.number)


def _is_settled(number: PhoneNumber) -> bool:
    """Whether its E.164 form is read as itself; zeros in front may be taken for a prefix time and again."""
    e164 = _e164(number)
    return _e164(phonenumbers.parse(e164, None)) == e164


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _classified(found: _Today, extension: str) -> Number:
    line = Line.PERSONAL
    if found.kind in _NOBODYS or extension:
        line = Line.NOBODY
    elif found.kind in _SHARED:
        line = Line.SHARED
    return Number(_e164(found.number), line, found.former, extension)
