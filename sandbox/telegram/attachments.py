# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the media of a post looks to one viewer."""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.clock import Clock
from sandbox.telegram.files import Files
from sandbox.telegram.limits import WITHOUT_END
from sandbox.telegram.mentions import named_in
from sandbox.telegram.polls import Polls
from sandbox.telegram.previews import Previews
from sandbox.telegram.records import Peer, Post


@frozen
class Attachments:
    """Renders media for a viewer."""

    files: Files
    polls: Polls
    previews: Previews
    clock: Clock

    def shown(self, viewer: int, post: Post) -> Any:
        """Return the TL ``MessageMedia`` of a post, None if it has none."""
        media: Any = post.media
        poll = self.polls.of(media)
        if poll is not None:
            return self.polls.media(viewer, poll)
        if isinstance(media, types.MessageMediaPaidMedia):
            return self._paid(media, is_mine=viewer == post.sender)
        if self._is_gone(post):
            return _expired(media)
        if isinstance(media, types.MessageMediaWebPage):
            return self.previews.media(media)
        return self.files.stamp(media)

    def is_unread(self, viewer: int, post: Post) -> bool:
        """Tell whether a voice message, a video note or what destroys itself was not opened yet.

        The author sees that until somebody opened it, everybody else until they did.
        """
        if not waits_to_be_opened(post.media):
            return False
        return not post.heard_by if viewer == post.sender else viewer not in post.heard_by

    def peers(self, post: Post) -> set[Peer]:
        """Return everybody the media names."""
        if isinstance(post.media, types.MessageMediaPhoto | types.MessageMediaDocument):
            return set()
        poll = self.polls.of(post.media)
        return self.polls.voters(poll) if poll is not None else named_in(post.media)

    def _is_gone(self, post: Post) -> bool:
        lifetime = getattr(post.media, "ttl_seconds", None)
        if not lifetime or not post.heard_by:
            return False
        seconds = 0 if lifetime == WITHOUT_END else lifetime
        return self.clock.seconds() >= min(post.heard_by.values()) + seconds

    def _paid(self, media: Any, *, is_mine: bool) -> Any:
        for one in media.extended_media:
            self.files.stamp(one.media)
        if is_mine:
            return media
        previews = [_preview(one.media) for one in media.extended_media]
        return types.MessageMediaPaidMedia(media.stars_amount, previews)


def waits_to_be_opened(media: Any) -> bool:
    """Tell whether a media is marked as unread until somebody opens it."""
    heard = isinstance(media, types.MessageMediaDocument) and (media.voice or media.round)
    return bool(heard or getattr(media, "ttl_seconds", None))


def _expired(media: Any) -> Any:
    if isinstance(media, types.MessageMediaPhoto):
        return types.MessageMediaPhoto(ttl_seconds=media.ttl_seconds)
    return types.MessageMediaDocument(
        video=media.video, round=media.round, voice=media.voice, ttl_seconds=media.ttl_seconds
    )


def _preview(media: Any) -> Any:
    if isinstance(media, types.MessageMediaPhoto):
        size = media.photo.sizes[-1]
        return types.MessageExtendedMediaPreview(size.w, size.h)
    for attribute in media.document.attributes:
        if isinstance(attribute, types.DocumentAttributeVideo):
            duration = int(attribute.duration)
            return types.MessageExtendedMediaPreview(
                attribute.w, attribute.h, video_duration=duration
            )
    return types.MessageExtendedMediaPreview()
