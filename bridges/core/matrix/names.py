# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix ids of ghosts and what they stand for."""

import re

from mautrix.types import UserID

from bridges.core.config import BridgeSettings
from bridges.core.ids import RemoteUserID

_PLAIN = re.compile(r"[a-z0-9._-]")
_ESCAPED = re.compile(r"=([0-9a-f]{2})")


def escape_localpart(text: str) -> str:
    """Make any text fit for a localpart (Matrix spec, "Mapping from other character sets")."""
    return "".join(
        chr(byte) if _PLAIN.match(chr(byte)) else f"={byte:02x}" for byte in text.encode()
    )


def unescape_localpart(text: str) -> str:
    """Undo ``escape_localpart``. Raises ``ValueError`` if it was not made by it."""
    raw = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).encode("latin-1")
    return raw.decode()


class GhostNames:
    """Translates between remote users and their ghosts' Matrix ids."""

    def __init__(self, settings: BridgeSettings) -> None:
        template = settings.registration.username_template
        before, _, after = template.partition("{userid}")
        self._prefix = f"@{before}"
        self._suffix = f"{after}:{settings.server_name}"
        self._bot = UserID(settings.bot_mxid)
        self._displayname = settings.displayname_template

    @property
    def bot(self) -> UserID:
        """The bridge bot."""
        return self._bot

    def mxid(self, user: RemoteUserID) -> UserID:
        """A ghost's Matrix id."""
        return UserID(f"{self._prefix}{escape_localpart(user)}{self._suffix}")

    def remote(self, mxid: str) -> RemoteUserID | None:
        """Whose ghost this is; None if it is nobody's."""
        if not mxid.startswith(self._prefix) or not mxid.endswith(self._suffix):
            return None
        if mxid == self._bot:
            return None
        middle = mxid[len(self._prefix) : len(mxid) - len(self._suffix)]
        try:
            user = RemoteUserID(unescape_localpart(middle))
        except ValueError:
            return None
        return user if user and self.mxid(user) == mxid else None

    def is_ours(self, mxid: str) -> bool:
        """Whether this is the bot or a ghost."""
        return mxid == self._bot or self.remote(mxid) is not None

    def displayname(self, name: str) -> str:
        """The name a ghost carries, for a person called ``name``."""
        return self._displayname.replace("{displayname}", name)
