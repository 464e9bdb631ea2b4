# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers for those who have none: exports of Telegram know people and chats by number; pure."""

import hashlib
import re
from collections.abc import Mapping

from attrs import frozen

_OURS = 1 << 52
"""Telegram's own numbers are far below; above 2^53 programs would round them."""
_BYTES = 6


@frozen
class Numbers:
    """How people and rooms are numbered: the same in every export.

    ``telegram_ghosts``: localparts of the ghosts of a bridge to Telegram, with ``{userid}``; those keep
    the number they have there. None if there is no such bridge.
    """

    server: str
    telegram_ghosts: str | None = None

    def person(self, mxid: str) -> int:
        """Give somebody's number."""
        name, _, server = mxid[1:].partition(":")
        if self.telegram_ghosts is not None and server == self.server:
            pattern = re.escape(self.telegram_ghosts).replace(
                re.escape("{userid}"), "([0-9]{1,15})"
            )
            if found := re.fullmatch(pattern, name):
                return int(found[1])
        return _OURS + _hashed(mxid)

    def peer(self, mxid: str) -> str:
        """Give somebody's id as it stands beside messages."""
        return f"user{self.person(mxid)}"

    def room(self, room: str) -> int:
        """Give a room's number."""
        return _hashed(room) + 1


def name_in(members: Mapping[str, str], mxid: str) -> str:
    """Give how somebody is called in a room; what their Matrix id begins with if that is not known."""
    return members.get(mxid) or mxid[1:].partition(":")[0]


def _hashed(name: str) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_BYTES], "big")
