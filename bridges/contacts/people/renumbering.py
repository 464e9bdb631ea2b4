# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers that have changed for everybody in a country, while cards and accounts keep the old form.

Only changes in which each old number has exactly one new one, and in which nobody else has got the old
one since. Accounts of WhatsApp stay with the form they were opened with.
"""

import re
from collections.abc import Callable

_ARGENTINE_MOBILE = re.compile(r"\+549(\d{10})")
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # Mexico, August 2019: no more 1 between country and mobile number, nor 044 and 045 at home.
    (re.compile(r"\+52(?:1|04[45])(\d{10})"), lambda old: f"+52{old[1]}"),
    # Brazil, 2012 to 2016: a ninth digit in front of mobile numbers. Those with 7 were radio telephones and
    # stay; WhatsApp's accounts beyond the area codes of São Paulo to Espírito Santo mostly lack it.
    (re.compile(r"\+55(\d\d)([689]\d{7})"), lambda old: f"+55{old[1]}9{old[2]}"),
    # Benin, 30 November 2024: 01 in front of all numbers.
    (re.compile(r"\+229(\d{8})"), lambda old: f"+22901{old[1]}"),
    # Ivory Coast, 31 January 2021: the operator's two digits in front, which the second digit tells of
    # mobile numbers. Fixed lines are left out.
    (re.compile(r"\+225([04-9]\d{7})"), lambda old: f"+225{_ivorian_operator(old[1])}{old[1]}"),
)


def as_of_today(e164: str) -> str:
    """The present form of a number in E.164 form; the same if it has not changed."""
    for pattern, new in _RULES:
        if old := pattern.fullmatch(e164):
            return new(old)
    return e164


def without_mobile_mark(e164: str) -> str:
    """An Argentine mobile number as it is written when the 9 after the country is forgotten; otherwise "".

    libphonenumber takes it for a fixed line then, and it may be one.
    """
    mobile = _ARGENTINE_MOBILE.fullmatch(e164)
    return "" if mobile is None else f"+54{mobile[1]}"


def _ivorian_operator(old: str) -> str:
    if old[1] in "789":
        return "07"
    return "05" if old[1] in "456" else "01"
