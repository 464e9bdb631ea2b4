# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone numbers as people write them."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridges.contacts.people.numbers import Line, Number, account_number, read_number
from bridges.core.text import UserText

E164 = "+992927000001"


def read(written: str, region: str | None = None) -> Number:
    found = read_number(written, region)
    assert isinstance(found, Number), str(found)
    return found


@pytest.mark.parametrize(
    ("written", "region"),
    [
        (E164, None),
        ("+992 92 700-00-01", "US"),
        ("(+992) 92 700 00 01", None),
        ("00992 92 700 00 01", None),
        ("00992927000001", "TJ"),
        ("00 992 92 700 00 01", "DE"),
        ("8~10 992 92 700 00 01", "RU"),
        ("011 992 92 700 00 01", "US"),
        ("92 700 00 01", "TJ"),
        ("992927000001", "TJ"),
        ("\u202a+992\u00a092\u202f700\u00a000\u00a001\u202c", None),
        ("+٩٩٢٩٢٧٠٠٠٠٠١", None),
        ("＋992 927000001", None),
        ("tel:+992927000001", None),
    ],
)
def test_ways_to_write_one_number(written: str, region: str | None) -> None:
    assert read(written.removeprefix("tel:"), region) == Number(E164, Line.PERSONAL)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("112", "TJ"),
        ("+992 112", None),
        ("*100#", "TJ"),
        ("#31#+992927000001", "TJ"),
        ("1-800-FLOWERS", "US"),
        ("92 700 00 01", None),  # of which country?
        ("992927000001", "RU"),  # of another country
        ("700 00 01", "TJ"),  # lacks its area code
        (f"{E164}, +992927000002", None),
        ("", "TJ"),
        ("+", None),
        ("00", None),
        ("hello", "TJ"),
        (E164 + "0" * 100, None),
    ],
)
def test_what_is_nobodys_number_says_why(written: str, region: str | None) -> None:
    found = read_number(written, region)
    assert isinstance(found, UserText)
    assert str(found)


def test_ranges_for_fiction_are_taken_when_they_are_international() -> None:
    assert read("+44 7700 900123").line is Line.PERSONAL
    assert read("0044 7700 900123").e164 == "+447700900123"
    assert isinstance(read_number("07700 900123", "GB"), UserText)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (
            "+1 201 555 0123",
            Line.PERSONAL,
        ),  # fixed or mobile, which nobody can tell in North America
        ("+44 20 7946 0123", Line.SHARED),
        ("+1 800 555 0100", Line.NOBODY),
        ("+800 1234 5678", Line.NOBODY),
    ],
)
def test_whose_a_number_can_be(written: str, line: Line) -> None:
    assert read(written).line is line


@pytest.mark.parametrize(
    "written",
    [
        *("+44 20 7946 0123 ext. 12", "+442079460123;ext=12", "+44 20 7946 0123 x12"),
        *("+44 20 7946 0123 доб. 12", "+442079460123p12", "+442079460123,,12", "+442079460123 #12"),
    ],
)
def test_extensions(written: str) -> None:
    assert read(written) == Number("+442079460123", Line.NOBODY, extension="12")


@pytest.mark.parametrize(
    ("written", "region", "today", "former"),
    [
        ("+52 1 55 1234 5678", None, "+525512345678", "+5215512345678"),
        ("044 55 1234 5678", "MX", "+525512345678", "+520445512345678"),
        ("+55 31 8123-4567", None, "+5531981234567", "+553181234567"),
        ("(31) 8123-4567", "BR", "+5531981234567", "+553181234567"),
        ("+229 97 00 00 01", None, "+2290197000001", "+22997000001"),
        ("97 00 00 01", "BJ", "+2290197000001", "+22997000001"),
        ("+225 07 00 00 01", None, "+2250707000001", "+22507000001"),
        ("+225 45 00 00 01", None, "+2250545000001", "+22545000001"),
        ("+225 01 00 00 01", None, "+2250101000001", "+22501000001"),
    ],
)
def test_countries_that_have_renumbered(
    written: str, region: str | None, today: str, former: str
) -> None:
    assert read(written, region) == Number(today, Line.PERSONAL, former)
    assert phonenumbers.is_valid_number(phonenumbers.parse(today))


@pytest.mark.parametrize(
    "e164", ["+525512345678", "+5531981234567", "+553171234567", "+2290197000001", "+2250707000001"]
)
def test_numbers_of_today_stay(e164: str) -> None:
    assert read(e164) == Number(e164, Line.PERSONAL)


def test_numbers_of_accounts() -> None:
    assert account_number("992927000001") == Number(E164, Line.PERSONAL)
    assert account_number("5215512345678") == Number(
        "+525512345678", Line.PERSONAL, "+5215512345678"
    )


def test_argentina_at_home_and_abroad() -> None:
    assert read("011 15-2345-6789", "AR").e164 == "+5491123456789"
    assert read("+54 11 2345-6789").line is Line.SHARED


@given(
    st.text(max_size=120), st.sampled_from([None, "TJ", "UZ", "RU", "US", "MX", "BR", "AR", "XX"])
)
def test_no_text_is_a_problem(written: str, region: str | None) -> None:
    found = read_number(written, region)
    if isinstance(found, Number):
        assert found.e164.startswith("+")
        assert found.e164[1:].isdigit()
        again = read_number(found.e164, None)
        assert isinstance(again, Number)
        assert again.e164 == found.e164


@example("+200000000000", "TJ")
@given(
    st.from_regex(r"\+?[0-9 ()\-]{5,18}", fullmatch=True), st.sampled_from(["TJ", "MX", "BR", "CI"])
)
def test_reading_twice_changes_nothing(written: str, region: str) -> None:
    found = read_number(written, region)
    if isinstance(found, Number):
        assert read(found.e164).e164 == found.e164
