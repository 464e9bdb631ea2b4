# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon leave delete``, ``verify`` and ``key``: everything of a person is deleted, with a receipt."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karvon.cli.context import Invocation, invocation
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
from karvon.errors import OperatorError
from policy_module.audit.keys import UnusableKeyError, public_key
from policy_module.audit.notes import InvalidNoteError, decoded_key, encoded_key

if TYPE_CHECKING:
    from mautrix.types import UserID

    from bridges.core.text import Translation
    from bridges.migration.leaving.deletion.deleting import Step
    from bridges.migration.leaving.deletion.steps import Farewell
    from bridges.migration.leaving.deletion.wording import Circumstances
    from bridges.migration.leaving.receipt.document import Receipt
    from bridges.migration.leaving.settings import LeavingSettings


def delete(
    context: typer.Context,
    person: Annotated[str, OWNER],
    export_path: Annotated[
        Path | None, typer.Option("--export", help="Their export: its folder or zip.")
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--without-export", help="They do not want one.")
    ] = False,
    receipt: Annotated[
        Path, typer.Option(help="Where the receipt goes; the same as text beside it.")
    ] = Path("receipt.json"),
    close_account: Annotated[
        bool, typer.Option("--close-account", help="Close the account for good as well.")
    ] = False,
    without_bridge: Annotated[
        list[str] | None, typer.Option(help="A network whose bridge is not asked.")
    ] = None,
    admin_token_file: Annotated[
        Path | None,
        typer.Option(help="A file with an administrator's access token: deletes uploaded files."),
    ] = None,
    backup_days: Annotated[
        int | None, typer.Option(min=0, help="How long backups of the homeserver are kept.")
    ] = None,
    token_file: Annotated[Path | None, TOKEN] = None,
    language: Annotated[str, LANGUAGE] = "",
    confirm: Annotated[str, typer.Option(help="The person's Matrix id once more; not asked.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is there.")] = False,
) -> None:
    """Delete everything of a person and write a signed receipt; exits 3 if something is left.

    Stopped at any point, it goes on when called again.
    """
    from bridges.migration.closing import confirm_deletion, password_of
    from bridges.migration.leaving.deletion.steps import Farewell
    from bridges.migration.leaving.deletion.wording import Circumstances

    call = invocation(context)
    say = words(language_of(call, language))
    settings = settings_of(call, token_file)
    owner = owner_of(person, settings)
    with expected_errors(say):
        manifest = None if dry_run else _export_of(owner, export_path, no_export)
    if not dry_run and (confirm or typer.prompt(say(confirm_deletion(owner)))) != owner:
        raise OperatorError(f"that is not {owner}: nothing was deleted")
    password = None
    if close_account and settings.token is not None:
        password = typer.prompt(say(password_of(owner)), hide_input=True, err=True)
    farewell = Farewell(
        owner,
        token_of(settings),
        frozenset(without_bridge or ()),
        None if admin_token_file is None else admin_token_file.read_text("utf-8").strip(),
        close_account,
        password,
    )
    seen = Circumstances(admin_token_file is not None, close_account, backup_days)
    with expected_errors(say):
        if dry_run:
            asyncio.run(_survey(call, settings, farewell, say))
            return
        made = asyncio.run(_delete(call, settings, farewell, seen, manifest, receipt, say))
    print(f"\n{receipt}\n{receipt.with_suffix('.txt')}")
    sys.exit(0 if made.is_complete else DIFFERS)


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A receipt, as 'karvon leave delete' wrote it.")],
    key: Annotated[
        str | None, typer.Option(help="The public key you were given, or a file that holds it.")
    ] = None,
) -> None:
    """Check that a receipt is ours and was not changed; exits 3 if it is not.

    With --key it needs no configuration and no connection.
    """
    from bridges.migration.closing import signed_by
    from bridges.migration.leaving.receipt.signing import NotSigned, check_signature

    say = words(language_of(invocation(context), ""))
    public = _public_key(context, key)
    try:
        document = json.loads(file.read_text("utf-8"))
        check_signature(document, document["server"], public)
    except (ValueError, KeyError, TypeError) as error:
        told = error if isinstance(error, NotSigned) else "this is no receipt"
        print(f"✗ {file}: {told}", file=sys.stderr)
        sys.exit(DIFFERS)
    for line in document["text"]:
        print(line)
    print(f"✓ {say(signed_by(document['server']))}")


def key(context: typer.Context) -> None:
    """Print the public key that receipts are checked with; it is made at its first use."""
    from karvon.leaving import receipt_key

    key = receipt_key(invocation(context).load())
    print(encoded_key(key.public_key().public_bytes_raw()))


# -- What they share


async def _survey(
    call: Invocation, settings: "LeavingSettings", farewell: "Farewell", say: "Translation"
) -> None:
    async with _steps(call, settings, farewell, say) as steps:
        for step in reversed(steps):
            print(f"{say(step.title)}: {await step.subject.count()}")


async def _delete(
    call: Invocation,
    settings: "LeavingSettings",
    farewell: "Farewell",
    seen: "Circumstances",
    manifest: str | None,
    target: Path,
    say: "Translation",
) -> "Receipt":
    from bridges.migration.leaving.deletion.deleting import Record, survey
    from bridges.migration.leaving.deletion.deleting import delete as delete_all
    from bridges.migration.leaving.deletion.wording import what_stays
    from bridges.migration.leaving.receipt.document import Receipt
    from bridges.migration.leaving.receipt.making import write_receipt
    from karvon.leaving import receipt_key

    try:
        record = Record.open(target.with_name(f"{target.name}.part"), farewell.owner, _now())
    except (ValueError, KeyError) as error:
        raise OperatorError(f"choose another --receipt: {error}") from None
    async with _steps(call, settings, farewell, say) as steps:
        await survey(steps, record)
        deleted = await delete_all(
            steps,
            record,
            lambda one: print(f"{say(one.title)}: {one.there - one.left}/{one.there}"),
        )
    made = Receipt(
        farewell.owner,
        settings.migration.server_name,
        record.began_at,
        _now(),
        manifest,
        deleted,
        what_stays(seen),
    )
    write_receipt(made, target, receipt_key(call.load()), say)
    record.path.unlink()
    return made


@asynccontextmanager
async def _steps(
    call: Invocation, settings: "LeavingSettings", farewell: "Farewell", say: "Translation"
) -> "AsyncIterator[list[Step]]":
    from bridges.core.clock import SystemClock
    from bridges.migration.leaving.deletion.steps import farewell_steps
    from karvon.leaving import guide_data

    secrets = SecretStore(Layout.of(call.load()).secrets)
    async with guide_data(call.load(), secrets) as guide:
        kept = {} if guide is None else guide.subjects(farewell.owner)
        async with farewell_steps(settings, farewell, kept, say, SystemClock()) as steps:
            yield steps


def _export_of(owner: "UserID", path: Path | None, no_export: bool) -> str | None:
    """Give the SHA-256 of the manifest of somebody's export, or None if they want none."""
    from bridges.migration.archives.container import open_container
    from bridges.migration.leaving.export.manifest import differences, read_manifest

    if path is None:
        if no_export:
            return None
        raise OperatorError(
            f"nothing of {owner} was exported: give --export, made with 'karvon leave export',"
            " or --without-export if they do not want one"
        )
    with open_container(path) as container:
        manifest = read_manifest(container)
        if manifest.owner != owner:
            raise OperatorError(f"{path} is the export of {manifest.owner}")
        if any(differences(container, manifest, lambda: None)):
            raise OperatorError(f"{path} is not whole: see 'karvon leave check {path}'")
    return manifest.sha256


def _public_key(context: typer.Context, given: str | None) -> bytes:
    from karvon.leaving import receipt_key

    try:
        if given is None:
            return receipt_key(invocation(context).load()).public_key().public_bytes_raw()
        return public_key(Path(given)) if Path(given).is_file() else decoded_key(given)
    except (InvalidNoteError, UnusableKeyError):
        raise OperatorError(f"{given} is no public key as 'karvon leave key' prints it") from None


def _now() -> int:
    return int(time.time() * 1000)
