# SPDX-License-Identifier: AGPL-3.0-or-later
"""A dropped file and how far it is."""

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.guide.archives.attachment import Attachment
from bridges.migration.plan.model import Answers, Question


class State(StrEnum):
    """What is done with it next, or what is waited for."""

    ARRIVING = "arriving"
    PLANNING = "planning"
    ASKING = "asking"
    """The owner has to answer something."""
    READY = "ready"
    """The owner may start it."""
    RUNNING = "running"
    STOPPED = "stopped"
    """The owner may go on, or take back what was made."""
    DONE = "done"
    """The file is deleted; the plan and its journal are kept to take it back."""
    UNDOING = "undoing"


AT_WORK = frozenset({State.ARRIVING, State.PLANNING, State.RUNNING, State.UNDOING})
"""States in which the guide is at work; after a restart it goes on."""

WAITING = frozenset({State.ARRIVING, State.PLANNING, State.ASKING, State.READY})
"""States in which no room has been made."""


@frozen
class Details:
    """What is known of it.

    Attributes:
        room: where it was dropped.
        notice: the guide's message that tells how far it is.
        questions: not answered yet, of each kind one.
        heard: the last message that was taken for an answer.
    """

    room: RoomID
    attachment: Attachment
    notice: EventID | None = None
    answers: Answers = field(factory=Answers)
    questions: tuple[Question, ...] = ()
    heard: EventID | None = None


@frozen
class Deposit:
    """A dropped file. ``id`` is the event it came in, ``received`` milliseconds since 1970."""

    id: EventID
    owner: UserID
    state: State
    received: int
    details: Details = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.details.attachment.name

    def become(self, state: State, **details: Any) -> "Deposit":
        """Give it in another state, with details changed."""
        return evolve(self, state=state, details=evolve(self.details, **details))


@frozen
class Place:
    """Where the files of a deposit lie, in a folder of its own."""

    folder: Path

    @classmethod
    def of(cls, root: Path, deposit: Deposit) -> "Place":
        """Give the place below ``root``."""
        return cls(root / hashlib.sha256(deposit.id.encode()).hexdigest()[:32])

    def archive(self, name: str) -> Path:
        """Give the file itself. It is alone in its folder, as archives may name their neighbours."""
        return self.folder / "given" / name

    @property
    def given(self) -> Path:
        """The folder of the file."""
        return self.folder / "given"

    @property
    def plan(self) -> Path:
        """What is to be done with it, and beside that its journal."""
        return self.folder / "plan.yaml"
