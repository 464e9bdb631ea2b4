# SPDX-License-Identifier: AGPL-3.0-or-later
"""What this machine can convert files with, for both directions."""

import logging
import shutil
from importlib.util import find_spec

from attrs import frozen

from bridges.core.conversion.converter import StickerConverter
from bridges.core.conversion.isolation import Isolation
from bridges.core.conversion.outgoing import OutgoingConverter

_log = logging.getLogger(__name__)


@frozen
class Converters:
    """Stickers of networks become pictures; files from Matrix what networks show as what they are."""

    stickers: StickerConverter
    outgoing: OutgoingConverter


def available_converters() -> Converters:
    """Converters with what is installed; they share one limit of processes at a time."""
    draws = find_spec("thorvg_python") is not None and find_spec("PIL") is not None
    if not draws:
        _log.warning("Animated stickers stay files: thorvg-python or Pillow is not installed")
    ffmpeg, isolation = shutil.which("ffmpeg"), Isolation()
    stickers = StickerConverter(ffmpeg, isolation, draws=draws)
    return Converters(stickers, OutgoingConverter(ffmpeg, isolation))
