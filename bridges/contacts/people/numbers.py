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


def _parsed(text: str, region: str | None) -> PhoneNumber | UserText:
    """Parse a number without extension, in E.164 form as of its writing."""
    abroad = _FOREIGN_PREFIX.sub("+", text)
    is_international = _WITH_PLUS.match(text) is not None
    if region is None and not is_international and abroad == text:
        return user_text(
            "This number has no country. Tell me which country your contacts are from."
        )
    for one, where in ((text, region), (abroad, None)):
        try:
            number = phonenumbers.parse(one, where)
        except phonenumbers.NumberParseException:
            continue
        if _can_be(number, surely=not (is_international or one.startswith("+"))):
            return number
    return user_text("This is no phone number of that country; it may lack its area code.")


def _can_be(number: PhoneNumber, *, surely: bool) -> bool:
    """Whether there can be such a number; ``surely``: whether its range is in use.

    An international number is taken if its length is right, as ranges are added faster than we are
    brought up to date. A national one must be valid, or the country may be the wrong one.
    """
    current = _today(number)[0]
    if phonenumbers.is_valid_number(current):
        return True
    possible = phonenumbers.is_possible_number_with_reason(current)
    return not surely and possible == ValidationResult.IS_POSSIBLE and _is_settled(current)


def _is_settled(number: PhoneNumber) -> bool:
    """Whether its E.164 form is read as itself; zeros in front may be taken for a prefix time and again."""
    e164 = _e164(number)
    return _e164(phonenumbers.parse(e164, None)) == e164


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _today(number: PhoneNumber) -> tuple[PhoneNumber, str]:
    """The number as it is today, and its former form if that was another one."""
    written = _e164(number)
    current = as_of_today(written)
    if current == written or phonenumbers.is_valid_number(number):
        return number, ""
    renumbered = phonenumbers.parse(current, None)
    return (renumbered, written) if phonenumbers.is_valid_number(renumbered) else (number, "")


def _classified(number: PhoneNumber, extension: str) -> Number:
    current, former = _today(number)
    kind = phonenumbers.number_type(current)
    line = Line.PERSONAL
    if kind in _NOBODYS or extension:
        line = Line.NOBODY
    elif kind in _SHARED:
        line = Line.SHARED
    return Number(_e164(current), line, former, extension)
