# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is logging in at the moment: at most one dialogue for each person.

Dialogues live in memory only. When the bridge stops, everybody who is logging in is told.
"""

import asyncio

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.commands.login_dialogue import LoginDialogue
from bridges.core.commands.ports import Bot, Services
from bridges.core.commands.trouble import Incidents
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text


@frozen(eq=False)
class _Running:
    dialogue: LoginDialogue
    task: "asyncio.Task[None]"


class LoginDialogues:
    """Starts, finds and stops dialogues."""

    def __init__(self, bot: Bot, services: Services, clock: Clock, incidents: Incidents) -> None:
        self._bot = bot
        self._services = services
        self._clock = clock
        self._incidents = incidents
        self._running: dict[UserID, _Running] = {}

    def of(self, user: UserID) -> LoginDialogue | None:
        """The dialogue of a person who is logging in."""
        running = self._running.get(user)
        return None if running is None else running.dialogue

    def start(self, user: UserID, room: RoomID, flow: str) -> None:
        """Begin to log a person in.

        Raises ``KeyError`` for an unknown flow, ``RuntimeError`` if they are logging in already.
        """
        if user in self._running:
            raise RuntimeError(f"{user} is logging in already")
        dialogue = LoginDialogue(
            room,
            user,
            self._services.begin_login(user, flow),
            bot=self._bot,
            services=self._services,
            clock=self._clock,
            incidents=self._incidents,
        )
        task = asyncio.create_task(self._run(user, dialogue))
        self._running[user] = _Running(dialogue, task)

    async def cancel(self, user: UserID) -> bool:
        """Stop a person's dialogue; False if there is none, or it is too late to stop it."""
        running = self._running.get(user)
        if running is None or running.dialogue.is_completing:
            return False
        await self._stop(user, running)
        return True

    async def close(self) -> None:
        """Stop all dialogues and tell the people concerned; a login that is there is kept."""
        for user, running in list(self._running.items()):
            if running.dialogue.is_completing:
                await asyncio.wait({running.task})
                continue
            await self._stop(user, running)
            await self._say(
                user,
                running.dialogue.room,
                user_text(
                    "I am being restarted, so this login has ended. "
                    "Say `login` in a minute to start again."
                ),
            )

    async def _stop(self, user: UserID, running: _Running) -> None:
        await ended([running.task])
        # A task that was stopped before it began has not done this itself.
        if self._running.get(user) is running:
            del self._running[user]

    async def _run(self, user: UserID, dialogue: LoginDialogue) -> None:
        try:
            last_words = await dialogue.run()
        finally:
            # Before the last words, which invite to start again.
            del self._running[user]
        await self._say(user, dialogue.room, *last_words)

    async def _say(self, user: UserID, room: RoomID, *lines: UserText) -> None:
        try:
            await self._bot.say(room, lines, user=user, markdown=True)
        except Exception as error:  # noqa: BLE001 - there is no other way to reach the person
            self._incidents.record("telling how a login ended", error)
