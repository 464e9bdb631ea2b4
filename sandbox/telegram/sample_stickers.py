# SPDX-License-Identifier: AGPL-3.0-or-later
"""One small sticker of each format: a WebP picture, a Lottie animation (TGS), a WebM video."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sandbox.telegram.stickers import Sticker

_SAMPLES = Path(__file__).parent / "samples"


def tgs(side: int = 512, frames: int = 60) -> bytes:
    """Return a gzipped Lottie animation: a disc that grows and shrinks, at 60 frames a second."""
    middle = side / 2
    ease = {"i": {"x": [0.5], "y": [1]}, "o": {"x": [0.5], "y": [0]}}
    grow = [
        {"t": 0, "s": [60, 60], **ease},
        {"t": frames // 2, "s": [100, 100], **ease},
        {"t": frames, "s": [60, 60]},
    ]
    still: dict[str, Any] = {
        "a": {"a": 0, "k": [0, 0]},
        "r": {"a": 0, "k": 0},
        "o": {"a": 0, "k": 100},
    }
    disc = [
        {"ty": "el", "p": {"a": 0, "k": [0, 0]}, "s": {"a": 0, "k": [side * 0.7, side * 0.7]}},
        {"ty": "fl", "c": {"a": 0, "k": [0.18, 0.49, 0.2, 1]}, "o": {"a": 0, "k": 100}},
        {"ty": "tr", "p": {"a": 0, "k": [0, 0]}, "s": {"a": 0, "k": [100, 100]}, **still},
    ]
    layer = {
        "ty": 4,
        "ip": 0,
        "op": frames,
        "st": 0,
        "ks": {"p": {"a": 0, "k": [middle, middle]}, "s": {"a": 1, "k": grow}, **still},
        "shapes": [{"ty": "gr", "it": disc}],
    }
    animation = {
        "tgs": 1,
        "v": "5.5.2",
        "fr": 60,
        "ip": 0,
        "op": frames,
        "w": side,
        "h": side,
        "layers": [layer],
    }
    return gzip.compress(json.dumps(animation).encode(), mtime=0)


def _file(name: str) -> bytes:
    return (_SAMPLES / name).read_bytes()


def sample_sets() -> Mapping[str, list[Sticker]]:
    """Return the stickers of the sample sets by the sets' short names."""
    animation = Sticker("🟢", tgs(), "application/x-tgsticker", "AnimatedSticker.tgs")
    video = Sticker("😀", _file("sticker.webm"), "video/webm", "sticker.webm", seconds=1.0)
    return MappingProxyType(
        {
            "sandbox_static": [Sticker("🙂", _file("sticker.webp"), "image/webp", "sticker.webp")],
            "sandbox_animated": [animation],
            "sandbox_video": [video],
            "sandbox_emoji": [
                Sticker("🙂", _file("emoji.webp"), "image/webp", "sticker.webp", side=100),
                animation,
                video,
            ],
        }
    )
