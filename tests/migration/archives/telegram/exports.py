# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports for tests: those under ``tests/data/telegram_export`` and made ones."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bridges.core.content import Location, Poll, Text
from bridges.core.text import Translation
from bridges.migration.archives.container import open_container
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage, ArchivedPart, Skipped
from bridges.migration.archives.telegram import TelegramArchive, open_telegram

DATA = Path(__file__).parents[3] / "data" / "telegram_export"
WHEN = {"date": "2024-03-08T09:00:00", "date_unixtime": "1709870400"}

Read = ArchivedMessage | Skipped


@contextmanager
def opened(path: Path, say: Translation = str, *, apart: bool = False) -> Iterator[TelegramArchive]:
    with (
        open_container(path) as container,
        closing(open_telegram(container, say=say, apart=apart)) as archive,
    ):
        yield archive


def of_fixture(name: str, chat: str) -> dict[str, Read]:
    """The messages of a chat by id, what was skipped by where it stands."""
    with opened(DATA / name) as archive:
        return {
            one.id if isinstance(one, ArchivedMessage) else one.where: one
            for one in archive.messages(chat)
        }


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    """An element of ``messages``."""
    return {"id": number, "type": "message", **WHEN, "from": "Anor", "from_id": "user101", **fields}


def export_of(*messages: Any, **chat: Any) -> dict[str, Any]:
    """A single-chat export."""
    header = {"name": "Behi", "type": "personal_chat", "id": 102}
    return {**header, **chat, "messages": list(messages)}


def lay(folder: Path, export: object, files: Mapping[str, bytes] | None = None) -> Path:
    """Write an export as Telegram Desktop does: indented, not escaped."""
    for name, content in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder.mkdir(exist_ok=True)
    text = json.dumps(export, indent=1, ensure_ascii=False)
    (folder / "result.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder


def read(folder: Path, *messages: Any, **chat: Any) -> list[Read]:
    """What is read of messages."""
    with opened(lay(folder, export_of(*messages, **chat))) as archive:
        (only,) = archive.chats()
        return list(archive.messages(only.id))


def read_one(folder: Path, **fields: Any) -> ArchivedMessage:
    """What is read of one good message."""
    (one,) = read(folder, message(**fields))
    assert isinstance(one, ArchivedMessage)
    return one


def shown(part: ArchivedPart) -> str:
    """The words of a part."""
    match part:
        case Text():
            return part.text.body
        case ArchivedFile():
            return part.caption.body if part.caption else ""
        case Location():
            return part.text
        case Poll():
            return part.question


def words(one: Read) -> str:
    """All words of a message."""
    assert isinstance(one, ArchivedMessage), one
    return "\n".join(shown(part) for part in one.parts)
