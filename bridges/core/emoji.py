# SPDX-License-Identifier: AGPL-3.0-or-later
"""Custom emoji: pictures of the network between the letters and as reactions.

Towards networks one is ``karvon:emoji/ID`` (see ``bridges.core.content``), in Matrix the ``mxc://``
address of its picture (MSC2545, MSC4027).
"""

import structlog

from bridges.core.abilities import HasCustomEmoji
from bridges.core.clock import Clock
from bridges.core.errors import Rejected, Unsupported
from bridges.core.formatting.addresses import emoji_address, emoji_of_address
from bridges.core.matrix.rendering import ReactionKey
from bridges.core.media import MediaCourier
from bridges.core.network import Session
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.media import KnownFile, MediaCache
from bridges.core.text import user_text

_PICTURE = "mxc://"
_REMEMBERED = 1024
_SOME_PICTURE = "🖼️"
"""Stands for a custom emoji whose picture cannot be had."""
_UNKNOWN_PICTURE = user_text(
    "This picture is no emoji of the other side; choose one that came from there, or a plain emoji."
)


class CustomEmoji:
    """Finds the pictures of custom emoji, and the custom emoji of pictures."""

    def __init__(self, courier: MediaCourier, cache: MediaCache, clock: Clock) -> None:
        self._log = structlog.get_logger("karvon.emoji")
        self._courier = courier
        self._cache = cache
        self._clock = clock
        self._brought: BoundedCache[str, str] = BoundedCache(_REMEMBERED)
        self._refused: BoundedCache[str, Rejected] = BoundedCache(_REMEMBERED)

    async def picture(self, session: Session, emoji: str) -> str:
        """The ``mxc://`` address of a custom emoji.

        Raises ``Rejected`` if it cannot be had, and the passing errors.
        """
        if not isinstance(session, HasCustomEmoji):
            raise Unsupported("EMOJI.UNSUPPORTED", _UNKNOWN_PICTURE)
        known = self._refused.get(emoji)
        if known is not None:
            raise Rejected(known.code, known.text)
        try:
            uri = (await self._courier.to_matrix(session, session.custom_emoji(emoji))).uri
        except Rejected as refused:
            self._refused.put(emoji, refused)  # It may have been fetched and not be convertible.
            raise
        if self._brought.get(uri) is None:
            await self._cache.put(_key(uri), KnownFile(uri, emoji), self._clock.now())
            self._brought.put(uri, emoji)
        return uri

    async def as_reaction(self, session: Session, emoji: str) -> ReactionKey:
        """What a reaction of the network is in Matrix. Raises the passing errors."""
        document = emoji_of_address(emoji)
        if document is None:
            return ReactionKey(emoji)
        try:
            picture = await self.picture(session, document)
        except Rejected as refused:
            self._log.info("no picture of an emoji", error=str(refused))
            return ReactionKey(_SOME_PICTURE)
        return ReactionKey(picture, f":{document}:")

    async def named(self, uri: str) -> str | None:
        """The id of the custom emoji whose picture lies at an ``mxc://`` address, if it is one."""
        known = await self._cache.get(_key(uri))
        return None if known is None else known.details

    async def from_reaction(self, key: str) -> str:
        """The neutral form of a reaction's key. Raises ``Rejected`` for an unknown picture."""
        if not key.startswith(_PICTURE):
            return key
        emoji = await self.named(key)
        if emoji is None:
            raise Rejected("REACTION.UNKNOWN_PICTURE", _UNKNOWN_PICTURE)
        return emoji_address(emoji)


def _key(uri: str) -> str:
    return f"emoji at {uri}"
