# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the columns of a table of contacts mean, by their headers, in whatever order they stand.

Google's headers are English in every language: ``Phone 1 - Value`` beside ``Phone 1 - Type`` (until 2024) or
``Phone 1 - Label``, ``Given Name`` or ``First Name``. Outlook's are in the language of the program.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

from attrs import frozen


class Meaning(Enum):
    """What a column holds."""

    FULL_NAME = auto()
    PREFIX = auto()
    GIVEN = auto()
    MIDDLE = auto()
    FAMILY = auto()
    SUFFIX = auto()
    NICKNAME = auto()
    ORGANISATION = auto()
    PHONE = auto()
    EMAIL = auto()
    LINK = auto()


@frozen
class Column:
    """A column that is read."""

    position: int
    meaning: Meaning


_GOOGLE_VALUE = re.compile(r"(?P<what>phone|e-mail|website|im) \d+ - value")

_ABOUT_VALUES = re.compile(r"\b(?:type|label|display name|service|typ|тип|метка)\b")
"""A column that only says something about another one."""

_NAMES = {
    Meaning.FULL_NAME: ("name", "full name", "имя и фамилия", "полное имя", "vollständiger name"),
    Meaning.PREFIX: ("name prefix", "title", "обращение", "anrede"),
    Meaning.GIVEN: (
        *("given name", "first name", "имя", "ism", "ном", "vorname", "nombre", "prénom", "nome"),
        *("ad", "ім'я", "imię", "aty"),
    ),
    Meaning.MIDDLE: (
        *("additional name", "middle name", "отчество", "otasining ismi", "номи падар"),
        *("weitere vornamen", "segundo nombre", "deuxième prénom", "по батькові"),
    ),
    Meaning.FAMILY: (
        *("family name", "last name", "фамилия", "familiya", "насаб", "nachname", "apellidos"),
        *("apellido", "nom", "cognome", "sobrenome", "soyadı", "прізвище", "nazwisko"),
    ),
    Meaning.SUFFIX: ("name suffix", "suffix", "суффикс"),
    Meaning.NICKNAME: (
        "nickname",
        "псевдоним",
        "spitzname",
        "apodo",
        "surnom",
        "taxallus",
        "лақаб",
    ),
    Meaning.ORGANISATION: (
        *("organization name", "organization 1 - name", "company", "организация", "firma"),
        *("empresa", "société", "tashkilot", "ташкилот"),
    ),
}
_BY_HEADER = {header: meaning for meaning, headers in _NAMES.items() for header in headers}

_WORDS = (
    (
        Meaning.EMAIL,
        re.compile(r"e-?mail|эл\w*\.? ?почт|пошт|адрес эл|pochta|почтаи|correo|courriel|posta"),
    ),
    (
        Meaning.PHONE,
        re.compile(
            r"phone|tel[eé]f|телеф|téléph|mobil|мобил|celular|рақами? тел|raqam|هاتف|जोन|फ़ोन|puhelin|^номер$"
        ),
    ),
)


def columns(headers: Sequence[str]) -> tuple[Column, ...]:
    """Tell which columns of a table are read; empty if it is no table of contacts."""
    found = []
    for position, header in enumerate(headers):
        meaning = _meaning(" ".join(header.casefold().split()))
        if meaning is not None:
            found.append(Column(position, meaning))
    meanings = {one.meaning for one in found}
    reach = meanings & {Meaning.PHONE, Meaning.EMAIL}
    return tuple(found) if reach and len(meanings) > 1 else ()


def _meaning(header: str) -> Meaning | None:
    if google := _GOOGLE_VALUE.fullmatch(header):
        by_word = {"phone": Meaning.PHONE, "e-mail": Meaning.EMAIL}
        return by_word.get(google["what"], Meaning.LINK)
    if header in _BY_HEADER:
        return _BY_HEADER[header]
    if _ABOUT_VALUES.search(header):
        return None
    return next((meaning for meaning, words in _WORDS if words.search(header)), None)
