# SPDX-License-Identifier: AGPL-3.0-or-later
"""A later export of chats that were brought over: what was said since comes behind what is there.

It is planned into the file of the earlier plan, whose journal knows what there is. Messages are known again
by their ids, so nothing is there twice.
"""

from collections.abc import Callable, Iterable

from mautrix.types import RoomID, UserID

from bridges.core.text import user_text
from bridges.migration.archives.model import ArchivedMessage
from bridges.migration.plan.model import PlannedArchive
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.journal import Journal

CHANGED = user_text("It was changed, or is newly there, since the export that was brought before.")
"""Why a message is left out that stands before the last one of the earlier export."""

_ELSEWHERE = user_text(
    "This plan's file was used for something else before. Make the plan again, into another file."
)


def take_up(journal: Journal, owner: UserID, archive: PlannedArchive) -> None:
    """Note that an archive is worked on. Of a later export than before the rooms are to grow.

    Raises ``RunRefused`` if another person's archive, or one of another network, stood in its place, or
    topics were divided otherwise.
    """
    name = f"archive {archive.name}"
    whose, what = f"{owner} {archive.source} {archive.answers.topics}", archive.fingerprint
    noted = journal.fact(name)
    before, _, earlier = (noted or f"{whose} {what}").rpartition(" ")
    if before != whose:
        raise RunRefused(_ELSEWHERE)
    if earlier != what:
        journal.take_anew(archive.name)
    if noted != f"{whose} {what}":
        journal.note_fact(name, f"{whose} {what}")


def last_there(journal: Journal, room: RoomID, messages: Iterable[ArchivedMessage]) -> str:
    """Give the id of the last message of a later export that was brought with the earlier one.

    It is noted, and stays the same while the room grows. Raises ``RunRefused`` if the later export does
    not go on where the earlier one ends.
    """
    noted = journal.fact(_fact(room))
    if noted is None:
        noted = _last_known(messages, lambda message: journal.has(room, message))
        journal.note_fact(_fact(room), noted)
    return noted


def grown_behind(journal: Journal, room: RoomID) -> str | None:
    """Give the id of the last message of the earlier export; None if there was none."""
    return journal.fact(_fact(room))


def note_nothing_new(journal: Journal, room: RoomID) -> None:
    """Note that nothing of a later export is to come into a room."""
    journal.note_fact(_fact(room), "")


def _last_known(messages: Iterable[ArchivedMessage], is_known: Callable[[str], bool]) -> str:
    last = None
    for number, one in enumerate(messages):
        if is_known(one.id):
            last = one.id
        elif number == 0:
            raise RunRefused(
                user_text(
                    "This export begins before the one that was brought, or is of something else. Take"
                    " that one back first (undo), or make the plan into another file."
                )
            )
    return last or ""


def _fact(room: RoomID) -> str:
    return f"grown {room}"
