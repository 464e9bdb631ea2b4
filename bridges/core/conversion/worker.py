# SPDX-License-Identifier: AGPL-3.0-or-later
"""The process in which strangers' pictures are read. Run by path, so that nothing else is loaded:

``python -I worker.py tgs SOURCE TARGET SIDE`` draws an animation and prints ``{"w": …, "h": …}``, and so
does ``… was …`` with WhatsApp's form of the same;
``… sticker …``, ``… square …``, ``… gif …``, ``… jpeg …`` and ``… thumbnail …`` make of a picture a still
WebP, one of WhatsApp's stickers, a GIF, a JPEG, or a small one;
``python -I worker.py run PROGRAM ARGUMENT…`` becomes another program under the same limits.
"""

import json
import os
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CPU_SECONDS = 15
MEMORY = 1024 * 1024 * 1024
LARGEST_RESULT = 8 * 1024 * 1024
LARGEST_ANIMATION = 2 * 1024 * 1024
"""Bytes of JSON; Telegram's own limit is far lower."""

_FRAMES_PER_SECOND = 30
_MOST_SECONDS = 10
_SAFE_LAYERS = (0, 1, 3, 4)
"""Compositions, solids, nulls and shapes; not images, texts, sounds or cameras."""
_IN_WAS = "animation/animation.json"
_QUALITY = 75
_STICKER_QUALITY = 90
_MOST_PIXELS = 64_000_000
_MOST_FRAMES = 200
_USUAL_DURATION = 100
_SQUARE_TRIES = {False: (100_000, (90, 70, 40)), True: (500_000, (70, 40, 15))}
"""Bytes that WhatsApp's stickers should have at most, still and moving, and which qualities are tried."""


class UnfitAnimation(Exception):
    """A file is no animation that can be drawn; the text says why."""


def limit_resources() -> None:
    """Let the kernel end this process before it takes too much."""
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_FSIZE: LARGEST_RESULT,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    os.nice(10)


def unpack(packed: bytes) -> bytes:
    """The JSON in a ``.tgs`` file. Raises ``UnfitAnimation``."""
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = reader.decompress(packed, LARGEST_ANIMATION + 1)
    except zlib.error as error:
        raise UnfitAnimation(f"not gzip: {error}") from error
    if len(unpacked) > LARGEST_ANIMATION:
        raise UnfitAnimation(f"more than {LARGEST_ANIMATION} bytes when unpacked")
    return unpacked


def unpack_was(source: Path) -> bytes:
    """The JSON in a ``.was`` file, which is a zip. Raises ``UnfitAnimation``."""
    try:
        with zipfile.ZipFile(source) as packed, packed.open(_IN_WAS) as file:
            unpacked = file.read(LARGEST_ANIMATION + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise UnfitAnimation(f"no animation in it: {error}") from error
    if len(unpacked) > LARGEST_ANIMATION:
        raise UnfitAnimation(f"more than {LARGEST_ANIMATION} bytes when unpacked")
    return unpacked


def harmless(text: bytes) -> dict[str, Any]:
    """An animation without anything that a sticker must not have.

    Lottie can also name files to load and run scripts; what is not plain shapes is taken out.
    Raises ``UnfitAnimation``.
    """
    try:
        animation = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnfitAnimation(f"not JSON: {error}") from error
    if not isinstance(animation, dict) or not isinstance(animation.get("layers"), list):
        raise UnfitAnimation("no layers")
    for name in ("fonts", "chars", "markers", "slots"):
        animation.pop(name, None)
    assets = animation.get("assets")
    animation["assets"] = [
        one for one in (assets if isinstance(assets, list) else ()) if _is_composition(one)
    ]
    try:
        cleaned: dict[str, Any] = _cleaned(animation)
    except RecursionError as error:
        raise UnfitAnimation("nested too deeply") from error
    return cleaned


def _is_composition(asset: Any) -> bool:
    return isinstance(asset, dict) and "layers" in asset and "p" not in asset and "u" not in asset


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, one in value.items():
        if name == "x" and isinstance(one, str):
            continue  # a script
        if name == "layers" and isinstance(one, list):
            one = [layer for layer in one if _is_safe_layer(layer)]
        kept[name] = _cleaned(one)
    return kept


def _is_safe_layer(layer: Any) -> bool:
    return isinstance(layer, dict) and layer.get("ty") in _SAFE_LAYERS


def draw_tgs(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Draw a ``.tgs`` file: see ``draw``."""
    return draw(unpack(source.read_bytes()), target, side)


def draw_was(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Draw a ``.was`` file: see ``draw``."""
    return draw(unpack_was(source), target, side)


def draw(text: bytes, target: Path, side: int) -> tuple[int, int]:
    """Draw an animation as WebP within a square; returns its width and height in pixels.

    Raises ``UnfitAnimation``.
    """
    animation = harmless(text)
    width, height = _measures(animation, side)
    frames = _frames(json.dumps(animation).encode(), width, height)
    first = next(frames, None)
    if first is None:
        raise UnfitAnimation("no frames")
    first.save(
        target,
        "WEBP",
        save_all=True,
        append_images=frames,
        duration=1000 // _FRAMES_PER_SECOND,
        loop=0,
        quality=_QUALITY,
        method=2,
    )
    return width, height


def _measures(animation: dict[str, Any], side: int) -> tuple[int, int]:
    """As large as fits into the square, in its own proportions."""
    width, height = animation.get("w"), animation.get("h")
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) <= 0:
        raise UnfitAnimation("no measures")
    return _scaled(width, height, side)


def _frames(animation: bytes, width: int, height: int) -> Iterator[Any]:
    """The pictures, at the speed of the result; made one by one to save memory."""
    from PIL import Image
    from thorvg_python.animation.lottie import LottieAnimation
    from thorvg_python.base import Colorspace, Result
    from thorvg_python.canvas.sw import SwCanvas
    from thorvg_python.engine import Engine

    engine = Engine(threads=0)
    player = LottieAnimation(engine)
    picture = player.get_picture()
    if picture.load_data(animation, "lottie", None, True) != Result.SUCCESS:
        raise UnfitAnimation("it cannot be drawn")
    _, count = player.get_total_frame()
    _, seconds = player.get_duration()
    if count <= 0 or not 0 < seconds <= _MOST_SECONDS:
        raise UnfitAnimation(f"{count} frames in {seconds} seconds")
    picture.set_size(width, height)
    canvas = SwCanvas(engine)
    canvas.set_target(width, height, cs=Colorspace.ABGR8888S)
    canvas.add(picture)
    shown = max(1, round(seconds * _FRAMES_PER_SECOND))
    for number in range(shown):
        player.set_frame(number * count / shown)
        canvas.update()
        canvas.draw(True)
        canvas.sync()
        yield Image.frombytes("RGBA", (width, height), bytes(canvas.buffer_arr or b""))


def sticker(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Save a picture as a still WebP whose longer side is ``side`` pixels."""
    with _opened(source) as picture:
        width, height = _scaled(picture.width, picture.height, side)
        still = picture.convert("RGBA").resize((width, height), _smooth())
        still.save(target, "WEBP", quality=_STICKER_QUALITY, method=4)
    return width, height


def square(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Save a picture, still or moving, as a square WebP; what it leaves free is transparent."""
    from PIL import Image

    frames, durations = [], []
    with _opened(source) as picture:
        width, height = _scaled(picture.width, picture.height, side)
        for number in range(min(getattr(picture, "n_frames", 1), _MOST_FRAMES)):
            picture.seek(number)
            frame = Image.new("RGBA", (side, side))
            fitted = picture.convert("RGBA").resize((width, height), _smooth())
            frame.paste(fitted, ((side - width) // 2, (side - height) // 2))
            frames.append(frame)
            durations.append(int(picture.info.get("duration") or _USUAL_DURATION))
    moving = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": 0}
    most, qualities = _SQUARE_TRIES[len(frames) > 1]
    for quality in qualities:
        more = moving if len(frames) > 1 else {}
        frames[0].save(target, "WEBP", quality=quality, method=2, **more)
        if target.stat().st_size <= most:
            break
    return side, side


def jpeg(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Save a picture as a JPEG on white, at most ``side`` pixels wide and high."""
    from PIL import Image

    with _opened(source) as picture:
        picture.thumbnail((side, side))
        drawn = picture.convert("RGBA")
        white = Image.new("RGBA", drawn.size, "white")
        white.alpha_composite(drawn)
        white.convert("RGB").save(target, "JPEG", quality=_STICKER_QUALITY)
    return drawn.width, drawn.height


def gif(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Save a picture that moves as a GIF at most ``side`` pixels wide and high."""
    with _opened(source) as picture:
        shown = min(getattr(picture, "n_frames", 1), _MOST_FRAMES)
        width, height = _scaled(picture.width, picture.height, min(side, max(picture.size)))
        frames, durations = [], []
        for number in range(shown):
            picture.seek(number)
            frames.append(picture.convert("RGBA").resize((width, height)))
            durations.append(int(picture.info.get("duration") or _USUAL_DURATION))
    frames[0].save(
        target,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        disposal=2,
    )
    return width, height


def thumbnail(source: Path, target: Path, side: int) -> tuple[int, int]:
    """Save a picture as a JPEG at most ``side`` pixels wide and high."""
    with _opened(source) as picture:
        picture.thumbnail((side, side))
        small = picture.convert("RGB")
        small.save(target, "JPEG", quality=_QUALITY)
    return small.width, small.height


def _opened(source: Path) -> Any:
    """Open a picture of a kind Matrix clients send. Raises ``OSError`` and ``ValueError``."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS // 2  # It refuses twice as many.
    return Image.open(source, formats=("PNG", "JPEG", "GIF", "WEBP"))


def _smooth() -> Any:
    from PIL import Image

    return Image.Resampling.LANCZOS


def _scaled(width: int, height: int, side: int) -> tuple[int, int]:
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


_MAKERS: dict[str, tuple[Callable[[Path, Path, int], tuple[int, int]], str]] = {
    "tgs": (draw_tgs, "image/webp"),
    "was": (draw_was, "image/webp"),
    "sticker": (sticker, "image/webp"),
    "square": (square, "image/webp"),
    "gif": (gif, "image/gif"),
    "jpeg": (jpeg, "image/jpeg"),
    "thumbnail": (thumbnail, "image/jpeg"),
}


def main(arguments: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    limit_resources()
    mode, *rest = arguments
    if mode == "run":
        os.execvp(rest[0], rest)  # noqa: S606 - the bridge chooses the program
    source, target, side = rest
    make, mime = _MAKERS[mode]
    try:
        width, height = make(Path(source), Path(target), int(side))
    except (UnfitAnimation, MemoryError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"w": width, "h": height, "mime": mime}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
