# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon leave``: everything somebody has here is handed to them, and deleted if they wish it."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from karvon.cli.context import Invocation, invocation
from karvon.cli.languages import language as language_of
from karvon.cli.languages import words
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError

if TYPE_CHECKING:
    from mautrix.types import UserID

    from bridges.contacts.sources.model import Card
    from bridges.core.text import Translation
    from bridges.migration.leaving.export.exporting import Counts
    from bridges.migration.leaving.export.keys import Unsealing
    from bridges.migration.leaving.export.manifest import Manifest
    from bridges.migration.leaving.export.reading import Progress, Reading
    from karvon.config.model import KarvonConfig
    from karvon.leaving import LeavingSettings

DIFFERS = 3
"""Exit code for "something is not as it should be"."""

STOPPED = 130
"""128 + SIGINT, as shells say it."""

app = typer.Typer(no_args_is_help=True, help="Take everything along, and have it deleted.")

_OWNER = typer.Argument(metavar="PERSON", help="Whose data: a Matrix id on this homeserver.")
_TOKEN = typer.Option(
    help="A file with the person's own access token, where bridge.double_puppet is off.",
    show_default=False,
)
_LANGUAGE = typer.Option(help="Of what is written for the person: en, ru, tg or uz.")


@app.command()
def export(
    context: typer.Context,
    person: Annotated[str, _OWNER],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder, new or of an interrupted export.")
    ] = Path("export"),
    packed: Annotated[bool, typer.Option("--zip", help="Make one zip of it in the end.")] = False,
    keys: Annotated[
        Path | None,
        typer.Option(help="Room keys as the person's client exports them; asks the passphrase."),
    ] = None,
    token_file: Annotated[Path | None, _TOKEN] = None,
    language: Annotated[str, _LANGUAGE] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count; nothing is written.")
    ] = False,
) -> None:
    """Write all chats, files and contacts of a person into a folder.

    Stopped at any point, it goes on when called again.
    """
    from bridges.migration.leaving.export.exporting import forget_journal, pack, prepare

    call = invocation(context)
    say = words(language_of(call, language))
    config, settings = call.load(), _settings(call, token_file)
    owner = _owner(person, settings)
    try:
        with _expected_errors(say):
            unsealing = _unsealing(keys)
            if dry_run:
                _count(settings, owner, unsealing)
                return
            prepare(output)
            cards = asyncio.run(_cards(config, owner))
            made = asyncio.run(_export(settings, owner, output, cards, unsealing, say))
            forget_journal(output)
    except KeyboardInterrupt:
        print(f"Stopped. It goes on with the same command, into {output}.", file=sys.stderr)
        sys.exit(STOPPED)
    for name, count in made.counts.items():
        print(f"{name.replace('_', ' ')}: {count}")
    print(pack(output) if packed else output)


@app.command()
def check(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="An export: its folder or zip.")],
) -> None:
    """Compare every file of an export with its manifest; exits 3 if anything differs."""
    from bridges.migration.archives.container import open_container
    from bridges.migration.leaving.export.manifest import differences, read_manifest

    say = words(language_of(invocation(context), ""))
    with _expected_errors(say), open_container(path) as container:
        manifest = read_manifest(container)
        found = list(differences(container, manifest, lambda: None))
    for one in found:
        print(f"✗ {say(one)}")
    print(f"{manifest.owner}: {len(manifest.files)} files, {sum(manifest.rooms.values())} messages")
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
    from bridges.migration.leaving.export.exporting import JOURNAL, Wishes, complete
    from bridges.migration.leaving.export.exporting import read as read_all

    wishes = Wishes(owner, cards, settings.numbers, settings.is_voice, say)
    with _bars() as progress:
        async with _reading(settings, owner, folder / JOURNAL, unsealing) as reading:
            await read_all(reading, owner, progress)
            return await complete(reading, wishes, folder, progress)


async def _cards(config: "KarvonConfig", owner: "UserID") -> "tuple[Card, ...]":
    from karvon.leaving import contact_store

    async with contact_store(config, SecretStore(Layout.of(config).secrets)) as store:
        books = [] if store is None else await store.books(owner)
    return tuple(card for book in books for card in book.cards)


def _count(settings: "LeavingSettings", owner: "UserID", unsealing: "Unsealing") -> None:
    from bridges.migration.leaving.export.exporting import read as read_all

    async def main(folder: Path) -> "Counts":
        with _bars() as progress:
            async with _reading(settings, owner, folder / "journal", unsealing) as reading:
                return await read_all(reading, owner, progress)

    with TemporaryDirectory(prefix="karvon-") as folder:
        counts = asyncio.run(main(Path(folder)))
    print(f"chats: {counts.chats}\nmessages: {counts.messages}\nfiles: {counts.files}")


@asynccontextmanager
async def _reading(
    settings: "LeavingSettings", owner: "UserID", journal: Path, unsealing: "Unsealing"
) -> AsyncIterator["Reading"]:
    from bridges.core.clock import SystemClock
    from bridges.migration.leaving.export.journal import Journal
    from bridges.migration.leaving.export.reading import Reading
    from karvon.leaving import as_person

    with Journal.open(journal) as opened:
        async with as_person(settings, owner, _token(settings)) as (homeserver, sender):
            yield Reading(homeserver, sender, opened, unsealing, SystemClock())


def _settings(call: Invocation, token_file: Path | None) -> "LeavingSettings":
    from karvon.leaving import leaving_settings

    config = call.load()
    token = None if token_file is None else token_file.read_text("utf-8").strip()
    return leaving_settings(config, SecretStore(Layout.of(config).secrets), token)


def _token(settings: "LeavingSettings") -> str:
    token = settings.person_token
    if token is None:
        raise OperatorError(
            "nobody may speak for people here, as bridge.double_puppet is off: give --token-file"
        )
    return token


def _owner(person: str, settings: "LeavingSettings") -> "UserID":
    from mautrix.types import UserID

    server = settings.migration.server_name
    if not person.startswith("@") or person.partition(":")[2] != server:
        raise OperatorError(f"{person}: write it as @somebody:{server}")
    return UserID(person)


def _unsealing(keys: Path | None) -> "Unsealing":
    from bridges.migration.leaving.export.keys import Unsealing, read_keys

    if keys is None:
        return Unsealing({})
    passphrase = typer.prompt("Passphrase of the room keys", hide_input=True, err=True)
    return Unsealing(read_keys(keys.read_bytes(), passphrase))


@contextmanager
def _expected_errors(say: "Translation") -> Iterator[None]:
    """Turn what may be wrong with exports and the homeserver into one line."""
    from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
    from bridges.core.network import MisconfiguredError
    from bridges.migration.archives.errors import ArchiveRefused
    from bridges.migration.leaving.errors import LeavingRefused

    try:
        yield
    except (ArchiveRefused, LeavingRefused) as refused:
        raise OperatorError(say(refused.text)) from None
    except (HomeserverRefused, HomeserverUnavailable, MisconfiguredError) as error:
        raise OperatorError(f"the homeserver: {error}") from None
    except sqlite3.Error as error:
        raise OperatorError(f"the journal of the export cannot be used: {error}") from None


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
