# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon leave``: everything somebody has here is handed to them, and deleted if they wish it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from karvon.cli import farewell_commands
from karvon.cli.context import invocation
from karvon.cli.languages import language as language_of
from karvon.cli.languages import words
from karvon.cli.leave_context import (
    DIFFERS,
    LANGUAGE,
    OWNER,
    TOKEN,
    expected_errors,
    owner_of,
    settings_of,
    token_of,
)
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore

if TYPE_CHECKING:
    from mautrix.types import UserID

    from bridges.contacts.sources.model import Card
    from bridges.core.text import Translation
    from bridges.migration.leaving.export.exporting import Counts
    from bridges.migration.leaving.export.keys import Unsealing
    from bridges.migration.leaving.export.manifest import Manifest
    from bridges.migration.leaving.export.reading import Progress, Reading
    from bridges.migration.leaving.settings import LeavingSettings
    from karvon.config.model import KarvonConfig

STOPPED = 130
"""128 + SIGINT, as shells say it."""

app = typer.Typer(no_args_is_help=True, help="Take everything along, and have it deleted.")
app.command()(farewell_commands.delete)
app.command()(farewell_commands.verify)
app.command()(farewell_commands.key)


@app.command()
def export(
    context: typer.Context,
    person: Annotated[str, OWNER],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder, new or of an interrupted export.")
    ] = Path("export"),
    packed: Annotated[bool, typer.Option("--zip", help="Make one zip of it in the end.")] = False,
    keys: Annotated[
        Path | None,
        typer.Option(help="Room keys as the person's client exports them; asks the passphrase."),
    ] = None,
    token_file: Annotated[Path | None, TOKEN] = None,
    language: Annotated[str, LANGUAGE] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count; nothing is written.")
    ] = False,
) -> None:
    """Write all chats, files and contacts of a person into a folder.

    Stopped at any point, it goes on when called again.
    """
    from bridges.migration import closing
    from bridges.migration.leaving.export.exporting import (
        forget_journal,
        is_complete,
        pack,
        packed_before,
        prepare,
    )

    call = invocation(context)
    say = words(language_of(call, language))
    config, settings = call.load(), settings_of(call, token_file)
    owner = owner_of(person, settings)
    try:
        with expected_errors(say):
            unsealing = _unsealing(keys, say)
            if dry_run:
                _count(settings, owner, unsealing, say)
                return
            if packed and (target := packed_before(output)):
                print(target)
                return
            if is_complete(output) and (forget_journal(output) or packed):
                print(pack(output) if packed else output)
                return
            prepare(output)
            cards = asyncio.run(_cards(config, owner))
            made = asyncio.run(_export(settings, owner, output, cards, unsealing, say))
            forget_journal(output)
    except KeyboardInterrupt:
        print(say(closing.export_stopped(output)), file=sys.stderr)
        sys.exit(STOPPED)
    for line in closing.counted(made.counts):
        print(say(line))
    with expected_errors(say):
        print(pack(output) if packed else output)


@app.command()
def check(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="An export: its folder or zip.")],
) -> None:
    """Compare every file of an export with its manifest; exits 3 if anything differs."""
    from bridges.migration.archives.container import open_container
    from bridges.migration.closing import export_contents
    from bridges.migration.leaving.export.manifest import differences, read_manifest

    say = words(language_of(invocation(context), ""))
    with expected_errors(say), open_container(path) as container:
        manifest = read_manifest(container)
        found = list(differences(container, manifest, lambda: None))
    for one in found:
        print(f"✗ {say(one)}")
    files, messages = len(manifest.files), sum(manifest.rooms.values())
    print(say(export_contents(manifest.owner, files, messages)))
    sys.exit(DIFFERS if found else 0)


# -- What they share


async def _export(
    settings: "LeavingSettings",
    owner: "UserID",
    folder: Path,
    cards: "tuple[Card, ...]",
    unsealing: "Unsealing",
    say: "Translation",
) -> "Manifest":
    from bridges.core.clock import SystemClock
    from bridges.migration.leaving.export.whole import export as export_all
    from bridges.migration.leaving.export.whole import wishes_of

    wishes, token = wishes_of(settings, owner, cards, say), token_of(settings)
    with _bars() as progress:
        return await export_all(settings, token, wishes, folder, unsealing, progress, SystemClock())


async def _cards(config: "KarvonConfig", owner: "UserID") -> "tuple[Card, ...]":
    from karvon.leaving import guide_data

    async with guide_data(config, SecretStore(Layout.of(config).secrets)) as guide:
        books = [] if guide is None else await guide.contacts.books(owner)
    return tuple(card for book in books for card in book.cards)


def _count(
    settings: "LeavingSettings", owner: "UserID", unsealing: "Unsealing", say: "Translation"
) -> None:
    from bridges.migration import closing
    from bridges.migration.leaving.export.exporting import read as read_all

    async def main(folder: Path) -> "Counts":
        with _bars() as progress:
            async with _reading(settings, owner, folder / "journal", unsealing) as reading:
                return await read_all(reading, owner, progress)

    with TemporaryDirectory(prefix="karvon-") as folder:
        counts = asyncio.run(main(Path(folder)))
    found = {"chats": counts.chats, "messages": counts.messages, "files": counts.files}
    for line in closing.counted(found):
        print(say(line))


@asynccontextmanager
async def _reading(
    settings: "LeavingSettings", owner: "UserID", journal: Path, unsealing: "Unsealing"
) -> AsyncIterator["Reading"]:
    from bridges.core.clock import SystemClock
    from bridges.migration.leaving.export.journal import Journal
    from bridges.migration.leaving.export.reading import Reading
    from bridges.migration.leaving.settings import as_person

    with Journal.open(journal) as opened:
        async with as_person(settings, owner, token_of(settings)) as (homeserver, sender):
            yield Reading(homeserver, sender, opened, unsealing, SystemClock())


def _unsealing(keys: Path | None, say: "Translation") -> "Unsealing":
    from bridges.migration.closing import PASSPHRASE
    from bridges.migration.leaving.export.keys import Unsealing, read_keys

    if keys is None:
        return Unsealing({})
    passphrase = typer.prompt(say(PASSPHRASE), hide_input=True, err=True)
    return Unsealing(read_keys(keys.read_bytes(), passphrase))


@contextmanager
def _bars() -> Iterator["Progress"]:
    """Show how far it is."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    from bridges.migration.leaving.export.reading import Progress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        tasks = []
        yield Progress(
            begin=lambda name, total: tasks.append(bars.add_task(name, total=total)),
            step=lambda: bars.advance(tasks[-1]),
        )
