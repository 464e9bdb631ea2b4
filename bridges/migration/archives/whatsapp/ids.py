# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids of messages, which exports do not have.

The same chat exported again, later and longer, gives the same ids: they are made of the minute, the sender
and the text, and of how many equal messages came before within reach. A file counts as a file whatever it
is called, so an export without media has the ids of one with media.
"""

from collections import OrderedDict
from datetime import datetime
from hashlib import blake2b

from attrs import define, field

_REACH = 16_384
"""How many different messages are remembered; equal ones lie in one minute, so close together."""
_LENGTH = 12


@define
class MessageIDs:
    """Makes the ids of one chat, in the order of the file."""

    _counts: OrderedDict[bytes, int] = field(factory=OrderedDict)

    def next(self, sent: datetime, sender: str | None, said: str) -> str:
        """The id of the next message. ``sent`` is what the clock of the phone has shown."""
        parts = (sent.isoformat(timespec="minutes"), "" if sender is None else f"={sender}", said)
        key = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=_LENGTH)
        digest = key.digest()
        count = self._counts.pop(digest, 0) + 1
        self._counts[digest] = count
        if len(self._counts) > _REACH:
            self._counts.popitem(last=False)
        return key.hexdigest() if count == 1 else f"{key.hexdigest()}-{count}"
