# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sentences for people in their own language, from gettext catalogs.

English is the source and needs no catalog. Every other language is one file ``<code>.po`` in a
``locale`` folder: the core has one, and so has each network for its own sentences. A sentence that is
not translated is shown in English.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError, read_po

from bridges.core.text import UserText

SOURCE_LANGUAGE = "en"

CORE_LOCALE = Path(__file__).parent / "locale"
"""The folder of the core's own catalogs."""


class CatalogError(Exception):
    """A catalog cannot be used; the text names the file, the line and what is wrong."""


def placeholders(template: str) -> frozenset[str]:
    """Name the values a template inserts. Raises ``ValueError`` if it is not in format syntax."""
    fields = Formatter().parse(template)
    return frozenset(name for _, name, _, _ in fields if name is not None)


def load_catalogs(folders: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Read all ``*.po`` of the folders, by language. Folders that do not exist are passed over.

    Of a sentence in several folders the last one counts. Raises ``CatalogError``.
    """
    catalogs: dict[str, dict[str, str]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.po")):
            catalogs.setdefault(_language_of(path), {}).update(_read(path))
    return catalogs


def _language_of(path: Path) -> str:
    try:
        Locale.parse(path.stem)
    except (UnknownLocaleError, ValueError):
        raise CatalogError(f"{path}: the file must be named after a language, like uz.po") from None
    return path.stem


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.stem, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: {error}") from error
    sentences: dict[str, str] = {}
    for message in catalog:
        if not (isinstance(message.id, str) and isinstance(message.string, str)):
            raise CatalogError(f"{path}:{message.lineno}: plural forms are not supported")
        if not message.id or not message.string or message.fuzzy:
            continue
        _check_placeholders(message.id, message.string, f"{path}:{message.lineno}")
        sentences[message.id] = message.string
    return sentences


def _check_placeholders(template: str, translation: str, where: str) -> None:
    try:
        same = placeholders(template) == placeholders(translation)
    except ValueError as error:
        raise CatalogError(f"{where}: {error}") from error
    if not same:
        wanted = ", ".join(f"{{{name}}}" for name in sorted(placeholders(template)))
        raise CatalogError(f"{where}: must insert exactly {wanted or 'nothing'}, as the English")


class Translator:
    """Shows sentences in the language asked for.

    ``catalogs`` maps a language to its sentences by their English template, as ``load_catalogs``
    gives them.
    """

    def __init__(self, catalogs: Mapping[str, Mapping[str, str]]) -> None:
        self._catalogs = catalogs

    def languages(self) -> dict[str, str]:
        """The languages there are: code to own name, English first."""
        codes = [SOURCE_LANGUAGE, *sorted(set(self._catalogs) - {SOURCE_LANGUAGE})]
        return {code: Locale.parse(code).get_display_name(code) or code for code in codes}

    def best_language(self, tag: str) -> str:
        """The language nearest to a tag such as ``ru``, ``uz-Latn-UZ`` or ``en_GB``; else English."""
        parts = tag.strip().replace("-", "_").split("_")
        for length in range(len(parts), 0, -1):
            code = "_".join(parts[:length])
            for known in self._catalogs:
                if known.casefold() == code.casefold():
                    return known
        return SOURCE_LANGUAGE

    def template(self, text: UserText, language: str) -> str:
        """The sentence's template in a language; its placeholders are those of the English one."""
        return self._catalogs.get(language, {}).get(text.template) or text.template

    def translate(self, text: UserText, language: str) -> str:
        """The sentence in a language."""
        return self.template(text, language).format_map(self.values(text, language))

    def values(self, text: UserText, language: str) -> dict[str, str | int]:
        """What is inserted into a sentence, with the sentences among it translated."""
        return {
            name: self.translate(value, language) if isinstance(value, UserText) else value
            for name, value in text.values.items()
        }
