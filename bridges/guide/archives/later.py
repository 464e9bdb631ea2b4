# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file that is a later export of chats that are here already: its messages go on in their rooms."""

import shutil

from bridges.guide.archives.deposit import Place
from bridges.migration.archives.model import Archive, ArchivedMessage
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.model import Plan
from bridges.migration.plan.planfile import read_plan
from bridges.migration.run.journal import Journal, MadeRoom, has_rooms, journal_of


def has_its_chats(plan: Plan, before: Place) -> bool:
    """Whether a plan has all chats that were brought over with an earlier file."""
    if not has_rooms(before.plan):
        return False
    try:
        earlier = read_plan(before.plan)
    except PlanRefused:  # It may be of another version of karvon.
        return False
    if [one.source for one in earlier.head.archives] != [one.source for one in plan.head.archives]:
        return False
    with Journal.open(journal_of(before.plan)) as journal:
        return {one.chat for one in journal.rooms()} <= {one.chat for one in plan.made}


def goes_on(archive: Archive, before: Place) -> bool:
    """Whether each of these chats begins with something that was brought. Raises ``ArchiveRefused``."""
    with Journal.open(journal_of(before.plan)) as journal:
        return all(_begins_in(one, journal, archive) for one in journal.rooms())


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
