# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon migrate``: archives of Telegram and WhatsApp become rooms, and rooms can be taken back."""

import asyncio
import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from karvon.cli.contact_totals import show_totals
from karvon.cli.context import Invocation, invocation
from karvon.cli.languages import language as language_of
from karvon.cli.languages import words
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError
from policy_module.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Set

    from mautrix.types import UserID

    from bridges.core.text import Translation
    from bridges.migration.plan.planning import Lookup
    from bridges.migration.run.settings import MigrationSettings
    from bridges.migration.run.work import Work

NOT_READY = 3
"""Exit code for "there are questions", "this cannot be run", and "something differs"."""

STOPPED = 130
"""128 + SIGINT, as shells say it."""

app = typer.Typer(no_args_is_help=True, help="Bring archives of chats over, verifiably.")

T = TypeVar("T")

_PLAN = typer.Argument(metavar="PLAN", help="The plan, as 'karvon migrate plan' has written it.")


class DateOrders(StrEnum):
    """In which order dates are written: day, month, year."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"
    YDM = "ydm"


class Topics(StrEnum):
    """Where topics of forums go, as ``TopicRooms``."""

    APART = "apart"
    TOGETHER = "together"


@app.command()
def plan(
    context: typer.Context,
    archives: Annotated[
        list[Path], typer.Argument(help="Exports: files, zips or folders, as they came.")
    ],
    owner: Annotated[str, typer.Option(help="Whose they are: a Matrix id on this homeserver.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the plan goes.")] = Path(
        "plan.yaml"
    ),
    zone: Annotated[
        str, typer.Option(help="Time zone of the phone or computer that made them.")
    ] = "",
    dates: Annotated[
        DateOrders | None, typer.Option(help="How dates are to be read, if that is asked.")
    ] = None,
    me: Annotated[
        str, typer.Option(help="The owner's name or id in them, if that is asked; or: nobody.")
    ] = "",
    topics: Annotated[
        Topics, typer.Option(help="A room for each topic of a forum, or one for all of it.")
    ] = Topics.APART,
    language: Annotated[
        str, typer.Option(help="Of the plan, and of our own sentences in the rooms.")
    ] = "",
) -> None:
    """Look at archives and write down what would be done; nothing is done yet.

    Exits 3 if there are questions, which the last lines say how to answer.
    """
    from mautrix.types import UserID

    from bridges.migration import closing
    from bridges.migration.archives.whatsapp import DateOrder
    from bridges.migration.plan.model import Answers, TopicRooms
    from bridges.migration.plan.planning import Request, make_plan
    from bridges.migration.run.journal import has_rooms
    from bridges.migration.screens import answers_of, left_out_lines, plan_table

    call = invocation(context)
    language = language_of(call, language)
    say, settings = words(language), _settings(call)
    if not owner.startswith("@") or owner.partition(":")[2] != settings.server_name:
        raise OperatorError(f"--owner {owner}: write it as @somebody:{settings.server_name}")
    order = None if dates is None else DateOrder(dates.value)
    answers = Answers(zone, order, me, TopicRooms(topics.value))
    request = Request(archives, UserID(owner), answers, language, say, _today())
    with _expected_errors(say), _counting() as count:
        made, remarks = make_plan(
            output, request, settings.ghosts, _lookup(settings, request.owner, say), count
        )
    console = Console(highlight=False)
    console.print(plan_table(made, say))
    for line in [*map(say, remarks), *left_out_lines(made.rooms)]:
        print(line)
    print(say(closing.planned(output, len(made.made))))
    if has_rooms(output):
        print(say(closing.grows(output)))
    for question in made.questions:
        print(f"\n? {question.ask}")
        for answer in answers_of(question):
            print(f"    {answer}")
    sys.exit(NOT_READY if made.questions else 0)


@app.command()
def check(context: typer.Context, file: Annotated[Path, _PLAN]) -> None:
    """Say what running a plan would do, and what stands in its way; exits 3 if something does."""
    from bridges.migration.run.checking import check as checked
    from bridges.migration.screens import plan_table
    from karvon.migration import policy_findings

    call = invocation(context)
    policy = policy_findings(call.load(), _settings(call))

    async def look(work: "Work") -> int:
        findings = [*policy, *await checked(work)]
        Console(highlight=False).print(plan_table(work.plan, work.say))
        for one in findings:
            print(f"{'✗' if one.prevents else '!'} {work.say(one.text)}")
        return NOT_READY if any(one.prevents for one in findings) else 0

    sys.exit(_with_work(call, file, look))


@app.command()
def run(
    context: typer.Context,
    file: Annotated[Path, _PLAN],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check; the plan says what would be done.")
    ] = False,
) -> None:
    """Carry a plan out. Stopped at any point, it goes on when called again, and doubles nothing."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from bridges.migration import closing
    from bridges.migration.run.checking import NOT_SILENT
    from bridges.migration.run.runner import Progress as Told
    from bridges.migration.run.runner import run as carry_out

    if dry_run:
        check(context, file)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())

    async def go(work: "Work") -> int:
        work.journal.begin(uuid.uuid4().hex, int(time.time() * 1000))
        with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
            tasks = []
            told = Told(
                begin=lambda room: tasks.append(
                    bars.add_task(room.name[:40], total=room.counts.get("messages"))
                ),
                advance=lambda number: bars.advance(tasks[-1], number),
            )
            silent = await carry_out(work, told)
        if not silent:
            print(work.say(NOT_SILENT))
        print(work.say(closing.brought_over(file)))
        return 0

    call = invocation(context)
    try:
        sys.exit(_with_work(call, file, go))
    except KeyboardInterrupt:
        print(words(language_of(call, ""))(closing.run_stopped(file)), file=sys.stderr)
        sys.exit(STOPPED)


@app.command()
def report(
    context: typer.Context,
    file: Annotated[Path | None, _PLAN] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", help="Write it here as JSON; - prints it instead.")
    ] = None,
    everybody: Annotated[
        bool,
        typer.Option("--all", help="Instead: how many contacts are reached how, without names."),
    ] = False,
) -> None:
    """Read the rooms again as a client and compare every message; exits 3 if anything differs."""
    if everybody:
        if file is not None:
            raise OperatorError("--all is about everybody's contacts: leave the plan away")
        show_totals(invocation(context), json_file)
        return
    if file is None:
        raise OperatorError("name the plan whose rooms are to be compared, or say --all")
    from bridges.migration.run.rereading import reread
    from bridges.migration.screens import (
        examples,
        left_out_lines,
        report_document,
        report_table,
    )

    async def compare(work: "Work") -> int:
        reports = [one async for one in reread(work)]
        document = json.dumps(report_document(reports), indent=2, ensure_ascii=False) + "\n"
        if json_file == "-":
            print(document, end="")
        else:
            Console(highlight=False).print(report_table(reports, work.say))
            for line in left_out_lines(reports):
                print(line)
            for line in examples(reports, work.say):
                print(line)
            if json_file is not None:
                write_atomically(Path(json_file), document.encode())
        return 0 if all(one.is_right for one in reports) else NOT_READY

    sys.exit(_with_work(invocation(context), file, compare))


@app.command()
def undo(
    context: typer.Context,
    file: Annotated[Path, _PLAN],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take back what 'run' has made: everybody leaves the rooms; says what cannot be taken back."""
    from bridges.migration import closing
    from bridges.migration.run.undoing import undo as take_back

    call = invocation(context)
    if not yes:
        typer.confirm(words(language_of(call, ""))(closing.CONFIRM_UNDO), abort=True)

    async def go(work: "Work") -> int:
        undone = await take_back(work, lambda: None)
        listed = file.with_name(f"{file.name}.media.txt")
        if undone.uploads:
            write_atomically(listed, "".join(f"{uri}\n" for uri in undone.uploads).encode())
        for line in closing.undone(undone, listed):
            print(work.say(line))
        return 0

    sys.exit(_with_work(call, file, go))


# -- What they share


def _with_work(call: Invocation, file: Path, step: Callable[["Work"], Awaitable[T]]) -> T:
    """Do a step of a plan, with its journal and the homeserver."""
    from bridges.migration.plan.planfile import read_plan
    from bridges.migration.run.opening import work_on

    with _expected_errors(words(language_of(call, ""))):
        found = read_plan(file)
        say = words(found.head.language)
        settings, place = _settings(call), file.resolve()

        async def main() -> T:
            async with work_on(place, found, settings, say, _today()) as work:
                return await step(work)

        return asyncio.run(main())


def _settings(call: Invocation) -> "MigrationSettings":
    from karvon.migration import migration_settings

    config = call.load()
    return migration_settings(config, SecretStore(Layout.of(config).secrets))


def _lookup(settings: "MigrationSettings", owner: "UserID", say: "Translation") -> "Lookup":
    from bridges.migration.plan.planning import Lookup
    from bridges.migration.run.opening import edges_of, users_with

    return Lookup(
        lambda candidates: _registered(candidates, settings, say),
        lambda source, numbers: asyncio.run(users_with(numbers, source, owner, settings)),
        lambda source, chats: asyncio.run(edges_of(chats, source, owner, settings)),
    )


def _registered(
    candidates: "Set[UserID]", settings: "MigrationSettings", say: "Translation"
) -> "Set[UserID] | None":
    """Ask the homeserver which ghosts of bridges there are; None if it does not answer."""
    from bridges.migration.closing import nobody_matched
    from bridges.migration.run.opening import registered_among

    found = asyncio.run(registered_among(candidates, settings, say))
    if found is None:
        print(say(nobody_matched(settings.homeserver_url)), file=sys.stderr)
    return found


@contextmanager
def _expected_errors(say: "Translation") -> Iterator[None]:
    """Turn what may be wrong with archives, plans and the homeserver into one line."""
    from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
    from bridges.core.network import MisconfiguredError
    from bridges.migration.archives.errors import ArchiveRefused
    from bridges.migration.plan.errors import PlanRefused
    from bridges.migration.run.errors import RunRefused

    try:
        yield
    except (ArchiveRefused, PlanRefused, RunRefused) as refused:
        raise OperatorError(say(refused.text)) from None
    except (HomeserverRefused, HomeserverUnavailable, MisconfiguredError) as error:
        raise OperatorError(f"the homeserver: {error}") from None
    except sqlite3.Error as error:
        raise OperatorError(f"the journal beside the plan cannot be used: {error}") from None


@contextmanager
def _counting() -> Iterator[Callable[[], None]]:
    """Show how many messages were read."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("")
        yield lambda: bars.advance(task)


def _today() -> date:
    """Give the latest day it is anywhere."""
    from bridges.migration.run.opening import latest_day

    return latest_day(datetime.now(UTC))
