# SPDX-License-Identifier: AGPL-3.0-or-later
"""The archives of the bench are what they say, and what a command takes is told."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from bridges.migration.archives.container import Container, open_container
from bridges.migration.archives.model import Archive, ArchivedFile, ArchivedMessage
from bridges.migration.archives.telegram import open_telegram
from bridges.migration.archives.whatsapp import Answers, open_whatsapp
from tests.bench.weight.commands import Scale
from tests.bench.weight.made import Made, telegram_folder, telegram_zip, whatsapp_zip
from tests.bench.weight.run import QUICK

MIB = 1024 * 1024


def holds_what_it_says(made: Made, container: Container, archive: Archive) -> None:
    messages = [one for chat in archive.chats() for one in archive.messages(chat.id)]
    assert all(isinstance(one, ArchivedMessage) for one in messages)
    assert len(messages) == made.messages
    found = [
        part.path
        for one in messages
        if isinstance(one, ArchivedMessage)
        for part in one.parts
        if isinstance(part, ArchivedFile)
    ]
    assert len(found) == len({*found}) == made.files
    assert sum(container.size(name) or 0 for name in container.names()) == made.bytes
    for path in found:
        assert path is not None
        with container.open(path) as file:
            assert file.read().rstrip(b"\0").decode() == path


def test_exports_of_telegram(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    made = telegram_folder(folder, QUICK.telegram)
    packed = telegram_zip(tmp_path / "packed.zip", QUICK.telegram, folder)
    for one in (made, packed):
        with open_container(one.path) as container:
            holds_what_it_says(one, container, open_telegram(container))


def test_an_export_of_whatsapp_with_holes(tmp_path: Path) -> None:
    made = whatsapp_zip(tmp_path / "packed.zip", QUICK.whatsapp)
    with open_container(made.path) as container:
        answers = Answers(ZoneInfo("Asia/Dushanbe"))
        archive = open_whatsapp(container, made.path.name, answers, date(2026, 1, 1))
        holds_what_it_says(made, container, archive)
    assert made.path.stat().st_blocks * 512 < made.bytes / 4


async def test_what_a_command_takes(tmp_path: Path) -> None:
    found = await Scale(tmp_path).weigh("migrate", "--help")
    assert 10 * MIB < found.peak < 1024 * MIB
    assert found.seconds > 0
    assert "plan" in found.out
