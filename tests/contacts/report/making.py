# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports in a few words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mautrix.types import UserID

import bridges
from bridges.contacts.people.merging import people
from bridges.contacts.report.assessing import report
from bridges.contacts.report.model import Around, Report
from bridges.contacts.sources.model import AddressBook
from bridges.core.i18n import Translator, load_catalogs
from bridges.core.text import Translation

OWNER = UserID("@madina:people.example")
NOW = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)


def made(books: Sequence[AddressBook], around: Around | None = None) -> Report:
    """A report on address books of somebody in Tajikistan."""
    return report(OWNER, NOW, books, people(books, "TJ"), around or Around())


def words(language: str) -> Translation:
    """Sentences as people of a language read them."""
    folder = Path(bridges.__file__).parent / "contacts" / "locale"
    translator = Translator(load_catalogs([folder]))
    return lambda text: translator.translate(text, language)
