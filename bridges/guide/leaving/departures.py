# SPDX-License-Identifier: AGPL-3.0-or-later
"""Works on what those who leave have asked for, in the background and over restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from mautrix.types import UserID

from bridges.core.clock import Clock
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.tasks import ended
from bridges.core.text import UserText
from bridges.guide.faults import place_of
from bridges.guide.leaving import telling
from bridges.guide.leaving.exports import Exports, Folders, NotAlone
from bridges.guide.leaving.farewells import Farewells
from bridges.guide.leaving.speaking import Speaking
from bridges.guide.leaving.wish import AT_WORK, Kind, Stage, Wish
from bridges.guide.matrix.errors import GuideRefused, LoggedOut
from bridges.guide.persevering import PASSING, persevere
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.errors import LeavingRefused

_AT_ONCE = 2

_COMMANDS = {Kind.EXPORT: "export", Kind.FAREWELL: "delete-everything"}


class Departures:
    """Has a task for each wish there is something to do for."""

    def __init__(
        self,
        exports: Exports,
        farewells: Farewells,
        folders: Folders,
        store: WishStore,
        speaking: Speaking,
        clock: Clock,
    ) -> None:
        self._exports = exports
        self._farewells = farewells
        self._folders = folders
        self._store = store
        self._speaking = speaking
        self._clock = clock
        self._tasks: dict[tuple[UserID, Kind], asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._log = structlog.get_logger("karvon.guide")

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Go on with what was interrupted, for the time of the block."""
        for wish in await self._store.all():
            if wish.stage in AT_WORK:
                self.begin(wish)
        try:
            yield
        finally:
            await ended(self._tasks.values())

    def begin(self, wish: Wish) -> None:
        """Do what is to be done for a wish, once what was done before has ended."""
        name = wish.owner, wish.kind
        work = self._work(*name, self._tasks.get(name))
        self._tasks[name] = asyncio.create_task(work, name=f"leaving: {wish.kind}")

    async def halt(self, owner: UserID, kind: Kind) -> None:
        """Stop; returns when nothing is done for it any more."""
        task = self._tasks.pop((owner, kind), None)
        if task is not None:
            await ended([task])

    async def clear_export(self, wish: Wish) -> None:
        """Delete what an export has left, unless a new one can go on with it."""
        if wish.details.before is not Stage.HALTED or await self._exports.is_made(wish.owner):
            await self._folders.delete(wish.owner)

    async def clear_farewell(self, wish: Wish) -> None:
        """Delete what an earlier farewell has noted, unless this one can go on with it."""
        await self._farewells.clear(wish)

    async def drop_export(self, owner: UserID) -> None:
        """Stop an export and delete what there is of it."""
        await self._store.remove(owner, Kind.EXPORT)
        await self.begin_dropping(owner)

    def begin_dropping(self, owner: UserID) -> "asyncio.Task[None]":
        """Do that in the background: what is being written cannot be stopped at once."""
        before = self._tasks.get((owner, Kind.EXPORT))

        async def drop() -> None:
            if before is not None:
                await ended([before])
            await self._folders.delete(owner)

        task = asyncio.create_task(drop(), name="dropping an export")
        self._tasks[owner, Kind.EXPORT] = task
        return task

    async def halt_export(self, owner: UserID) -> None:
        """Stop an export; what there is of it stays."""
        await self.halt(owner, Kind.EXPORT)
        wish = await self._store.get(owner, Kind.EXPORT)
        if wish is not None and wish.stage in AT_WORK:
            await self._store.save(wish.become(Stage.HALTED))

    async def _work(self, owner: UserID, kind: Kind, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            try:
                await asyncio.wait({before})
            except asyncio.CancelledError:
                await ended([before])  # Whoever ends this one knows of no other.
                raise

        async def step() -> bool:
            wish = await self._store.get(owner, kind)
            if wish is None or wish.stage not in AT_WORK:
                return False
            await self._advance(wish)
            return True

        await persevere(step, self._clock)

    async def _advance(self, wish: Wish) -> None:
        """Do a step, and say what stands in its way. Raises what passes by itself."""
        try:
            after = await self._step(wish)
        except LeavingRefused as refused:
            await self._halted(wish, refused.text)
        except HomeserverRefused as refused:
            self._log.warning("the homeserver refuses", error=str(refused))
            await self._halted(wish, telling.REFUSED)
        except (NotAlone, GuideRefused):
            # Nobody is told: whoever is in the chat now should not know of this.
            await self._store.save(wish.become(Stage.HALTED))
        except (*PASSING, LoggedOut):
            raise
        except Exception as error:  # noqa: BLE001
            # Rooms hold what anybody has sent, and disks fill up. Raised, it would be lost with the task, and
            # the person would wait for ever. What is in the rooms is not logged.
            self._log.error(
                "somebody's leaving stops", error=type(error).__name__, at=place_of(error)
            )
            await self._halted(wish, telling.FAILED)
        else:
            if after is None:
                await self._store.remove(wish.owner, Kind.EXPORT)
                await self._store.remove(wish.owner, wish.kind)
            else:
                await self._store.save(after)

    async def _step(self, wish: Wish) -> Wish | None:
        if wish.stage is Stage.WAITING:  # For days, so it keeps nobody's place.
            return await self._farewells.advance(wish)
        async with self._places:
            if wish.kind is Kind.EXPORT:
                return await self._exports.advance(wish)
            return await self._farewells.advance(wish)

    async def _halted(self, wish: Wish, why: UserText) -> None:
        lines = telling.halted(why, _COMMANDS[wish.kind])
        await self._speaking.say(wish, f"halted {wish.details.notice}", lines)
        await self._store.save(wish.become(Stage.HALTED))
