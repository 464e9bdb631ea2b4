# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon audit``: read the log of the border, check it, and hand it to others."""

import os
import sys
from heapq import merge
from pathlib import Path
from typing import Annotated

import typer

from karvon.cli import residency_commands
from karvon.cli.audit_screens import checked_lines, entry_line
from karvon.cli.context import invocation
from karvon.config.layout import Layout
from karvon.errors import OperatorError
from policy_module.audit.export import export_lines, parts
from policy_module.audit.exportcheck import ExportCheck, is_export, key_of_export
from policy_module.audit.keys import PUBLIC_KEY, UnusableKeyError, pseudonyms, public_key
from policy_module.audit.lines import MAX_LINE, InvalidLineError
from policy_module.audit.notes import InvalidNoteError, decoded_key, encoded_key
from policy_module.audit.reading import (
    Checked,
    check_folder,
    check_segment,
    entries_of,
    read_kept,
    read_lines,
)
from policy_module.audit.segments import segment_of, segments
from policy_module.audit.times import EARLIEST, LATEST, read_time
from policy_module.files import write_atomically

app = typer.Typer(no_args_is_help=True, help="What the border decided and what left.")
app.command()(residency_commands.residency)
app.command()(residency_commands.territory)

_FOLDER = typer.Option(help="The audit folder of an own homeserver; by default that of karvon's.")
_FROM = typer.Option(
    "--from",
    help="The first day or time, as 2026-01-31 or 2026-01-31T18:30Z.",
    show_default=False,
)
_TO = typer.Option(
    "--to", help="The end, itself not included; without a zone it is UTC.", show_default=False
)


@app.command()
def verify(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="An export or an audit folder; by default our own.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The public key you were given, or a file that holds it.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint kept elsewhere, to compare.")
    ] = None,
) -> None:
    """Check that nothing was changed, left out or put in; exits 1 if something was, and where.

    Works offline, and an export needs no configuration.
    """
    path = path or _folder(context)
    try:
        checked = _check(path, _given_key(key), checkpoint or [])
    except (InvalidLineError, InvalidNoteError, UnusableKeyError) as error:
        raise OperatorError(f"{path}: {error}") from None
    for line in checked_lines(checked):
        print(line)
    if key is None:
        print("The key came with the log; give --key to check it against the one you trust.")
    sys.exit(0 if checked.holds else 1)


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    start: Annotated[str, _FROM] = EARLIEST,
    end: Annotated[str, _TO] = LATEST,
    folder: Annotated[Path | None, _FOLDER] = None,
) -> None:
    """Write a part of the log into one file that others can check without us."""
    folder = folder or _folder(context)
    key = _own_key(folder)
    checked = check_folder(folder, key, ())
    if not checked.holds:
        raise OperatorError(
            f"the log in {folder} does not hold, so nothing of it can be proven;"
            " see 'karvon audit verify', and keep a copy of the whole folder"
        )
    found = parts(folder, key, _time(start), _time(end))
    write_atomically(file, b"".join(export_lines(found, key)))
    for part in found:
        print(f"{part.stream}: {part.end - part.first} entries from {part.first}")
        if part.unsigned:
            print(f"  left out, not signed yet: {part.unsigned}; try again in a minute")
    if not found:
        print("There is nothing signed in this time; the file says so.")


@app.command()
def show(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; may be repeated.")] = None,
    start: Annotated[str, _FROM] = EARLIEST,
    end: Annotated[str, _TO] = LATEST,
    stream: Annotated[str | None, typer.Option(help="Only this process; main is one.")] = None,
    folder: Annotated[Path | None, _FOLDER] = None,
) -> None:
    """Print the entries of all processes by time, one a line; nothing is checked."""
    first, last = _time(start), _time(end)
    streams = [
        ((name, entry) for entry in entries_of(files))
        for name, files in segments(folder or _folder(context)).items()
        if stream in (None, name)
    ]
    try:
        for name, entry in merge(*streams, key=lambda found: found[1].time):
            if first <= entry.time < last and (not kind or entry.record.kind in kind):
                print(entry_line(name, entry))
        sys.stdout.flush()
    except BrokenPipeError:
        # As with "| head": whoever reads has seen enough, and what is buffered may go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.command("key")
def show_key(context: typer.Context, folder: Annotated[Path | None, _FOLDER] = None) -> None:
    """Print the public key for outsiders: they need it to know that the log is ours."""
    print(encoded_key(_own_key(folder or _folder(context))))


@app.command()
def whois(
    context: typer.Context,
    mxid: Annotated[str, typer.Argument(help="A Matrix id: @alice:example.org.")],
    folder: Annotated[Path | None, _FOLDER] = None,
) -> None:
    """Print the pseudonym of somebody you know, to look for in the log."""
    folder = folder or _folder(context)
    try:
        print(pseudonyms(folder, create=False).of(mxid))
    except FileNotFoundError:
        raise OperatorError(
            f"{folder} has no key for pseudonyms: none was made yet, or it was destroyed"
        ) from None
    except UnusableKeyError as error:
        raise OperatorError(str(error)) from None


def _folder(context: typer.Context) -> Path:
    return Layout.of(invocation(context).load()).audit


def _check(path: Path, key: bytes | None, checkpoints: list[Path]) -> Checked:
    if path.is_dir():
        return check_folder(path, key or public_key(path / PUBLIC_KEY), checkpoints)
    if (segment := segment_of(path)) is not None:
        return check_segment(segment, key or public_key(path.parent / PUBLIC_KEY), checkpoints)
    with path.open("rb") as file:
        first_line = file.readline(MAX_LINE)
    if not is_export(first_line):
        raise OperatorError(f"{path} is neither an audit folder, a file of one, nor an export")
    key = key or key_of_export(first_line)
    kept, problems = read_kept(checkpoints, key)
    checked = ExportCheck(path.name, key, kept).check(read_lines(path))
    return Checked(checked.reports, [*problems, *checked.problems])


def _given_key(given: str | None) -> bytes | None:
    if given is None:
        return None
    try:
        return decoded_key(given)
    except InvalidNoteError:
        return public_key(Path(given))


def _own_key(folder: Path) -> bytes:
    try:
        return public_key(folder / PUBLIC_KEY)
    except FileNotFoundError:
        raise OperatorError(
            f"there is no audit log in {folder} yet; it begins with 'karvon up'"
        ) from None
    except UnusableKeyError as error:
        raise OperatorError(str(error)) from None


def _time(typed: str) -> str:
    try:
        return read_time(typed)
    except ValueError as error:
        raise OperatorError(str(error)) from None
