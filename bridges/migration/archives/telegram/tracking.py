# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has to be remembered from message to message, in little memory however many there are."""

from array import array
from bisect import bisect_left

from bridges.migration.archives.telegram.fields import Raw, integer, name

_PAGE = 8192
_MOST_PAGES = 20_000


class SeenIds:
    """Which numbers have been there: a bit each, in pages of those that are close to each other.

    Made-up files whose numbers are all over the place fill it; what is beyond counts as new.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

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
        opens = name(message, "action") == "topic_created"
        topic = number if opens else self._known(reply_to)
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
