# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon migrate report --all``: how many contacts are reached how, over everybody; numbers only."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from karvon.cli.context import Invocation
from karvon.config.settings import database_of
from karvon.errors import OperatorError
from policy_module.files import write_atomically

if TYPE_CHECKING:
    from bridges.contacts.store.totals import Totals
    from bridges.core.config import DatabaseSettings

_LABELS = {
    "native": "on Matrix",
    "bridged": "through a bridge",
    "unreachable": "not reachable yet",
}


def show_totals(call: Invocation, json_file: str | None) -> None:
    """Print them, or write them as JSON. Raises ``OperatorError``."""
    totals = _read(database_of(call.load(), "guide"))
    states = {state: totals.states.get(state, 0) for state in _LABELS}
    oldest = None if totals.oldest is None else totals.oldest.isoformat(timespec="seconds")
    document = {"version": 1, "people": totals.people, "contacts": states, "oldest": oldest}
    text = json.dumps(document, indent=2) + "\n"
    if json_file == "-":
        print(text, end="")
        return
    if json_file is not None:
        write_atomically(Path(json_file), text.encode())
    console = Console(highlight=False)
    if oldest is None:
        console.print("Nobody's contacts were counted yet.")
        return
    table = Table("Contacts", "Number", "Share")
    table.columns[1].justify = table.columns[2].justify = "right"
    number = sum(states.values())
    for state, label in _LABELS.items():
        share = 100 * states[state] / number if number else 0
        table.add_row(label, str(states[state]), f"{share:.1f} %")
    console.print(table)
    console.print(f"{number} contacts of {totals.people} people, counted {oldest} or later.")


def _read(settings: "DatabaseSettings") -> "Totals":
    import asyncpg
    from mautrix.util.async_db import DatabaseException

    file = Path(settings.url.removeprefix("sqlite:"))
    if settings.url.startswith("sqlite:") and not file.exists():
        raise OperatorError("there are no contacts yet: the guide has not run here")
    try:
        return asyncio.run(_totals(settings))
    except (DatabaseException, sqlite3.Error, asyncpg.PostgresError, OSError) as error:
        raise OperatorError(f"the database of contacts cannot be read: {error}") from None


async def _totals(settings: "DatabaseSettings") -> "Totals":
    from bridges.contacts.store.schema import contact_tables
    from bridges.contacts.store.totals import TotalsStore
    from bridges.core.storage.database import open_database

    database = await open_database(settings.url, settings.schema, contact_tables)
    try:
        return await TotalsStore(database).of_all()
    finally:
        await database.close()
