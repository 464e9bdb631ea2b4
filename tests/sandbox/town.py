# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network that the tests of one module share: four people, and every update they saw."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define
from telethon import events

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.records import Room
from tests.sandbox.conftest import log_in, new_client, populate
from tests.support.waiting import eventually


@define
class Town:
    """Alisa, Boris, Vera and Grisha at their clients."""

    net: TelegramSandbox
    alisa: Person
    boris: Person
    vera: Person
    grisha: Person
    seen: dict[int, list[Any]] = Factory(dict)
    numbers: "itertools.count[int]" = Factory(itertools.count)

    async def room(self, kind: str, *members: Person, creator: Person | None = None) -> Room:
        """Create a room of Alisa (or another creator) that nothing happened in yet."""
        names = tuple(person.account.id for person in members)
        title = f"{kind} {next(self.numbers)}"
        owner = creator or self.alisa
        return await self.net.add_room(kind, title, owner.account.id, names)

    async def saw(
        self,
        person: Person | None,
        kind: type,
        where: Callable[[Any], bool] = lambda _update: True,
        **fields: Any,
    ) -> Any:
        """Wait until somebody received an update of a type with these fields; return the latest.

        None stands for the session that `phone` made.
        """
        number = person.account.id if person is not None else 0

        def found() -> Any:
            return next(
                (
                    update
                    for update in reversed(self.seen[number])
                    if isinstance(update, kind)
                    and all(getattr(update, name) == value for name, value in fields.items())
                    and where(update)
                ),
                None,
            )

        return await eventually(found, describe=lambda: f"{kind.__name__}({fields})")

    @asynccontextmanager
    async def phone(self, person: Person) -> AsyncIterator[Any]:
        """Log somebody in once more; what this session sees counts as seen by number 0."""
        client = new_client(self.net)
        await client.connect()
        await log_in(client, f"+{person.account.phone}")
        client.add_event_handler(_collect(self.seen.setdefault(0, [])), events.Raw())
        yield client
        await client.disconnect()

    def forget(self) -> None:
        """Forget the updates seen so far."""
        for updates in self.seen.values():
            updates.clear()

    async def action(self, person: Person, room: Room | Person, kind: type) -> Any:
        """Wait until the latest service message of a type is in somebody's chat; return it."""
        number = room.id if isinstance(room, Room) else room.account.id

        async def found() -> Any:
            history = await person.history(number)
            return next(
                (m for m in reversed(history) if isinstance(getattr(m, "action", None), kind)), None
            )

        return await eventually(found, describe=kind.__name__)


@asynccontextmanager
async def new_town(state: Path | None = None) -> AsyncIterator[Town]:
    """Start a network with its four people."""
    async with TelegramSandbox(state) as net:
        await populate(net)
        town = Town(
            net,
            await net.person("alisa_test"),
            await net.person("boris_test"),
            await net.person("vera_test"),
            await net.person("grisha_test"),
        )
        for person in (town.alisa, town.boris, town.vera, town.grisha):
            updates = town.seen.setdefault(person.account.id, [])
            person.client.add_event_handler(_collect(updates), events.Raw())
        yield town


def _collect(updates: list[Any]) -> Any:
    async def note(update: Any) -> None:
        updates.append(update)

    return note
