# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the media of a post looks to one viewer."""

from typing import Any

from attrs import frozen

from sandbox.telegram.files import Files
from sandbox.telegram.polls import Polls
from sandbox.telegram.records import Peer, Post


@frozen
class Attachments:
    """Renders media for a viewer."""

    files: Files
    polls: Polls

    def shown(self, viewer: int, post: Post) -> Any:
        """Return the TL ``MessageMedia`` of a post, None if it has none."""
        poll = self.polls.of(post.media)
        if poll is not None:
            return self.polls.media(viewer, poll)
        return self.files.stamp(post.media)

    def peers(self, post: Post) -> set[Peer]:
        """Return everybody the media names."""
        poll = self.polls.of(post.media)
        return self.polls.voters(poll) if poll is not None else set()
