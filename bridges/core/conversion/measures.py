# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file's header says that clients want to know before they fetch it. Nothing is decoded."""

from pathlib import Path

from attrs import frozen

from bridges.core.conversion.clips import film_in, sound_in
from bridges.core.conversion.pictures import look_at

_FILM = frozenset({b"ftyp", b"moov", b"mdat", b"wide"})
"""What films begin with; old ones have no type."""
_OGG = b"OggS"


@frozen
class Measures:
    """Sizes in pixels, time in ms; ``mime`` is what a picture is, whatever it is called."""

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    mime: str = ""


UNMEASURED = Measures()


def measured(path: Path) -> Measures:
    """Look at a picture, film or sound; what is not told, or damaged, is left open. Raises ``OSError``."""
    picture = look_at(path)
    if picture is not None:
        return Measures(picture.width, picture.height, mime=picture.mime)
    with path.open("rb") as file:
        begin = file.read(8)
        try:
            if begin[4:] in _FILM:
                clip = film_in(file)
            elif begin.startswith(_OGG):
                clip = sound_in(file)
            else:
                return UNMEASURED
        except (EOFError, ValueError):
            return UNMEASURED
    return Measures(clip.width, clip.height, clip.duration_ms)
