# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of what a person sees, small enough for a repository."""

import io
from pathlib import Path

from attrs import frozen
from PIL import Image

LARGEST = 150_000
"""Bytes of one picture."""


@frozen
class Album:
    """A folder of pictures."""

    folder: Path

    def keep(self, shot: bytes, name: str) -> None:
        """Keep a picture of a screen as ``name``.png."""
        taken = Image.open(io.BytesIO(shot))
        path = self.folder / f"{name}.png"
        taken.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size < LARGEST, path
