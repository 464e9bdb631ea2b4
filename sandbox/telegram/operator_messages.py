# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the operator may put into chats: messages no client can send, and previews of links."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from telethon.tl import types

from sandbox.telegram.records import Peer, Post, Room
from sandbox.telegram.sample_stickers import sample_sets
from sandbox.telegram.stickers import Sticker, StickerSetRecord
from sandbox.telegram.world import World

T = TypeVar("T")


class OperatorError(Exception):
    """The operator asked for something that does not exist; the text says what does."""


class MessageOperations(ABC):
    """Operations on messages; names are those of accounts and rooms."""

    _world: World

    @abstractmethod
    def apply(self, change: Callable[[], T]) -> T:
        """Change something, store it and let the connected clients see it."""

    @abstractmethod
    def find_room(self, name: str | int) -> Room:
        """Find a room by id, username or title; raises `OperatorError`."""

    def service_message(self, chat: str | int, action: Any, *, by: str | int | None = None) -> Post:
        """Post a service message with any TL ``MessageAction``.

        `chat` is a room, or a person whom `by` writes with. In a room it comes from its creator
        unless `by` names somebody.
        """
        return self.post(chat, by=by, action=action)

    def post(
        self,
        chat: str | int,
        text: str = "",
        *,
        by: str | int | None = None,
        via_bot: str | int | None = None,
        **content: Any,
    ) -> Post:
        """Post a message as the service shows it, also what no client could send.

        `content` are fields of `Post` as clients see them: ``media`` (any TL ``MessageMedia``),
        ``entities``, ``markup`` (a ``ReplyMarkup``), ``forward``, ``author``, ``silent``.
        """
        sender, peer = self._addressed(chat, by)
        if via_bot is not None:
            content["via_bot"] = self._world.accounts.find(via_bot).id
        posts = self._world.posts
        return self.apply(lambda: posts.send(posts.draft(sender, peer, text=text, **content)))

    # -- stickers

    def add_sticker_set(
        self,
        short_name: str,
        title: str,
        stickers: Sequence[Sticker],
        *,
        owner: str | int,
        emojis: bool = False,
    ) -> StickerSetRecord:
        """Make a set of stickers or custom emoji, whose files `owner` uploaded."""
        sets = self._world.stickers
        account = self._world.accounts.find(owner).id
        return self.apply(lambda: sets.create(account, short_name, title, stickers, emojis=emojis))

    def add_sample_stickers(self, owner: str | int) -> dict[str, StickerSetRecord]:
        """Make the sets of `sandbox.telegram.sample_stickers`, by their short names."""
        return {
            name: self.add_sticker_set(
                name, f"Sandbox {name}", stickers, owner=owner, emojis=name == "sandbox_emoji"
            )
            for name, stickers in sample_sets().items()
        }

    # -- previews

    def expect_preview(self, url: str) -> None:
        """Let messages with this link have a preview that stays pending until it is completed."""
        self.apply(lambda: self._world.previews.expect(url))

    def complete_preview(
        self, url: str, title: str | None, description: str = "", *, site: str = ""
    ) -> None:
        """Complete the pending preview of a link, also where it was sent already.

        Without a title there is nothing to show. Raises `OperatorError` for an unknown link.
        """
        preview = self._world.previews.by_url(url)
        if preview is None:
            raise OperatorError(f"nobody expects a preview of {url!r}; announce it first")
        page = None
        if title is not None:
            page = types.WebPage(
                id=preview.id,
                url=url,
                display_url=url.partition("://")[2] or url,
                hash=0,
                type="article",
                site_name=site or None,
                title=title,
                description=description or None,
            )

        def complete() -> None:
            self._world.previews.complete(preview, page)
            for uid in preview.posts:
                post = self._world.mailboxes.post(uid)
                if post is not None:
                    self._world.posts.previewed(post)

        self.apply(complete)

    # -- inside

    def _addressed(self, chat: str | int, by: str | int | None) -> tuple[int, Peer]:
        try:
            room = self.find_room(chat)
        except OperatorError:
            if by is None:
                raise
            other = self._world.accounts.find(chat)
            return self._world.accounts.find(by).id, Peer.user(other.id)
        return room.creator if by is None else self._world.accounts.find(by).id, room.peer
