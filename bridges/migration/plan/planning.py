# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes plans: reads the archives, asks who there is, and writes what is found."""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from attrs import frozen
from mautrix.types import UserID

from bridges.core.text import Translation, UserText
from bridges.migration.archives.model import Source
from bridges.migration.plan.making import Maker, candidates
from bridges.migration.plan.matching import Ghosts
from bridges.migration.plan.model import (
    VERSION,
    Answers,
    Head,
    Plan,
    PlannedArchive,
    PlannedRoom,
    Question,
)
from bridges.migration.plan.planfile import write_plan
from bridges.migration.plan.sources import Opened, opened

Lookup = Callable[[Set[UserID]], Set[UserID] | None]
"""Tells which of some ghosts there are; None if the homeserver does not answer."""


@frozen
class Request:
    """What is to be planned.

    Attributes:
        archives: as the operator has named them.
        say: puts sentences into ``language``.
    """

    archives: Sequence[Path]
    owner: UserID
    answers: Answers
    language: str
    say: Translation
    today: date


def make_plan(
    target: Path,
    request: Request,
    ghosts: Ghosts,
    lookup: Lookup,
    progress: Callable[[], None],
) -> tuple[Plan, list[UserText]]:
    """Write a plan; gives it without its speakers, and what should be known of the archives.

    Raises ``ArchiveRefused``, ``PlanRefused`` and ``OSError``.
    """
    with ExitStack() as stack:
        open_archives = [
            stack.enter_context(opened(path, request.answers, request.today, request.say))
            for path in request.archives
        ]
        planned = [
            PlannedArchive(
                name=str(number),
                path=_from(target, path),
                source=one.archive.source,
                fingerprint=one.fingerprint(),
                answers=request.answers,
            )
            for number, (path, one) in enumerate(
                zip(request.archives, open_archives, strict=True), start=1
            )
        ]
        registered = lookup(_candidates(open_archives, ghosts))
        maker = Maker(request.owner, ghosts, registered, request.say, progress)
        head = Head(VERSION, request.owner, request.language, tuple(planned))
        plan = write_plan(target, head, _all(maker, planned, open_archives))
        return plan, [remark for one in open_archives for remark in one.remarks]


def _all(
    maker: Maker, planned: Sequence[PlannedArchive], archives: Sequence[Opened]
) -> Iterator[PlannedRoom | Question]:
    for about, one in zip(planned, archives, strict=True):
        yield from maker.rooms(about, one.archive)


def _candidates(archives: Sequence[Opened], ghosts: Ghosts) -> Set[UserID]:
    return {
        ghost
        for one in archives
        if _has_bridge(one.archive.source, ghosts)
        for ghost in candidates(one.archive.source, one.archive, ghosts)
    }


def _has_bridge(source: Source, ghosts: Ghosts) -> bool:
    return source in ghosts.templates


def _from(target: Path, path: Path) -> str:
    """Give a path as it is written into the plan, so that both can be moved together."""
    folder, absolute = target.resolve().parent, path.resolve()
    if absolute.is_relative_to(folder):
        return absolute.relative_to(folder).as_posix()
    return str(absolute)
