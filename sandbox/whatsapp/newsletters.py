# SPDX-License-Identifier: AGPL-3.0-or-later
"""The channels of the network, which its protocol calls newsletters: open texts, one writer, many readers."""

from collections.abc import Callable, Iterator

from sandbox.statefile import StateFile
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.records import Follower, Newsletter, Post

_FIRST = 120_363_900_000_000_001
_FIRST_POST = 100


class Newsletters:
    """Channels by id and by invite code, and what was posted in them."""

    def __init__(self, store: StateFile, now: Callable[[], int], random_bytes: RandomBytes) -> None:
        self._store = store
        self._now = now
        self._random = random_bytes
        self._newsletters = {one.id: one for one in store.load("newsletter", Newsletter)}
        self._posts: dict[str, list[Post]] = {}
        for post in store.load("post", Post):
            self._posts.setdefault(post.newsletter, []).append(post)

    def create(self, name: str, description: str, owner: str) -> Newsletter:
        """Open a channel, which its owner (a LID) follows."""
        newsletter = Newsletter(
            str(_FIRST + len(self._newsletters)),
            name,
            description,
            self._now(),
            owner,
            self._random(11).hex(),
            [Follower(owner)],
        )
        self._newsletters[newsletter.id] = newsletter
        self.save(newsletter)
        return newsletter

    def get(self, number: str) -> Newsletter | None:
        """Return a channel by its id."""
        return self._newsletters.get(number)

    def invited(self, code: str) -> Newsletter | None:
        """Return the channel an invite code leads to."""
        return next((one for one in self if one.invite == code), None)

    def of(self, lid: str) -> list[Newsletter]:
        """Return the channels somebody follows."""
        return [one for one in self if one.follower(lid) is not None]

    def posts(self, newsletter: Newsletter) -> list[Post]:
        """Return what was posted, oldest first."""
        return list(self._posts.get(newsletter.id, ()))

    def post(
        self, newsletter: Newsletter, post_id: str, kind: str, body: bytes, media: str
    ) -> Post:
        """Keep something new; it gets the next number of the channel."""
        posts = self._posts.setdefault(newsletter.id, [])
        number = posts[-1].number + 1 if posts else _FIRST_POST
        post = Post(newsletter.id, number, post_id, kind, self._now(), body, media)
        posts.append(post)
        self.save_post(post)
        return post

    def save(self, newsletter: Newsletter) -> None:
        """Remember what changed about a channel."""
        self._store.save("newsletter", newsletter.id, newsletter)

    def save_post(self, post: Post) -> None:
        """Remember what changed about something posted."""
        self._store.save("post", f"{post.newsletter}/{post.number}", post)

    def __iter__(self) -> Iterator[Newsletter]:
        return iter(self._newsletters.values())
