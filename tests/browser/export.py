# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a phone exports of a made-up chat."""

import io
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw

_PETALS = ((0, 130), (8, 145), (15, 126), (22, 145), (30, 130), (27, 168), (3, 168))
_PICTURE = "IMG-20240314-WA0001.jpg"
_CHAT = f"""\
13/03/2024, 18:02 - Messages and calls are end-to-end encrypted. Only people in this chat can read, \
listen to, or share them.
13/03/2024, 18:02 - Gilos Gilosova: Salom Anor! Did you plant the tulips?
13/03/2024, 18:05 - Anor Anorova: Yes, along the wall. Forty of them!
13/03/2024, 18:06 - Gilos Gilosova: They will be out by Navruz 🌷
14/03/2024, 09:30 - Gilos Gilosova: {_PICTURE} (file attached)
Like these last year
14/03/2024, 09:41 - Anor Anorova: How beautiful. I will keep a place for you on the bench.
"""


def exported_chat(folder: Path) -> Path:
    """Write the archive as Android does; give its path."""
    path = folder / "WhatsApp Chat with Gilos Gilosova.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("WhatsApp Chat with Gilos Gilosova.txt", _CHAT)
        archive.writestr(_PICTURE, _tulips())
    return path


def _tulips() -> bytes:
    """Draw a few tulips before a wall."""
    image = Image.new("RGB", (420, 260), "#cfe4f2")
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
