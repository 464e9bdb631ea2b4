# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is logging in at the moment: at most one dialogue for each person.

Dialogues live in memory only. When the bridge stops, everybody who is logging in is told.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.commands.login_dialogue import LoginDialogue
from bridges.core.commands.ports import Bot, Services
from bridges.core.commands.trouble import Incidents
from bridges.core.errors import TemporaryError
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text

_TELLING = "telling how a login ended"
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_LAST_MOMENT = 2.0
"""Seconds that last words may take while the bridge stops."""


@frozen(eq=False)
class _Running:
    dialogue: LoginDialogue
    task: "asyncio.Task[None]"


class LoginDialogues:
    """Starts, finds and stops dialogues."""

    def __init__(
        self,
        bot: Bot,
        services: Services,
        clock: Clock,
        incidents: Incidents,
        make_key: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._bot = bot
        self._services = services
        self._clock = clock
        self._incidents = incidents
        self._make_key = make_key
        self._running: dict[UserID, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

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
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
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
                await self._is_put_to_use(user, running)
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
        await ended(self._tasks)  # what could not be told until now

    async def _is_put_to_use(self, user: UserID, running: _Running) -> None:
        """Wait until a login that is there is put to use, and a moment for its last words."""
        while self._running.get(user) is running:
            await asyncio.wait({running.task}, timeout=_LAST_MOMENT)
        await asyncio.wait({running.task}, timeout=_LAST_MOMENT)

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
        await self._tell(user, dialogue.room, last_words)

    async def _tell(self, user: UserID, room: RoomID, last_words: Sequence[UserText]) -> None:
        """Say the last words of a dialogue, also if the homeserver has to come back for it."""
        key, pause = self._make_key(), _FIRST_PAUSE
        while True:
            try:
                await self._bot.say(room, last_words, user=user, markdown=True, key=key)
            except TemporaryError:
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - there is no other way to reach the person
                self._incidents.record(_TELLING, error)
                return
            else:
                return

    async def _say(self, user: UserID, room: RoomID, *lines: UserText) -> None:
        try:
            await self._bot.say(room, lines, user=user, markdown=True)
        except Exception as error:  # noqa: BLE001 - there is no other way to reach the person
            self._incidents.record(_TELLING, error)
