# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's ears: invitations, and messages handled in order and once, over kills as well.

What was handled is noted event by event, and where to go on when all of a sync was. Killed in between,
an event may be handled again, which has no further effect (``Context``).
"""

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.config import Level, Permissions
from bridges.core.text import user_text
from bridges.guide.conversation.conversation import Conversation
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable
from bridges.guide.matrix.events import Batch, Invitation, Message, Unreadable
from bridges.guide.store.progress import ProgressStore
from bridges.guide.store.unread import UnreadStore

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
"""Seconds between two tries while the homeserver does not answer."""

_KEY_SECONDS = 30
"""How long the key of a message may be on its way."""


class Listening:
    """Listens until it is cancelled."""

    def __init__(
        self,
        client: MatrixClient,
        me: UserID,
        permissions: Permissions,
        progress: ProgressStore,
        unread: UnreadStore,
        conversation: Conversation,
        voice: Voice,
        clock: Clock,
    ) -> None:
        self._client = client
        self._me = me
        self._permissions = permissions
        self._progress = progress
        self._unread = unread
        self._conversation = conversation
        self._voice = voice
        self._clock = clock
        self._log = structlog.get_logger("karvon.guide")

    async def run(self, ready: Callable[[], Awaitable[None]]) -> None:
        """Listen for ever; ``ready`` is called when the first sync was handled."""
        since = await self._progress.since()
        first, pause = True, _FIRST_PAUSE
        while True:
            try:
                batch = await self._client.listen(since, first=first)
            except GuideUnavailable as error:
                self._log.warning("the homeserver does not answer", error=str(error))
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            first, pause = False, _FIRST_PAUSE
            await self._handle(batch)
            if batch.token != since:
                since = batch.token
                await self._progress.handled(since)
            await ready()

    async def _handle(self, batch: Batch) -> None:
        for invitation in batch.invitations:
            await self._surely(partial(self._invited, invitation))
        for room in batch.changed:
            await self._surely(partial(self._leave_crowd, room))
        for message in batch.messages:
            if isinstance(message, Unreadable):
                await self._unread.add(message, self._clock.now())
            elif not await self._progress.is_done(message.event):
                await self._surely(partial(self._hear, message))
                await self._progress.note_done(message.event)

        for waiting, seconds in await self._unread.all(self._clock.now()):
            await self._surely(partial(self._look_again, waiting, seconds))

    async def _look_again(self, waiting: Unreadable, seconds: float) -> None:
        """See whether the key of a message has come; say so if it does not."""
        message = self._client.decrypted(waiting)
        if message is not None:
            await self._hear(message)
        elif seconds < _KEY_SECONDS:
            return
        elif self._is_with(waiting.room, waiting.sender):
            lost = user_text(
                "I could not read what you have just sent, as your app has not given me the key. Please"
                " send it again."
            )
            identity = (waiting.event, "unreadable")
            await self._voice.say(waiting.room, [lost], person=waiting.sender, identity=identity)
        await self._unread.remove(waiting.event)

    async def _surely(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step, again and again while the homeserver does not answer."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await step()
            except GuideUnavailable as error:
                self._log.warning("the homeserver does not answer", error=str(error))
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except GuideRefused as error:
                self._log.info("the homeserver refuses", error=str(error))
                return
            else:
                return

    async def _invited(self, invitation: Invitation) -> None:
        if self._permissions.level(invitation.inviter) is Level.NONE:
            await self._client.leave(invitation.room)
            return
        await self._client.join(invitation.room)

    async def _leave_crowd(self, room: RoomID) -> None:
        """Leave a room of more than two, saying why; greet in one of two."""
        members = self._client.members(room)
        if self._me not in members:
            return
        others = sorted(members - {self._me})
        if len(others) == 1:
            await self._greet(room, others[0])
        elif others:
            crowd = user_text(
                "I talk to people in chats of two only, because what you tell me is nobody else's"
                " business. Open a chat with me alone."
            )
            await self._voice.say(room, [crowd], person=others[0], identity=(room, "crowd"))
            await self._client.leave(room)

    async def _greet(self, room: RoomID, person: UserID) -> None:
        if self._permissions.level(person) is Level.NONE:
            await self._client.leave(room)
            return
        if await self._progress.is_greeted(room):
            return
        hello = user_text(
            "Hello! I help you to bring your chats and contacts here. Drop an export of Telegram or"
            " WhatsApp into this chat, or say `help`."
        )
        await self._voice.say(room, [hello], person=person, identity=(room, "hello"))
        await self._progress.note_greeted(room)

    async def _hear(self, message: Message) -> None:
        if self._is_with(message.room, message.sender):
            await self._conversation.hear(message)

    def _is_with(self, room: RoomID, person: UserID) -> bool:
        """Whether nobody else is in a room, and the person may talk to the guide."""
        alone = self._client.members(room) == {self._me, person}
        return alone and self._permissions.level(person) is not Level.NONE
