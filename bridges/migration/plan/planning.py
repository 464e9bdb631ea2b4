# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes plans: reads the archives, asks who there is, and writes what is found."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from attrs import evolve, frozen
from mautrix.types import UserID

from bridges.core.text import Translation, UserText
from bridges.migration.archives.model import Source
from bridges.migration.plan.behind import BridgedChat, Edge
from bridges.migration.plan.making import Known, Maker, numbers
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


@frozen
class Lookup:
    """Asks who is known here.

    Attributes:
        registered: tells which of some ghosts there are; None if the homeserver does not answer.
        users: tells whose some phone numbers (E.164) are at a network, as its bridge calls them and as
            far as it has told the archives' owner; nobody's if it does not answer.
        edges: tells where the bridge's part begins of those chats that it has in rooms of the owner's.
            May raise ``PlanRefused``.
    """

    registered: Callable[[Set[UserID]], Set[UserID] | None]
    users: Callable[[Source, Set[str]], Mapping[str, str]]
    edges: Callable[[Source, Set[BridgedChat]], Mapping[BridgedChat, Edge]]


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
        ghosts = evolve(ghosts, users=_users(open_archives, ghosts, lookup))
        known = _known(planned, open_archives, ghosts)
        registered = lookup.registered(known.candidates)
        edges = lookup.edges(Source.TELEGRAM, known.chats) if known.chats else {}
        maker = Maker(request.owner, ghosts, registered, request.say, progress, edges)
        head = Head(VERSION, request.owner, request.language, tuple(planned))
        plan = write_plan(target, head, _all(maker, planned, open_archives))
        return plan, [remark for one in open_archives for remark in one.remarks]


def _all(
    maker: Maker, planned: Sequence[PlannedArchive], archives: Sequence[Opened]
) -> Iterator[PlannedRoom | Question]:
    for about, one in zip(planned, archives, strict=True):
        yield from maker.rooms(about, one.archive)


def _users(
    archives: Sequence[Opened], ghosts: Ghosts, lookup: Lookup
) -> Mapping[Source, Mapping[str, str]]:
    """Whose the phone numbers in archives are. Telegram's exports tell ids, so nothing is asked there."""
    wanted = {
        number
        for one in archives
        if one.archive.source is Source.WHATSAPP
        for number in numbers(one.archive)
    }
    is_asked = wanted and Source.WHATSAPP in ghosts.templates
    return {Source.WHATSAPP: lookup.users(Source.WHATSAPP, wanted)} if is_asked else {}


def _known(planned: Sequence[PlannedArchive], archives: Sequence[Opened], ghosts: Ghosts) -> Known:
    known = Known()
    for about, one in zip(planned, archives, strict=True):
        if about.source in ghosts.templates:
            known.take(about, one.archive, ghosts)
    return known


def _from(target: Path, path: Path) -> str:
    """Give a path as it is written into the plan, so that both can be moved together."""
    folder, absolute = target.resolve().parent, path.resolve()
    if absolute.is_relative_to(folder):
        return absolute.relative_to(folder).as_posix()
    return str(absolute)
