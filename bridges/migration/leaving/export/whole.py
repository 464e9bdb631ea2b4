# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything of a person into a folder: read, fetched, written."""

from pathlib import Path

from mautrix.types import UserID

from bridges.contacts.sources.model import Card
from bridges.core.clock import Clock
from bridges.core.text import Translation
from bridges.migration.leaving.export.exporting import JOURNAL, Wishes, complete, read
from bridges.migration.leaving.export.journal import Journal
from bridges.migration.leaving.export.keys import Unsealing
from bridges.migration.leaving.export.manifest import Manifest
from bridges.migration.leaving.export.reading import Progress, Reading
from bridges.migration.leaving.settings import LeavingSettings, as_person


def wishes_of(
    settings: LeavingSettings, owner: UserID, cards: tuple[Card, ...], say: Translation
) -> Wishes:
    """Say whose export it is; ``cards`` are their address books."""
    return Wishes(owner, cards, settings.numbers, settings.is_voice, say)


async def export(
    settings: LeavingSettings,
    token: str,
    wishes: Wishes,
    folder: Path,
    unsealing: Unsealing,
    progress: Progress,
    clock: Clock,
) -> Manifest:
    """Make the export in a folder that is prepared, or go on with it; its journal is left there.

    ``token`` speaks in the person's name. Raises ``LeavingRefused`` if the journal is another export's,
    the errors of ``Homeserver``, ``sqlite3.Error`` and ``OSError``.
    """
    owner = UserID(wishes.owner)
    with Journal.open(folder / JOURNAL) as journal:
        async with as_person(settings, owner, token) as (homeserver, sender):
            reading = Reading(homeserver, sender, journal, unsealing, clock)
            await read(reading, owner, progress)
            return await complete(reading, wishes, folder, progress)
