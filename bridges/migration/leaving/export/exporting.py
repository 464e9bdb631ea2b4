# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes an export from beginning to end; interrupted anywhere, it goes on when called again."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from attrs import frozen
from mautrix.types import RoomID

from bridges.contacts.sources.model import Card, IdKind, NetworkID
from bridges.core.tasks import in_thread
from bridges.core.text import Translation, user_text
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.export.events import Role
from bridges.migration.leaving.export.journal import Journal
from bridges.migration.leaving.export.manifest import MANIFEST, Manifest, write_manifest
from bridges.migration.leaving.export.people import Numbers
from bridges.migration.leaving.export.reading import Progress, Reading
from bridges.migration.leaving.export.writing import (
    ACCOUNT,
    CONTACTS,
    README,
    RESULT,
    Writing,
    events_of,
)

JOURNAL = ".journal"


@frozen
class Wishes:
    """Whose export it is and what it shall hold.

    Attributes:
        cards: the person's address books.
        is_voice: tells whether somebody is a program that speaks for chats.
        say: puts sentences into the person's language.
    """

    owner: str
    cards: tuple[Card, ...]
    numbers: Numbers
    is_voice: Callable[[str], bool]
    say: Translation


@frozen
class Counts:
    """How much there is."""

    chats: int
    messages: int
    files: int


def prepare(folder: Path) -> None:
    """Make the folder of an export.

    Raises:
        LeavingRefused: there is a complete export in it, or something else.
    """
    if is_complete(folder):
        raise _there_already(folder)
    if folder.exists() and not (folder / JOURNAL).exists() and any(folder.iterdir()):
        raise LeavingRefused(
            user_text("{path} is not empty. Choose another folder.", path=str(folder))
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


async def read(reading: Reading, owner: str, progress: Progress) -> Counts:
    """Read all rooms into the journal.

    Raises ``LeavingRefused`` if the journal is of another export, and the errors of ``Homeserver``.
    """
    journal = reading.journal
    _claim(journal, "owner", owner)
    _claim(journal, "keys", reading.unsealing.identity)
    if journal.fact("listed") is None:
        await reading.list_rooms()
        journal.note_fact("listed", "yes")
    rooms = journal.rooms()
    progress.begin("rooms", len(rooms))
    for room in rooms:
        if not room.read:
            await reading.read_room(RoomID(room.room))
        progress.step()
    messages = journal.counts().get(Role.MESSAGE, 0)
    chats = sum(not room.details["space"] for room in rooms)
    return Counts(chats, messages, journal.count_files())


async def complete(reading: Reading, wishes: Wishes, folder: Path, progress: Progress) -> Manifest:
    """Fetch the files and write everything, once ``read`` is done.

    Raises the errors of ``Homeserver``, and ``OSError``.
    """
    journal = reading.journal
    progress.begin("files", journal.count_files())
    for wanted in journal.wanted():
        await reading.fetch(wanted, folder)
        progress.step()
    return await in_thread(_write, reading, wishes, folder)


def forget_journal(folder: Path) -> bool:
    """Delete the journal of a complete export; tells whether there was any. Raises ``OSError``."""
    left = list(folder.glob(f"{JOURNAL}*"))
    for one in left:
        one.unlink()
    return bool(left)


def is_complete(folder: Path) -> bool:
    """Tell whether an export was made to its end, and not begun to be removed."""
    return (folder / MANIFEST).exists()


def pack(folder: Path) -> Path:
    """Put a complete export into one zip beside it and remove the folder.

    Raises ``LeavingRefused`` if there is another zip already, and ``OSError``.
    """
    target = _zip_of(folder)
    if not target.exists():
        _zip(folder, target)
    elif not _is_packed_in(target, folder):
        raise _there_already(target)
    # With another name it is nobody's export any more, however much of it is removed.
    folder.rename(_rest_of(folder))
    shutil.rmtree(_rest_of(folder))
    return target


def packed_before(folder: Path) -> Path | None:
    """Give the zip in which a folder was packed when that was interrupted, with nothing left beside it.

    None if packing is still to be done. Raises ``LeavingRefused`` if it was done, and ``OSError``.
    """
    target, rest = _zip_of(folder), _rest_of(folder)
    if folder.exists() or not target.exists():
        return None
    if not rest.exists():
        raise _there_already(target)
    shutil.rmtree(rest)
    return target


def _zip_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.zip")


def _rest_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.packed")


def _there_already(path: Path) -> LeavingRefused:
    return LeavingRefused(
        user_text("There is a complete export in {path} already.", path=str(path))
    )


def _zip(folder: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    names = sorted(one for one in folder.rglob("*") if one.is_file())
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as packed:
        for one in names:
            packed.write(one, one.relative_to(folder))
    part.replace(target)


def _is_packed_in(target: Path, folder: Path) -> bool:
    """Whether it was packed already: no two exports have the same manifest."""
    try:
        with zipfile.ZipFile(target) as packed:
            return packed.read(MANIFEST) == (folder / MANIFEST).read_bytes()
    except (zipfile.BadZipFile, KeyError):
        return False


def _claim(journal: Journal, name: str, value: str) -> None:
    known = journal.fact(name)
    if known not in (None, value):
        raise LeavingRefused(
            user_text(
                "This export was begun for somebody else or with other room keys. "
                "Choose another folder, or give the same."
            )
        )
    journal.note_fact(name, value)


def _write(reading: Reading, wishes: Wishes, folder: Path) -> Manifest:
    journal = reading.journal
    now = int(reading.clock.now().timestamp() * 1000)
    cards = (*wishes.cards, *_partners(journal, wishes))
    writing = Writing(
        journal, folder, wishes.owner, cards, wishes.numbers, wishes.is_voice, wishes.say, now
    )
    rooms = writing.write()
    files = list(journal.files())
    counts = {
        "chats": len(rooms),
        "messages": sum(rooms.values()),
        "files": len(files),
        "missing_files": len(journal.missing()),
        "incomplete_chats": len(journal.incomplete()),
        "contacts": len(cards),
    }
    head = Manifest(wishes.owner, now, counts, rooms, {})
    written = [
        RESULT,
        CONTACTS,
        ACCOUNT,
        README,
        *(events_of(wishes.numbers, one.room) for one in journal.rooms()),
    ]
    write_manifest(folder, head, files, written)
    return head


def _partners(journal: Journal, wishes: Wishes) -> list[Card]:
    """Those with whom there are direct chats, who are contacts at Matrix."""
    known = {one for card in wishes.cards for one in card.ids}
    found: dict[str, Card] = {}
    for room in journal.rooms():
        members = journal.members(room.room) if room.details["direct"] else {}
        for mxid in room.details["direct"]:
            address = NetworkID(IdKind.MATRIX, mxid)
            if mxid == wishes.owner or wishes.is_voice(mxid) or address in known:
                continue
            name = members.get(mxid, ("", ""))[0]
            if mxid not in found or name:
                found[mxid] = Card(mxid, name or mxid, ids=(address,))
    return list(found.values())
