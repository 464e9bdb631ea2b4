# SPDX-License-Identifier: AGPL-3.0-or-later
"""One person logging in, asked step by step in their room with the bot."""

import asyncio
import io
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import TypeVar

import segno
from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.commands.arrival import arrival_words
from bridges.core.commands.ports import Bot, CommandMessage, Services
from bridges.core.commands.trouble import Incidents, explain, try_again_in
from bridges.core.errors import BridgeError, RateLimited, TemporaryError, WrongInput
from bridges.core.login import (
    SECRET_KINDS,
    Complete,
    DisplayAndWait,
    DisplayKind,
    Field,
    FieldKind,
    LoginProcess,
    LoginStep,
    UserInput,
)
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text

T = TypeVar("T")

IDLE = timedelta(minutes=10)
"""How long a person may take for one answer, or to act on their other device."""

_PIXELS_PER_MODULE = 8
_QUIET_ZONE = 4  # modules of white border that ISO/IEC 18004 asks for

_HOW_TO_STOP = user_text("Say `cancel` to stop.")
_START_AGAIN = user_text("You are not logged in. Say `login` to start again.")


class _TooSlowError(Exception):
    """The person did nothing for ``IDLE``."""


@frozen
class _Question:
    """A field the person has been asked for; ``answer`` is done once they have answered."""

    field: Field
    answer: "asyncio.Future[str]"


def qr_png(data: str) -> bytes:
    """Draw ``data`` as a QR code."""
    image = io.BytesIO()
    code = segno.make(data, micro=False, error="m")
    code.save(image, kind="png", scale=_PIXELS_PER_MODULE, border=_QUIET_ZONE)
    return image.getvalue()


class LoginDialogue:
    """Drives a ``LoginProcess`` for one person in one room.

    ``run`` asks; ``take_answer`` brings in what the person writes meanwhile. Answers of
    ``SECRET_KINDS`` are removed from the room before the network gets to see them, what was shown
    to be scanned or typed elsewhere is removed as soon as it is of no more use, and neither is ever
    logged or repeated.
    """

    def __init__(
        self,
        room: RoomID,
        user: UserID,
        process: LoginProcess,
        *,
        bot: Bot,
        services: Services,
        clock: Clock,
        incidents: Incidents,
    ) -> None:
        self.room = room
        self._user = user
        self._process = process
        self._bot = bot
        self._services = services
        self._clock = clock
        self._incidents = incidents
        self._step: LoginStep | None = None
        self._question: _Question | None = None
        self._shown: EventID | None = None
        self._deadline = clock.now() + IDLE
        self._not_before = clock.now()

    @property
    def takes_text(self) -> bool:
        """Whether a plain message is meant as an answer."""
        return not isinstance(self._step, DisplayAndWait)

    @property
    def is_completing(self) -> bool:
        """Whether the account is logged in already and only has to be put to use."""
        return isinstance(self._step, Complete)

    async def run(self) -> Sequence[UserText]:
        """Go through all steps, and give the last words to the person. Raises nothing."""
        try:
            return await self._complete(await self._steps())
        except _TooSlowError:
            return [
                user_text(
                    "I have ended this login, as I had no answer for {minutes} min.",
                    minutes=IDLE // timedelta(minutes=1),
                ),
                _START_AGAIN,
            ]
        except BridgeError as error:
            return [*explain(error), _START_AGAIN]
        except Exception as error:  # noqa: BLE001 - whatever it is, the person has to be told
            return [self._incidents.record("login", error), _START_AGAIN]
        finally:
            await self._free()

    async def take_answer(self, message: CommandMessage) -> None:
        """Take a plain message as the answer to what was asked last."""
        question = self._question
        # What comes unasked may well be the code that is about to be asked for.
        if question is None or question.field.kind in SECRET_KINDS:
            await self._remove(message.event_id)
        if question is None or question.answer.done():
            await self._say(user_text("One moment, please answer when I ask."))
            return
        question.answer.set_result(_clean(question.field, message.text))

    async def _remove(self, event: EventID) -> None:
        if not await self._bot.redact(self.room, event):
            await self._say(
                user_text("I could not remove your message from this room; please do it yourself.")
            )

    async def _steps(self) -> Complete:
        step = await self._process.start()
        while not isinstance(step, Complete):
            self._step = step
            self._deadline = self._clock.now() + IDLE
            step = await (
                self._ask_for(step) if isinstance(step, UserInput) else self._display(step)
            )
        return step

    async def _complete(self, step: Complete) -> Sequence[UserText]:
        self._step = step
        await self._services.complete_login(self._user, step.login)
        return [step.instructions, *arrival_words(self._services.sync_config)]

    async def _ask_for(self, step: UserInput) -> LoginStep:
        """Ask for a step's fields until the network takes them."""
        opening: list[UserText] = [step.instructions]
        while True:
            values: dict[str, str] = {}
            for field in step.fields:
                values[field.id] = await self._ask(step, field, opening)
                opening = []
            too_early = (self._not_before - self._clock.now()).total_seconds()
            if too_early > 0:
                opening = [try_again_in(too_early)]
                continue
            try:
                return await self._process.submit(values)
            except (WrongInput, TemporaryError) as error:
                self._bear(error)
                opening = explain(error)

    def _bear(self, error: WrongInput | TemporaryError) -> None:
        """Go on after an error, unless the wait is longer than anybody would sit through."""
        if not isinstance(error, RateLimited):
            return
        if error.retry_after > IDLE.total_seconds():
            raise error
        self._not_before = self._clock.now() + timedelta(seconds=error.retry_after)
        self._deadline = self._not_before + IDLE

    async def _ask(self, step: UserInput, field: Field, opening: Sequence[UserText]) -> str:
        """Ask for one field; its name is needed only where there are several."""
        lines = [*opening]
        if len(step.fields) > 1:
            lines.append(field.name)
        if field.description is not None:
            lines.append(field.description)
        if field.kind in SECRET_KINDS:
            lines.append(user_text("I remove your answer from this room at once."))
        self._question = _Question(field, asyncio.get_running_loop().create_future())
        try:
            await self._say(*lines, _HOW_TO_STOP)
            answer = await self._in_time(self._question.answer)
        finally:
            self._question = None
        self._deadline = self._clock.now() + IDLE
        return answer

    async def _display(self, step: DisplayAndWait) -> LoginStep:
        """Show a step until the person has acted on it, renewing what is shown when it changes."""
        await self._say(step.instructions, _HOW_TO_STOP)
        await self._show(step)
        told: UserText | None = None
        while True:
            try:
                following = await self._in_time(self._process.wait())
            except TemporaryError as error:
                self._bear(error)
                if error.text != told:
                    told = error.text
                    await self._say(error.text)
                await self._in_time(self._clock.sleep(error.retry_after))
                continue
            if not isinstance(following, DisplayAndWait) or following.step_id != step.step_id:
                await self._take_back()
                return following
            if following.data != step.data:
                await self._show(following)
            step = following

    async def _show(self, step: DisplayAndWait) -> None:
        """Put what has to be scanned or typed elsewhere in place of what was shown before."""
        outdated = self._shown
        if step.display is DisplayKind.QR:
            self._shown = await self._bot.show_image(
                self.room, qr_png(step.data), self._qr_caption(), user=self._user
            )
        elif step.display is DisplayKind.CODE:
            self._shown = await self._say(user_text("Your code: `{code}`", code=step.data))
        if outdated is not None:
            await self._bot.redact(self.room, outdated)

    def _qr_caption(self) -> UserText:
        # The link inside the code is never shown as text: it would stay in notifications.
        network = self._services.info.name
        if len(self._services.login_flows()) > 1:
            return user_text(
                "QR code to log in to {network}. If you cannot scan it, say cancel, "
                "then login to choose another way.",
                network=network,
            )
        return user_text("QR code to log in to {network}.", network=network)

    async def _take_back(self) -> None:
        """Remove what was shown."""
        if self._shown is not None:
            shown, self._shown = self._shown, None
            await self._bot.redact(self.room, shown)

    async def _free(self) -> None:
        await self._take_back()
        try:
            await self._process.cancel()
        except Exception as error:  # noqa: BLE001 - the login has ended, however untidily
            self._incidents.record("ending a login", error)

    async def _in_time(self, awaitable: Awaitable[T]) -> T:
        """Wait for something the person has to do. Raises ``_TooSlowError``."""
        work = asyncio.ensure_future(awaitable)
        left = (self._deadline - self._clock.now()).total_seconds()
        timer = asyncio.ensure_future(self._clock.sleep(max(left, 0)))
        try:
            await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise _TooSlowError
            return work.result()
        finally:
            # Only one call to the process at a time: it must be over before the next one.
            await ended([work, timer])

    async def _say(self, *lines: UserText) -> EventID:
        return await self._bot.say(self.room, lines, user=self._user, markdown=True)


def _clean(field: Field, text: str) -> str:
    """Passwords may begin or end with spaces; nothing else does."""
    return text.strip("\r\n") if field.kind is FieldKind.PASSWORD else text.strip()
