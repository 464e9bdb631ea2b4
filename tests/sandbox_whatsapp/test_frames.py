# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frames come out whole however the messages cut them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.whatsapp.frames import Frames, framed


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=400), min_size=1, max_size=5), st.integers(1, 97))
async def test_frames_survive_any_cutting(frames: list[bytes], size: int) -> None:
    stream = b"WA\x06\x03" + b"".join(map(framed, frames))
    pieces = iter([stream[start : start + size] for start in range(0, len(stream), size)])

    async def receive() -> bytes:
        return next(pieces)

    reader = Frames(receive)
    assert await reader.prologue() == b"WA\x06\x03"
    assert [await reader.next() for _ in frames] == frames
