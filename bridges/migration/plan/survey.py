# SPDX-License-Identifier: AGPL-3.0-or-later
"""What there is in a chat, counted; pure. Memory grows with people and reasons, never with messages."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from attrs import define, field

from bridges.core.content import Location, MediaKind, Poll, Text
from bridges.core.text import Translation
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage, Skipped
from bridges.migration.plan.model import LeftOut

EXAMPLES = 3
"""Places that are told of what is left out for one reason."""

MOST_REASONS = 100
"""Reasons that are told apart; there are fewer, unless sentences are made of what a file holds."""

_NAMES = {
    MediaKind.IMAGE: "pictures",
    MediaKind.VIDEO: "videos",
    MediaKind.AUDIO: "sounds",
    MediaKind.FILE: "files",
    MediaKind.STICKER: "stickers",
}


@define
class Tally:
    """Counts messages as they pass.

    Attributes:
        largest: bytes of the largest file, as far as sizes are told.
    """

    say: Translation
    counts: Counter[str] = field(factory=Counter)
    speakers: set[str] = field(factory=set)
    largest: int = 0
    _left_out: dict[str, tuple[int, tuple[str, ...]]] = field(factory=dict)

    def take(self, found: ArchivedMessage | Skipped) -> None:
        """Count one."""
        if isinstance(found, Skipped):
            self.counts["left_out"] += 1
            self.leave_out(self.say(found.reason), found.where)
            return
        self.counts["messages"] += 1
        if found.sender is not None:
            self.speakers.add(found.sender)
        for part in found.parts:
            self._part(part, found)
        self.counts["answers"] += found.reply_to is not None
        self.counts["edited"] += found.edited_at is not None
        for reaction in found.reactions:
            if reaction.person is not None:
                self.speakers.add(reaction.person)
                self.counts["reactions"] += 1

    def leave_out(self, why: str, where: str) -> None:
        """Note what is left out; far too many reasons become one."""
        if why not in self._left_out and len(self._left_out) >= MOST_REASONS:
            why = "…"
        count, examples = self._left_out.get(why, (0, ()))
        if len(examples) < EXAMPLES:
            examples = (*examples, where)
        self._left_out[why] = (count + 1, examples)

    def left_out(self) -> tuple[LeftOut, ...]:
        """Give what is left out, most first."""
        found = [LeftOut(why, *rest) for why, rest in self._left_out.items()]
        return tuple(sorted(found, key=lambda one: -one.count))

    def totals(self) -> Mapping[str, int]:
        """Give the counts of what there is."""
        largest = {"largest_file": self.largest} if self.largest else {}
        return {name: count for name, count in self.counts.items() if count} | largest

    def _part(self, part: object, message: ArchivedMessage) -> None:
        match part:
            case ArchivedFile(path=None, missing=missing):
                self.counts["missing_files"] += 1
                if missing is not None:
                    self.leave_out(self.say(missing), message.id)
            case ArchivedFile():
                self.counts[_NAMES[part.kind]] += 1
                self.largest = max(self.largest, part.info.size or 0)
            case Location():
                self.counts["places"] += 1
            case Poll():
                self.counts["polls"] += 1
            case Text():
                self.counts["texts"] += 1


def tally(
    messages: Iterable[ArchivedMessage | Skipped],
    say: Translation,
    progress: Callable[[], None] = lambda: None,
) -> Tally:
    """Count a chat's messages; ``progress`` is called for each."""
    counted = Tally(say)
    for one in messages:
        counted.take(one)
        progress()
    return counted
