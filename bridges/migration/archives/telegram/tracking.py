# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has to be remembered from message to message, in little memory however many there are."""

from array import array
from bisect import bisect_left

from attrs import define, field, frozen

from bridges.migration.archives.telegram.fields import Raw, integer, name

_ANSWERED_BY = {
    "pin_message": "message_id",
    "set_chat_wallpaper": "message_id",
    "set_same_chat_wallpaper": "message_id",
    "score_in_game": "game_message_id",
    "send_payment": "invoice_message_id",
}
"""Where service messages name the message they are about."""

_MOST_TOPICS = 1000
_PAGE = 8192
_MOST_PAGES = 20_000


class SeenIds:
    """Which numbers have been there: a bit each, in pages of those that are close to each other.

    Made-up files whose numbers are all over the place fill it; what is beyond counts as new.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def has(self, number: int) -> bool:
        """Tell whether a number has been there."""
        page, bit = divmod(number, _PAGE)
        bits = self._pages.get(page)
        return bits is not None and bool(bits[bit // 8] & 1 << bit % 8)

    def is_new(self, number: int) -> bool:
        """Tell whether a number has not been asked for before."""
        page, bit = divmod(number, _PAGE)
        bits = self._pages.get(page)
        if bits is None:
            bits = bytearray(_PAGE // 8)
            if len(self._pages) < _MOST_PAGES:
                self._pages[page] = bits
        at, mask = bit // 8, 1 << bit % 8
        if bits[at] & mask:
            return False
        bits[at] |= mask
        return True


@frozen
class OpenedTopic:
    """A topic of a forum: the number of the message that opened it, and what it was called then."""

    number: int
    title: str


class Topics:
    """Which topic of a forum messages are in.

    Exports do not say it: the first messages of a topic answer the one that opened it, and others
    answer messages of the topic. What opens it is a service message.
    """

    def __init__(self) -> None:
        self._numbers = array("q")
        self._topics = array("q")

    def topic_of(self, message: Raw, reply_to: str | None) -> str | None:
        """The number of the message that opened the topic this one is in, None if it is in none."""
        number = integer(message, "id")
        if number is None:
            return None
        topic = number if opens_topic(message) else self._known(reply_to)
        if topic is None:
            return None
        if not self._numbers or number > self._numbers[-1]:
            self._numbers.append(number)
            self._topics.append(topic)
        return str(topic)

    def _known(self, reply_to: str | None) -> int | None:
        if reply_to is None:
            return None
        at = bisect_left(self._numbers, int(reply_to))
        if at == len(self._numbers) or self._numbers[at] != int(reply_to):
            return None
        return self._topics[at]


@define
class Forum:
    """The topics a chat has, as its messages pass.

    Attributes:
        opened: those of which the beginning is there; what is beyond too many stays with the group.
        astray: messages that answer something which is not there or is in another chat, since the
            first topic was opened.
    """

    opened: list[OpenedTopic] = field(factory=list)
    astray: int = 0
    _seen: SeenIds = field(factory=SeenIds)

    def take(self, message: Raw) -> None:
        """Look at a message."""
        number, answered = integer(message, "id"), integer(message, target_of(message))
        if opens_topic(message) and number is not None and len(self.opened) < _MOST_TOPICS:
            self.opened.append(OpenedTopic(number, name(message, "title")))
        if self.opened and answered is not None:
            self.astray += "reply_to_peer_id" in message or not self._seen.has(answered)
        if number is not None:
            self._seen.is_new(number)


def opens_topic(message: Raw) -> bool:
    """Whether a message is the one that a topic begins with."""
    return name(message, "action") == "topic_created"


def target_of(message: Raw) -> str:
    """Give where a message names the one it answers or is about."""
    return _ANSWERED_BY.get(name(message, "action"), "reply_to_message_id")
