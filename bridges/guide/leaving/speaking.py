# SPDX-License-Identifier: AGPL-3.0-or-later
"""Says something to somebody who leaves, where they have asked for it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from bridges.core.text import UserText
from bridges.guide.conversation.voice import Voice
from bridges.guide.leaving.wish import Wish
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable, LoggedOut


@frozen
class Speaking:
    """Each thing is said once for a wish; who has left the room does not want to know."""

    voice: Voice

    async def say(self, wish: Wish, step: str, lines: Sequence[UserText]) -> None:
        """Say something. Raises ``GuideUnavailable`` and ``LoggedOut``."""
        with contextlib.suppress(GuideRefused):
            identity = (wish.details.asked, wish.kind, step)
            await self.voice.say(wish.details.room, lines, person=wish.owner, identity=identity)

    async def update(self, wish: Wish, step: str, lines: Sequence[UserText]) -> None:
        """Give the notice another text; it is told again soon, so nothing is raised."""
        details = wish.details
        if details.notice is None:
            return
        identity = (details.asked, wish.kind, details.notice, step)
        with contextlib.suppress(GuideRefused, GuideUnavailable, LoggedOut):
            await self.voice.edit(
                details.room, details.notice, lines, person=wish.owner, identity=identity
            )

    async def hand(self, wish: Wish, file: Path, mime: str) -> None:
        """Send a file. Raises the errors of ``MatrixClient``."""
        identity = (wish.details.asked, wish.kind, "file", file.name)
        await self.voice.hand(wish.details.room, file.name, mime, file, identity=identity)
