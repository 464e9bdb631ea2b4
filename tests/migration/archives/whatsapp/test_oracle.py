# SPDX-License-Identifier: AGPL-3.0-or-later
"""whatsapp-chat-parser (JavaScript, Node) reads the same, where it knows how dates are written.

It is taken from npm, once, into the build folder. Where npm is missing or cannot fetch it the tests are
skipped, or fail where CI is set.
"""

import json
import os
import random
import shutil
import subprocess
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from bridges.migration.archives.whatsapp.date_order import DateOrder, DayReader
from bridges.migration.archives.whatsapp.lines import text_lines
from bridges.migration.archives.whatsapp.reading import Record, records
from bridges.migration.archives.whatsapp.survey import survey
from bridges.migration.archives.whatsapp.wording import load_wording
from tests.migration.archives.whatsapp.chats import TODAY
from tests.migration.archives.whatsapp.dialects import ANDROID, IPHONE, Dialect, Said

_PACKAGE = "whatsapp-chat-parser@4.0.2"
_REPOSITORY = Path(__file__).parents[4]
_FETCH_SECONDS = 60

# Other calendars, digits, and the words of other languages for the parts of the day it does not know.
_KNOWN = {
    "iphone": {"us", "gb", "german", "indonesian", "japanese"},
    "android": {
        "us",
        "gb",
        "india",
        "russian",
        "mexico",
        "brazil",
        "dutch",
        "swedish",
        "canada",
        "old",
    },
}
_DIALECTS = [
    *((f"iphone {one.name}", one) for one in IPHONE if one.name in _KNOWN["iphone"]),
    *((f"android {one.name}", one) for one in ANDROID if one.name in _KNOWN["android"]),
]
_TEXTS = (
    *("Salom", "bir\n\nuch", "Narxi: 20 so‘m", "😀", "<Media omitted>", "https://a.example/b?c=d"),
    *("\u200eIMG-20240301-WA0001.jpg (file attached)", "12:30 da - kelaman", "[13.03.24] kuni"),
)


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder the package is installed in."""
    folder = _REPOSITORY / "build" / _PACKAGE
    if not (folder / "complete").exists():
        problem = _install(folder)
        if problem and os.environ.get("CI"):
            pytest.fail(problem)
        elif problem:
            pytest.skip(problem)
    return folder


def _install(folder: Path) -> str:
    """Fetch it; say what prevents it."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}")
    options = ("--ignore-scripts", "--no-audit", "--no-fund")
    command = (npm, "install", *options, _PACKAGE)
    try:
        said = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not fetch {_PACKAGE} in time"
    if said.returncode:
        return f"npm cannot fetch {_PACKAGE}: {said.stderr[-300:]}"
    (folder / "complete").touch()
    return ""


def made(dialect: Dialect) -> str:
    """Two months of a group of three."""
    source = random.Random(dialect.name)
    chat, now = [], datetime(2024, 2, 20, 8)
    for number in range(300):
        now += timedelta(seconds=source.choice([7, 60, 3_600, 40_000]))
        sender = source.choice(["Anor", "Behi Olma", "+992 900 00 00 01"])
        chat.append(Said(now, sender, f"{source.choice(_TEXTS)} {number}"))
    return dialect.written(chat)


def ours(text: str) -> list[tuple[str, str | None, str]]:
    data = text.encode()
    wording = load_wording()
    found = survey(lambda: text_lines(BytesIO(data)), wording, TODAY)
    assert isinstance(found.order, DateOrder)
    return [
        (one.sent.isoformat(), one.sender, one.text.strip())
        for one in records(text_lines(BytesIO(data)), found, DayReader(found.order, TODAY), wording)
        if isinstance(one, Record)
    ]


def theirs(folder: Path, files: list[Path]) -> list[list[tuple[str, str | None, str]]]:
    program = Path(__file__).with_name("oracle.mjs")
    said = subprocess.run(
        ["node", str(program), str(folder), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    return [
        [(one["sent"], one["sender"], one["text"].strip()) for one in json.loads(line)]
        for line in said.stdout.splitlines()
    ]


def test_both_read_the_same(installed: Path, tmp_path: Path) -> None:
    texts = {name: made(dialect) for name, dialect in _DIALECTS}
    files = [tmp_path / f"{name}.txt" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_bytes(text.encode())
    found = dict(zip(texts, theirs(installed, files), strict=True))
    assert found == {name: ours(text) for name, text in texts.items()}
