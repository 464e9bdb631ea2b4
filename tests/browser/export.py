# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a phone and a computer export of made-up chats."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from PIL import Image, ImageDraw

_PETALS = ((0, 130), (8, 145), (15, 126), (22, 145), (30, 130), (27, 168), (3, 168))
_PHOTO = "IMG-20240314-WA0001.jpg"
PHOTO_SIZE = (420, 260)
_CHAT = f"""\
13/03/2024, 18:02 - Messages and calls are end-to-end encrypted. Only people in this chat can read, \
listen to, or share them.
13/03/2024, 18:02 - Gilos Gilosova: Salom Anor! Did you plant the tulips?
13/03/2024, 18:05 - Anor Anorova: Yes, along the wall. Forty of them!
13/03/2024, 18:06 - Gilos Gilosova: They will be out by Navruz 🌷
14/03/2024, 09:30 - Gilos Gilosova: {_PHOTO} (file attached)
Like these last year
14/03/2024, 09:41 - Anor Anorova: How beautiful. I will keep a place for you on the bench.
"""


_ANOR, _BEHI, _GONE = ("Anor Anorova", "user101"), ("Behi Behiyeva", "user102"), (None, "user103")
_BEGUN = 1_710_315_000
"""13 March 2024, 12:30 in Dushanbe."""


def exported_account(folder: Path) -> Path:
    """Write an archive as Telegram Desktop does, packed; give its path."""
    heart = {"from": _BEHI[0], "from_id": _BEHI[1], "date": "2024-03-13T12:40:00"}
    place = {"latitude": 38.576, "longitude": 68.787}
    answers = [{"text": "Bread", "voters": 2, "chosen": True}, {"text": "Soup", "voters": 1}]
    voice = {"media_type": "voice_message", "mime_type": "audio/ogg", "file": "voice.ogg"}
    messages = [
        _message(1, _BEHI, text="Who has the key of the shed?"),
        _message(2, _GONE, text="It hangs behind the door."),
        _message(
            3,
            _ANOR,
            text="Found it, thank you!",
            reply_to_message_id=2,
            reactions=[{"type": "emoji", "count": 1, "emoji": "❤", "recent": [heart]}],
        ),
        _message(4, _BEHI, **voice, duration_seconds=7),
        _message(5, _BEHI, location_information=place),
        _message(
            6,
            _ANOR,
            poll={"question": "What do we eat?", "total_voters": 3, "answers": answers},
        ),
        _message(7, _BEHI, text="Both", reply_to_message_id=6),
        _message(8, _BEHI, text="Rain on Friday", forwarded_from="Weather of Dushanbe"),
        _message(9, _BEHI, photo="(File not included.)", width=4, height=3),
        _message(10, _ANOR, text="Then Sunday it is."),
    ]
    group = {"name": "The shed", "type": "private_group", "id": 7, "messages": messages}
    whose = {"user_id": 101, "first_name": "Anor", "last_name": "Anorova"}
    export = {"personal_information": whose, "chats": {"list": [group]}}
    path = folder / "DataExport.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", json.dumps(export, ensure_ascii=False))
        archive.writestr("voice.ogg", _hum(folder / "voice.ogg"))
    return path


def _message(number: int, sender: tuple[str | None, str], **said: Any) -> dict[str, Any]:
    name, identity = sender
    return {
        "id": number,
        "type": "message",
        "date": "2024-03-13T12:30:00",
        "date_unixtime": str(_BEGUN + 300 * number),
        "from": name,
        "from_id": identity,
        "text": "",
        **said,
    }


def _hum(path: Path) -> bytes:
    """Record seven seconds as a phone does."""
    ffmpeg = shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()
    sound = ("-f", "lavfi", "-i", "sine=220:d=7", "-c:a", "libopus", "-b:a", "16k")
    subprocess.run((ffmpeg, "-v", "error", "-y", *sound, str(path)), check=True, timeout=60)
    return path.read_bytes()


def exported_chat(folder: Path) -> Path:
    """Write the archive as Android does; give its path."""
    path = folder / "WhatsApp Chat with Gilos Gilosova.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("WhatsApp Chat with Gilos Gilosova.txt", _CHAT)
        archive.writestr(_PHOTO, _tulips())
    return path


def _tulips() -> bytes:
    """Draw a few tulips before a wall."""
    image = Image.new("RGB", PHOTO_SIZE, "#cfe4f2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 120, 420, 210), fill="#d9c3a0")
    draw.rectangle((0, 210, 420, 260), fill="#6f9a4f")
    for number, colour in enumerate(("#c62f3a", "#e8a531", "#c62f3a", "#a64ca0", "#e8a531")):
        left = 45 + 75 * number
        draw.line((left + 15, 165, left + 15, 235), fill="#3f7a3a", width=5)
        draw.polygon(
            [(left + x, y) for x, y in _PETALS],
            fill=colour,
        )
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()
