# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a receipt says, for programs and for people; pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from bridges.core.text import Translation, UserText, user_text

Json = dict[str, Any]

FORMAT = "karvon receipt 1"


@frozen
class Deleted:
    """How one kind of data fared.

    Attributes:
        name: of the kind, for programs.
        title: for people.
        there: how much there was before.
        left: how much is there now.
        why: the reason if something is left.
    """

    name: str
    title: UserText
    there: int
    left: int
    why: UserText | None = None


@frozen
class Stays:
    """Something that cannot be deleted here; ``text`` says what and why."""

    name: str
    text: UserText


@frozen
class Receipt:
    """All of it. Times in milliseconds since 1970; ``export`` is the SHA-256 of its manifest, if any."""

    person: str
    server: str
    began_at: int
    ended_at: int
    export: str | None
    deleted: Sequence[Deleted]
    stays: Sequence[Stays]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left of what was to be deleted."""
        return not any(one.left for one in self.deleted)

    def document(self, say: Translation) -> Json:
        """Give it as JSON, with the sentences for people in their language."""
        return {
            "format": FORMAT,
            "person": self.person,
            "server": self.server,
            "began_at": self.began_at,
            "ended_at": self.ended_at,
            "export": self.export,
            "complete": self.is_complete,
            "deleted": [
                {
                    "name": one.name,
                    "there": one.there,
                    "deleted": one.there - one.left,
                    "left": one.left,
                }
                for one in self.deleted
            ],
            "stays": [one.name for one in self.stays],
            "text": list(self.lines(say)),
        }

    def lines(self, say: Translation) -> Iterator[str]:
        """Give it for people."""
        yield say(
            user_text(
                "Receipt: what was deleted of {person} on {server}.",
                person=self.person,
                server=self.server,
            )
        )
        yield say(
            user_text(
                "Begun {began}, done {ended} (UTC).",
                began=_shown(self.began_at),
                ended=_shown(self.ended_at),
            )
        )
        for one in self.deleted:
            line = user_text(
                "{what}: {gone} of {there} deleted.",
                what=one.title,
                gone=one.there - one.left,
                there=one.there,
            )
            yield f"{'✗' if one.left else '✓'} {say(line)}"
            if one.left and one.why is not None:
                yield f"  {say(one.why)}"
        yield say(user_text("What stays, and why:"))
        yield from (f"- {say(one.text)}" for one in self.stays)


def _shown(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
