# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file that is a later export of chats that are here already: its messages go on in their rooms."""

import shutil

from bridges.guide.archives.deposit import Place
from bridges.migration.archives.model import Archive, ArchivedMessage
from bridges.migration.plan.model import Plan
from bridges.migration.plan.planfile import read_plan
from bridges.migration.run.journal import Journal, MadeRoom, journal_of


def is_later(before: Place, plan: Plan, archive: Archive) -> bool:
    """Whether an archive, with the plan made of it, goes on where an earlier one ends.

    It has all chats of the earlier one, and in each something of what was brought comes first. Raises
    ``ArchiveRefused`` and ``PlanRefused``.
    """
    if not journal_of(before.plan).exists():
        return False
    sources = [one.source for one in read_plan(before.plan).head.archives]
    if sources != [one.source for one in plan.head.archives]:
        return False
    chats = {one.chat for one in plan.made}
    with Journal.open(journal_of(before.plan)) as journal:
        rooms = journal.rooms()
        return bool(rooms) and all(
            one.chat in chats and _begins_in(one, journal, archive) for one in rooms
        )


def take_over(before: Place, now: Place) -> None:
    """Have what is known of the rooms of an earlier file known of a later one's."""
    with Journal.open(journal_of(before.plan)):
        pass  # All of it is in the one file then.
    target = journal_of(now.plan)
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(journal_of(before.plan), part)
    part.replace(target)


def _begins_in(made: MadeRoom, journal: Journal, archive: Archive) -> bool:
    found = archive.messages(made.chat)
    first = next((one for one in found if isinstance(one, ArchivedMessage)), None)
    return first is not None and journal.has(made.room, first.id)
