# SPDX-License-Identifier: AGPL-3.0-or-later
"""The picture of the bot, which the spaces of logins have too, so that people find them in their lists."""

import asyncio
import hashlib
from pathlib import Path

import structlog
from mautrix.types import RoomID

from bridges.core.config import DEFAULT_PICTURE
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.matrix.senders import Senders
from bridges.core.storage.logins import KeyValueStore, LoginStore

PICTURE_MIME = "image/png"
PICTURE_NAME = "picture.png"

_UPLOADED = "picture"
"""Under which name it is kept what the network's own picture is on the homeserver."""

_HUNG = "picture of spaces"
"""Under which name it is kept which picture all spaces were given."""


class Portrait:
    """Shows a picture once; whoever changes it in a client keeps theirs until there is another."""

    def __init__(
        self,
        homeserver: Homeserver,
        values: KeyValueStore,
        logins: LoginStore,
        senders: Senders,
        wanted: str | None,
        own: Path | None,
    ) -> None:
        """``wanted`` as in ``BotConfig.avatar``; ``own`` is the network's picture, if it has one."""
        self._log = structlog.get_logger("karvon.bot")
        self._hs = homeserver
        self._values = values
        self._logins = logins
        self._senders = senders
        self._wanted = wanted
        self._own = own
        self.uri: str | None = None
        """Where it is on the homeserver; None: there is none, or it is not known yet."""

    async def show(self) -> None:
        """Have the bot show it. A homeserver that does not take it is left in peace.

        Raises ``HomeserverUnavailable``.
        """
        bot = self._senders.bot
        try:
            self.uri = await self._address()
            if self.uri is None:
                return
            profile = await self._hs.profile(bot, bot.mxid)
            if profile is None or profile.get("avatar_url") != self.uri:
                await self._hs.set_avatar(bot, self.uri)
        except HomeserverRefused as refused:
            self._log.warning("the bot cannot have its picture", error=str(refused))

    async def hang(self) -> None:
        """Give it to spaces that have none, or the one that was shown before."""
        before = await self._values.get(_HUNG)
        if self.uri is None or before == self.uri:
            return
        try:
            for space in await self._logins.spaces():
                await self._hang(space, before)
        except HomeserverUnavailable as error:
            self._log.warning("spaces get their picture at the next start", error=error.detail)
            return
        await self._values.set(_HUNG, self.uri)

    async def _hang(self, space: RoomID, before: str | None) -> None:
        bot, kind = self._senders.bot, event_types.AVATAR
        try:
            shown = (await self._hs.get_state_event(bot, space, kind) or {}).get("url")
            if shown in (None, "", before):
                await self._hs.set_state(bot, space, kind, "", {"url": self.uri})
        except HomeserverRefused as refused:
            self._log.info("a space cannot have a picture", error=str(refused))

    async def _address(self) -> str | None:
        if self._wanted != DEFAULT_PICTURE:
            return self._wanted
        if self._own is None:
            return None
        digest = hashlib.sha256(await asyncio.to_thread(self._own.read_bytes)).hexdigest()
        known, _, uri = (await self._values.get(_UPLOADED) or "").partition(" ")
        if known == digest:
            return uri
        uri = await self._hs.upload(self._own, PICTURE_MIME, PICTURE_NAME)
        await self._values.set(_UPLOADED, f"{digest} {uri}")
        return uri
