# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions: who may react with what, and how it looks: https://core.telegram.org/api/reactions."""

from collections.abc import Callable
from typing import Any

from telethon.tl import types

from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import ALLOWED_REACTIONS, Limits
from sandbox.telegram.posts import Posts
from sandbox.telegram.reaction_view import Stars
from sandbox.telegram.records import Account, Post, Reaction, Room
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import RpcFailureError, bad_request, forbidden
from sandbox.telegram.stickers import StickerSets


class Reactions:
    """What people do with reactions."""

    def __init__(
        self,
        clock: Clock,
        limits: Callable[[], Limits],
        rooms: Rooms,
        stickers: StickerSets,
        posts: Posts,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._rooms = rooms
        self._stickers = stickers
        self._posts = posts

    def replace(self, who: Account, post: Post, reactions: list[Any], *, big: bool = False) -> None:
        """Put somebody's reactions to a post in the place of their former ones.

        Raises REACTIONS_TOO_MANY, REACTION_INVALID, DOCUMENT_INVALID, PREMIUM_ACCOUNT_REQUIRED or
        MESSAGE_NOT_MODIFIED.
        """
        room = self._rooms.find(post.room) if post.room else None
        if post.action is not None:
            raise bad_request("MESSAGE_ID_INVALID")
        limits = self._limits()
        if len(reactions) > (limits.reactions_premium if who.premium else limits.reactions):
            raise bad_request("REACTIONS_TOO_MANY")
        for reaction in reactions:
            refusal = _refusal(room, who, reaction) or self._unknown(reaction)
            if refusal is not None:
                raise refusal
        now = self._clock.seconds()
        before = [given for given in post.reactions if given.user == who.id]
        if [bytes(given.reaction) for given in before] == [bytes(new) for new in reactions]:
            raise bad_request("MESSAGE_NOT_MODIFIED")
        others = [given for given in post.reactions if given.user != who.id]
        mine = [Reaction(who.id, reaction, now, big) for reaction in reactions]
        post.reactions = others + mine
        self._posts.reacted(post, who.id)

    def pay(self, who: Account, post: Post, stars: int, *, anonymous: bool) -> None:
        """React with stars, which add up; raises REACTION_INVALID where that is not possible."""
        room = self._rooms.find(post.room) if post.room else None
        if room is None or not room.paid_reactions or stars <= 0:
            raise bad_request("REACTION_INVALID")
        before = next((one for one in post.stars if one.user == who.id), None)
        others = [one for one in post.stars if one.user != who.id]
        total = stars + (before.count if before is not None else 0)
        post.stars = [*others, Stars(who.id, total, anonymous)]
        self._posts.reacted(post, who.id)

    def _unknown(self, reaction: Any) -> RpcFailureError | None:
        if not isinstance(reaction, types.ReactionCustomEmoji):
            return None
        known = self._stickers.custom_emoji(reaction.document_id)
        return None if known is not None else bad_request("DOCUMENT_INVALID")


def _refusal(room: Room | None, who: Account, reaction: Any) -> RpcFailureError | None:
    """Return why somebody may not react with this, None if they may."""
    allowed = room.reactions if room is not None else types.ChatReactionsAll(allow_custom=True)
    invalid = bad_request("REACTION_INVALID")
    if isinstance(allowed, types.ChatReactionsNone):
        return invalid
    if isinstance(allowed, types.ChatReactionsSome):
        listed = any(bytes(reaction) == bytes(one) for one in allowed.reactions)
        return None if listed else invalid
    if isinstance(reaction, types.ReactionEmoji):
        return None if reaction.emoticon in ALLOWED_REACTIONS else invalid
    custom: Any = allowed
    if not isinstance(reaction, types.ReactionCustomEmoji) or not getattr(
        custom, "allow_custom", False
    ):
        return invalid
    return None if who.premium else forbidden("PREMIUM_ACCOUNT_REQUIRED")
