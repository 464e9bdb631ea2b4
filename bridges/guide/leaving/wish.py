# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody who leaves has asked for, and how far it is."""

from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen
from mautrix.types import EventID, RoomID, UserID


class Kind(StrEnum):
    """What is wished; of each kind a person has one at a time."""

    EXPORT = "export"
    FAREWELL = "farewell"


class Stage(StrEnum):
    """What is done next, or what is waited for."""

    ASKED = "asked"
    """The person has to confirm it."""
    SURE = "sure"
    """They have to confirm it once more."""
    MAKING = "making"
    """Everything is read, or deleted."""
    HANDING = "handing"
    """What came of it is sent into the chat."""
    WAITING = "waiting"
    """The receipt is given; the chat stays until they have saved it."""
    GOING = "going"
    """The chat goes too."""
    HANDED = "handed"
    LARGE = "large"
    """The export is too large for the chat, and lies where the operator finds it."""
    HALTED = "halted"
    """Something stands in the way; they have to ask again."""


AT_WORK = frozenset({Stage.MAKING, Stage.HANDING, Stage.WAITING, Stage.GOING})
"""Stages in which the guide is at work; after a restart it goes on."""


@frozen
class Details:
    """What is known of it.

    Attributes:
        room: where it was asked for, and where it is answered.
        asked: the message that asked for it.
        since: when it came into a stage in which something is waited for; milliseconds since 1970.
        language: the person's when they asked; what is known of them is forgotten on the way.
        notice: the guide's message that tells how far it is.
        handed: how many files are in the chat.
        manifest: SHA-256 of the last export's manifest.
        closes: the account is closed as well.
        before: how far the one before was, to which it comes back if this one is not confirmed.
        heard: the last message that was taken for an answer.
    """

    room: RoomID
    asked: EventID
    since: int
    language: str
    notice: EventID | None = None
    handed: int = 0
    manifest: str | None = None
    closes: bool = False
    before: Stage | None = None
    heard: EventID | None = None


@frozen
class Wish:
    """Something that a person has asked for."""

    owner: UserID
    kind: Kind
    stage: Stage
    details: Details = field(repr=False)

    def become(self, stage: Stage, **details: Any) -> "Wish":
        """Give it in another stage, with details changed."""
        return evolve(self, stage=stage, details=evolve(self.details, **details))
