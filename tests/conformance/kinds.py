# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people send from their phones besides texts, photos and files, and what they change in it."""

from collections.abc import Sequence
from typing import Protocol

from tests.conformance.driver import Chat, Seen


class Kinds(Protocol):
    """One person's own client, where it sends what is more than a text or a plain file."""

    async def voice(self, chat: Chat, data: bytes, seconds: int, loudness: Sequence[int]) -> None:
        """Send a voice message with its loudness over time, each from 0 to 31."""
        ...

    async def video(
        self,
        chat: Chat,
        data: bytes,
        caption: str,
        *,
        thumbnail: bytes | None = None,
        spoiler: bool = False,
        looping: bool = False,
        is_round: bool = False,
    ) -> None:
        """Send a video of 320 by 240 pixels (round ones 240 by 240) and a second and a half."""
        ...

    async def sticker(self, chat: Chat) -> str:
        """Send a sticker; returns the emoji it stands for."""
        ...

    async def emoji(self, chat: Chat, words: str) -> str:
        """Write some words and an emoji that is a picture; returns the whole text."""
        ...

    async def place(self, chat: Chat, latitude: float, longitude: float) -> None:
        """Send a place on the map."""
        ...

    async def album(self, chat: Chat, pictures: Sequence[bytes], caption: str) -> list[Seen]:
        """Send pictures together, with one caption."""
        ...

    async def exchange(self, message: Seen, picture: bytes, caption: str) -> None:
        """Put another picture into an own message."""
        ...

    async def touch(self, message: Seen) -> None:
        """Have an own message of a direct chat reported as edited, although it looks the same."""
        ...
