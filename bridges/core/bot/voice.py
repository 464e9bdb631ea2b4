# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bot's voice: notices, pictures and redactions."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.commands.notice import render
from bridges.core.content import Text, TextKind
from bridges.core.errors import TemporaryError
from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.rendering import Names, text_content
from bridges.core.matrix.senders import Senders
from bridges.core.storage.people import PeopleStore
from bridges.core.text import UserText

Json = dict[str, Any]


class BotVoice:
    """Speaks as the bridge bot (``bridges.core.commands.ports.Bot``)."""

    def __init__(
        self,
        homeserver: Homeserver,
        people: PeopleStore,
        senders: Senders,
        translator: Translator,
        spool: Path,
        *,
        random_name: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._log = structlog.get_logger("karvon.bot")
        self._hs = homeserver
        self._people = people
        self._senders = senders
        self._translator = translator
        self._spool = spool
        self._random_name = random_name

    async def say(
        self,
        room: RoomID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
        key: str | None = None,
    ) -> EventID:
        """Send an ``m.notice`` in the language of ``user``."""
        return await self._send(room, await self._notice(text, user, markdown), key)

    async def show_image(self, room: RoomID, png: bytes, alt: UserText, *, user: UserID) -> EventID:
        """Send an ``m.image``."""
        path = self._spool / self._random_name()
        try:
            await asyncio.to_thread(path.write_bytes, png)
            uri = await self._hs.upload(path, "image/png", "qr.png")
        finally:
            path.unlink(missing_ok=True)
        content = {
            "msgtype": "m.image",
            "body": self._translator.translate(alt, await self.language(user)),
            "filename": "qr.png",
            "url": uri,
            "info": {"mimetype": "image/png", "size": len(png)},
        }
        return await self._send(room, content)

    async def edit(
        self,
        room: RoomID,
        event: EventID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
    ) -> None:
        """Replace what an earlier ``say`` said."""
        content = await self._notice(text, user, markdown)
        relation = {"rel_type": "m.replace", "event_id": event}
        await self._send(room, content | {"m.new_content": content, "m.relates_to": relation})

    async def redact(self, room: RoomID, event: EventID) -> bool:
        """Remove an event. Where the bot has not the right, the room's own person removes it."""
        owner = await self._people.owner_of_management_room(room)
        senders = [self._senders.bot]
        if owner is not None and self._senders.may_speak_as(owner):
            senders.append(MatrixSender(owner, is_person=True))
        for sender in senders:
            try:
                await self._hs.redact(sender, room, event, self._random_name())
            except (HomeserverRefused, TemporaryError) as error:
                self._log.info("an event could not be removed", error=str(error))
            else:
                return True
        return False

    async def language(self, user: UserID) -> str:
        """The code of a person's language."""
        return (await self._people.person(user)).language or SOURCE_LANGUAGE

    async def _notice(
        self, text: UserText | Sequence[UserText], user: UserID, markdown: bool
    ) -> Json:
        language = await self.language(user)
        said = render(self._translator, language, text, markdown=markdown)
        return text_content(Text(said, TextKind.NOTICE), Names(self._senders.mxid_of))

    async def _send(self, room: RoomID, content: Json, key: str | None = None) -> EventID:
        return await self._hs.send(
            self._senders.bot, room, event_types.MESSAGE, content, key or self._random_name()
        )
