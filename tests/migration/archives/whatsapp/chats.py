# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports laid on disk, and read."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from bridges.core.content import Text
from bridges.migration.archives.container import open_container
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage, Skipped
from bridges.migration.archives.whatsapp import Answers, DateOrder, WhatsAppArchive, open_whatsapp

DUSHANBE = ZoneInfo("Asia/Dushanbe")
TODAY = date(2026, 11, 22)


def opened(
    path: Path,
    *,
    order: DateOrder | None = None,
    owner: str | None = None,
    zone: ZoneInfo = DUSHANBE,
    first_year: int | None = None,
) -> WhatsAppArchive:
    """An archive; its container is closed with the process."""
    return open_whatsapp(
        open_container(path), path.name, Answers(zone, order, owner, first_year), TODAY
    )


def laid(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def chat(
    folder: Path, text: str, *, name: str = "_chat.txt", order: DateOrder | None = None
) -> WhatsAppArchive:
    """A chat of one file."""
    return opened(laid(folder, {name: text}) / name, order=order)


def everything(archive: WhatsAppArchive) -> list[ArchivedMessage | Skipped]:
    """All messages of the only chat."""
    (one,) = archive.chats()
    return list(archive.messages(one.id))


def messages(archive: WhatsAppArchive) -> list[ArchivedMessage]:
    """All messages of the only chat, of which nothing may be left out."""
    found = everything(archive)
    assert not [one for one in found if isinstance(one, Skipped)]
    return [one for one in found if isinstance(one, ArchivedMessage)]


def shown(message: ArchivedMessage) -> str:
    """What a message shows, in short."""
    pieces = []
    for part in message.parts:
        if isinstance(part, Text):
            pieces.append(part.text.body)
        elif isinstance(part, ArchivedFile):
            caption = f" {part.caption.body}" if part.caption else ""
            pieces.append(f"[{part.kind.value} {part.info.name}{caption}]")
        else:
            pieces.append(repr(part))
    return "\n".join(pieces)


def lines(archive: WhatsAppArchive) -> list[tuple[str | None, str]]:
    """Senders and what they say."""
    return [(one.sender, shown(one)) for one in messages(archive)]
