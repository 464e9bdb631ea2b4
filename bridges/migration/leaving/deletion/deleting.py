# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletes kind after kind: counted before, deleted, counted again; interrupted, it goes on."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import define, field, frozen

from bridges.core.text import UserText
from bridges.migration.leaving.deletion.subjects import Subject
from bridges.migration.leaving.receipt.document import Deleted
from policy_module.files import write_atomically


@frozen
class Step:
    """One kind of data to be deleted. ``why`` is told if something of it is left."""

    name: str
    title: UserText
    subject: Subject
    why: UserText


@define
class Record:
    """How far a deletion is, on disk beside the receipt that will be.

    Attributes:
        person: who leaves.
        began_at: milliseconds since 1970.
        there: how much there was of each kind, before anything was deleted.
        left: how much is left of those that were done.
    """

    path: Path
    person: str
    began_at: int
    there: dict[str, int] = field(factory=dict)
    left: dict[str, int] = field(factory=dict)

    @classmethod
    def open(cls, path: Path, person: str, now: int) -> "Record":
        """Read it, or begin one. Raises ``ValueError`` if it is somebody else's."""
        if not path.exists():
            return cls(path, person, now)
        found = json.loads(path.read_text("utf-8"))
        if found["person"] != person:
            raise ValueError(f"{path} is about {found['person']}")
        return cls(path, person, found["began_at"], found["there"], found["left"])

    def save(self) -> None:
        """Write it down."""
        document: Mapping[str, object] = {
            "person": self.person,
            "began_at": self.began_at,
            "there": self.there,
            "left": self.left,
        }
        write_atomically(self.path, json.dumps(document).encode())


async def survey(steps: Sequence[Step], record: Record) -> None:
    """Count everything before anything is deleted. Raises the errors of the subjects.

    The last comes first: to count the first, chats with bots are opened, which are none of what was there.
    """
    for step in reversed(steps):
        if step.name not in record.there:
            record.there[step.name] = await step.subject.count()
    record.save()


async def delete(
    steps: Sequence[Step], record: Record, told: Callable[[Deleted], None]
) -> list[Deleted]:
    """Delete everything, in the order of the steps, and tell of each how it went."""
    found = []
    for step in steps:
        if step.name not in record.left:
            await step.subject.delete()
            record.left[step.name] = await step.subject.count()
            record.save()
        # Something may have come meanwhile.
        there = max(record.there[step.name], record.left[step.name])
        one = Deleted(step.name, step.title, there, record.left[step.name], step.why)
        told(one)
        found.append(one)
    return found
