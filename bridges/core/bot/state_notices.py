# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells people what concerns a login as a whole, above all trouble with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.clock import Clock
from bridges.core.errors import TemporaryError
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.network import SessionState
from bridges.core.sessions import ActiveLogin
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text

_PATIENCE = 60.0
"""Seconds a session may be away before its owner is told."""


class StateNotices:
    """Tells people when one of their sessions is in trouble, when that is over, and what else is up."""

    def __init__(self, rooms: ManagementRooms, voice: BotVoice, network: str, clock: Clock) -> None:
        self._log = structlog.get_logger("karvon.state")
        self._rooms = rooms
        self._voice = voice
        self._network = network
        self._clock = clock
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def changed(self, login: ActiveLogin, before: SessionState) -> None:
        """A session's state has changed."""
        self._log.info(
            "session",
            login=login.record.id,
            state=login.state,
            before=before,
            reason=str(login.reason),
        )
        self._start(self._tell(login))

    def say(self, login: ActiveLogin, text: UserText) -> None:
        """Tell a login's owner something; dropped if the homeserver does not take it."""
        self._start(self._say(login, text))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Say nothing more."""
        await ended(self._tasks)

    async def _tell(self, login: ActiveLogin) -> None:
        state = login.state
        if state is SessionState.TRANSIENT_DISCONNECT:
            await self._clock.sleep(_PATIENCE)
            if login.state is not state:
                return
        text = self._text(login, state)
        if text is not None:
            await self._say(login, text)

    async def _say(self, login: ActiveLogin, text: UserText) -> None:
        try:
            owner = login.record.owner
            await self._voice.say(await self._rooms.of(owner), text, user=owner)
        except (TemporaryError, HomeserverRefused) as error:
            self._log.warning("a person could not be told", error=str(error))

    def _text(self, login: ActiveLogin, state: SessionState) -> UserText | None:
        names = {"network": self._network, "account": login.record.name}
        reason = login.reason or ""
        key = str(login.record.id)
        if state is SessionState.CONNECTED:
            if key not in self._told:
                return None
            self._told.discard(key)
            return user_text("{account} is connected to {network} again.", **names)
        if state is SessionState.CONNECTING or key in self._told:
            return None
        self._told.add(key)
        if state is SessionState.BAD_CREDENTIALS:
            return user_text(
                "{network} has logged {account} out. {reason} Your rooms stay as they are; "
                "say login to go on in them.",
                reason=reason,
                **names,
            )
        if state is SessionState.RESTRICTED:
            return user_text(
                "{network} has restricted {account}: it can only read. {reason}",
                reason=reason,
                **names,
            )
        return user_text(
            "{account} has no connection to {network} at the moment. {reason} "
            "I keep trying; nothing is lost.",
            reason=reason,
            **names,
        )
