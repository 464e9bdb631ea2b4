# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports of made-up chats, as the programs write them."""

import json
from pathlib import Path
from typing import Any

BEGINNING = 1_577_836_800
OWNER, OTHER, THIRD = 101, 102, 103
NAMES = {OWNER: "Anor Anorov", OTHER: "Behi Behiyeva", THIRD: "Gilos Gilosova"}


def telegram_group(folder: Path, size: int, first: int = 1) -> Path:
    """Write a group of three with answers, reactions, edits and files; give its folder.

    Its messages are those from ``first`` to ``size``.
    """
    (folder / "photos").mkdir(parents=True)
    messages = [_message(number, folder) for number in range(first, size + 1)]
    export: dict[str, Any] = {
        "personal_information": {"user_id": OWNER, "first_name": "Anor"},
        "chats": {
            "list": [
                {"name": "Bog‘", "type": "private_group", "id": 7, "messages": messages},
            ]
        },
    }
    (folder / "result.json").write_text(json.dumps(export, ensure_ascii=False), "utf-8")
    return folder


def _message(number: int, folder: Path) -> dict[str, Any]:
    sender = (OWNER, OTHER, THIRD)[number % 3]
    said_at = BEGINNING + 60 * number
    message: dict[str, Any] = {
        "id": number,
        "type": "message",
        "date": "2020-01-01T00:00:00",
        "date_unixtime": str(said_at),
        "from": NAMES[sender],
        "from_id": f"user{sender}",
        "text": f"message {number}",
    }
    if number % 5 == 0:
        message["reply_to_message_id"] = number - 4
    if number % 7 == 0:
        message |= {"edited": "2020-01-02T00:00:00", "edited_unixtime": str(said_at + 30)}
    if number % 4 == 0:
        recent = [{"from": NAMES[OTHER], "from_id": f"user{OTHER}", "date": "2020-01-02T00:00:00"}]
        message["reactions"] = [{"type": "emoji", "count": 1, "emoji": "👍", "recent": recent}]
    if number % 10 == 0:
        # Every other picture is the same one.
        content = b"\xff\xd8\xff picture " + (b"again" if number % 20 else str(number).encode())
        name = f"photos/photo_{number}.jpg"
        (folder / name).write_bytes(content)
        message |= {"photo": name, "width": 10, "height": 10}
    return message


def whatsapp_chat(folder: Path, size: int) -> Path:
    """Write a chat of two as a phone with Android does; give its file."""
    lines = [
        f"{day:02}/03/2024, 08:{minute:02} - {('Anor', 'Behi')[minute % 2]}: message {day} {minute}"
        for day in range(13, 14 + size // 60)
        for minute in range(60)
    ]
    path = folder / "WhatsApp Chat with Behi.txt"
    path.write_text("\n".join(lines[:size]) + "\n", "utf-8")
    return path
