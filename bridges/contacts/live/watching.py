# SPDX-License-Identifier: AGPL-3.0-or-later
"""Follows each bridge: takes its roster whenever a login comes or goes, and reads books when they are due."""

import asyncio
import contextlib
from datetime import datetime, timedelta

import structlog

from bridges.contacts.live.books import LiveBooks
from bridges.contacts.live.client import BridgeClient, BridgeRefuses, BridgeSilent
from bridges.contacts.live.model import LiveLogin, Roster
from bridges.core.clock import Clock
from bridges.core.ids import LoginID

REFRESHED_EVERY = timedelta(hours=6)

_WAIT = 50
"""Seconds a bridge holds an answer back if there is no news."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LOOKS_EVERY = 60.0
_TRIED_AGAIN = timedelta(minutes=1)


class BridgeWatch:
    """Follows one bridge, for ever."""

    def __init__(self, client: BridgeClient, books: LiveBooks, clock: Clock) -> None:
        self._log = structlog.get_logger("karvon.contacts")
        self._client = client
        self._books = books
        self._clock = clock
        self._roster = Roster("", ())
        self._due: dict[LoginID, datetime] = {}
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Do it until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name=f"roster of {self._client.network}")
            tasks.create_task(self._keep_fresh(), name=f"contacts of {self._client.network}")

    async def _follow(self) -> None:
        since, pause = None, _FIRST_PAUSE
        while True:
            roster = await self._taken(since)
            if roster is None:
                since = None
                await self._clock.sleep(pause)
                pause = min(_LONGEST_PAUSE, 2 * pause)
            else:
                since, pause = roster.revision, _FIRST_PAUSE
                self._note(roster)

    async def _taken(self, since: str | None) -> Roster | None:
        """Take the roster when it is news; None if that did not work."""
        try:
            roster = await self._client.logins(since, _WAIT)
            await self._books.take(self._client.network, roster)
        except (BridgeSilent, BridgeRefuses) as error:
            network = self._client.network
            self._log.info("a bridge does not tell its logins", network=network, error=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the next roster makes up for it
            self._log.exception("the logins of a bridge could not be taken")
        else:
            return roster
        return None

    def _note(self, roster: Roster) -> None:
        """Have the books of logins that are new, or connected again, read at once."""
        before = {one.login: one.is_connected for one in self._roster.logins}
        now = self._clock.now()
        self._roster = roster
        self._due = {
            one.login: self._due[one.login]
            if before.get(one.login) and one.login in self._due
            else now
            for one in roster.logins
            if one.personal
        }
        self._news.set()

    async def _keep_fresh(self) -> None:
        while True:
            self._news.clear()
            for login in self._due_logins():
                await self._read(login)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOKS_EVERY):
                    await self._news.wait()

    def _due_logins(self) -> list[LiveLogin]:
        now = self._clock.now()
        return [
            one
            for one in self._roster.logins
            if one.is_connected and one.login in self._due and self._due[one.login] <= now
        ]

    async def _read(self, login: LiveLogin) -> None:
        wait = REFRESHED_EVERY
        try:
            await self._books.refresh(login)
        except BridgeSilent as silent:
            wait = max(_TRIED_AGAIN, timedelta(seconds=silent.retry_after))
        except BridgeRefuses as refused:
            self._log.debug("a login has no contacts to tell", code=refused.code)
        except Exception:  # noqa: BLE001 - whatever it is, they are read again
            self._log.exception("the contacts of a login could not be kept")
            wait = _TRIED_AGAIN
        if login.login in self._due:
            self._due[login.login] = self._clock.now() + wait
