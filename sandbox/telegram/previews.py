# SPDX-License-Identifier: AGPL-3.0-or-later
"""Previews of links: pending until the operator completes them, or lets them come to nothing.

Source: https://core.telegram.org/api/webpages. Only links the operator announced have one.
"""

from typing import Any

from attrs import Factory, define
from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.clock import Clock
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Post
from sandbox.telegram.wire import RandomBytes


@define
class Preview:
    """The preview of a link as it is now; `posts` are the messages that show it."""

    id: int
    url: str
    page: TLObject
    posts: list[int] = Factory(list)


class Previews:
    """All previews, by the id of their page."""

    def __init__(self, store: Store, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._previews = {one.id: one for one in store.load("preview", Preview)}

    def expect(self, url: str) -> Preview:
        """Let messages with this link have a preview that is pending at first."""
        number = int.from_bytes(self._random(8), "big") >> 1
        page = types.WebPagePending(number, self._clock.moment(), url)
        preview = Preview(number, url, page)
        self._previews[number] = preview
        self._save(preview)
        return preview

    def complete(self, preview: Preview, page: TLObject | None) -> None:
        """Put the page in the place of the pending one; None: there is nothing to show."""
        preview.page = page or types.WebPageEmpty(preview.id, preview.url)
        self._save(preview)

    def by_url(self, url: str) -> Preview | None:
        """Find the latest preview of a link."""
        found = [one for one in self._previews.values() if one.url == url]
        return found[-1] if found else None

    def in_text(self, text: str, entities: list[Any]) -> Preview | None:
        """Find the preview of the first link in a text, or behind a part of it."""
        behind = {one.url for one in entities if isinstance(one, types.MessageEntityTextUrl)}
        places = {one.url: text.find(one.url) for one in self._previews.values()}
        shown = [url for url in places if places[url] >= 0 or url in behind]
        return self.by_url(min(shown, key=lambda url: places[url])) if shown else None

    def attach(self, post: Post) -> None:
        """Give a text the preview of its first link, or take the one it had away."""
        if post.media is not None and not isinstance(post.media, types.MessageMediaWebPage):
            return
        preview = self.in_text(post.text, post.entities)
        post.media = types.MessageMediaWebPage(preview.page) if preview is not None else None
        self.shown_in(post)

    def shown_in(self, post: Post) -> None:
        """Remember that a message shows a preview, if it does."""
        preview = self._of(post.media)
        if preview is not None and post.uid not in preview.posts:
            preview.posts.append(post.uid)
            self._save(preview)

    def media(self, media: Any) -> Any:
        """Return a ``MessageMediaWebPage`` with the page as it is now, None if there is none."""
        preview = self._of(media)
        page = preview.page if preview is not None else media.webpage
        if isinstance(page, types.WebPageEmpty):
            return None
        return types.MessageMediaWebPage(
            page,
            force_large_media=media.force_large_media,
            force_small_media=media.force_small_media,
            manual=media.manual,
            safe=media.safe,
        )

    def page(self, media: Any) -> Any:
        """Return the TL ``WebPage`` of a media as it is now."""
        preview = self._of(media)
        return preview.page if preview is not None else media.webpage

    def _of(self, media: Any) -> Preview | None:
        if not isinstance(media, types.MessageMediaWebPage):
            return None
        return self._previews.get(media.webpage.id)

    def _save(self, preview: Preview) -> None:
        self._store.save("preview", str(preview.id), preview)
