# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon migrate report --all`: numbers for those who run the server, and nobody's name."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mautrix.types import UserID

from bridges.contacts.store.schema import contact_tables
from bridges.contacts.store.totals import TotalsStore
from bridges.core.storage.database import open_database
from karvon.cli import main
from karvon.config.load import load_config
from karvon.config.settings import database_of

CONFIG = "homeserver: {server_name: home.test}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, in which the command runs."""
    (tmp_path / "karvon.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def report(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command; gives its exit code."""
    monkeypatch.setattr(sys, "argv", ["karvon", "migrate", "report", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code if isinstance(caught.value.code, int) else 0


async def keep(folder: Path) -> None:
    """Have the contacts of two people counted."""
    settings = database_of(load_config(folder / "karvon.yaml", {}, cwd=folder), "guide")
    Path(settings.url.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True)
    database = await open_database(settings.url, settings.schema, contact_tables)
    totals, now = TotalsStore(database), datetime(2030, 1, 1, tzinfo=UTC)
    await totals.save(UserID("@ali:home.test"), {"native": 1, "bridged": 5}, now)
    await totals.save(UserID("@nodira:home.test"), {"bridged": 1, "unreachable": 3}, now)
    await database.close()


def test_the_sums_over_everybody(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with asyncio.Runner() as runner:
        runner.run(keep(folder))
    assert report(monkeypatch, "--all") == 0
    shown = capsys.readouterr().out
    assert "60.0 %" in shown
    assert "10 contacts of 2 people" in shown
    assert "ali" not in shown
    assert report(monkeypatch, "--all", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "people": 2,
        "contacts": {"native": 1, "bridged": 6, "unreachable": 3},
        "oldest": "2030-01-01T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--all"], "there are no contacts yet"),
        (["--all", "plan.yaml"], "leave the plan away"),
        ([], "say --all"),
    ],
)
def test_what_cannot_be_shown_is_said(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    assert report(monkeypatch, *arguments) != 0
    assert says in capsys.readouterr().err
