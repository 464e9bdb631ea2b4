# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats of FakeNetwork in the hands of the conformance suite's people."""

from collections.abc import Callable, Sequence

from bridges.core.chat import ChatKind
from bridges.core.ids import MessageID, RemoteUserID
from bridges.core.rights import EVERYBODY, RESTRICTED
from tests.conformance.driver import Chat, Seen
from tests.conformance.hosting import Person
from tests.fakes import world
from tests.fakes.hosting import ADMIN, FULL_ADMIN
from tests.fakes.phone import FakePhone


class FakeHost:
    """See `tests.conformance.hosting.Host`."""

    def __init__(
        self, net: world.World, person: FakePhone, find: Callable[[Chat], world.Chat]
    ) -> None:
        self._world = net
        self._host = person.hosting
        self._find = find

    async def set_topic(self, chat: Chat, topic: str) -> None:
        self._host.describe(self._find(chat), topic)

    async def add(self, chat: Chat, other: Person) -> None:
        self._host.add(self._find(chat), _id(other))

    async def ban(self, chat: Chat, other: Person) -> None:
        self._host.ban(self._find(chat), _id(other))

    async def unban(self, chat: Chat, other: Person) -> None:
        self._host.unban(self._find(chat), _id(other))

    async def leave(self, chat: Chat) -> None:
        self._host.leave(self._find(chat))

    async def promote(self, chat: Chat, other: Person, *, wholly: bool = False) -> None:
        self._set_power(chat, other, FULL_ADMIN if wholly else ADMIN)

    async def demote(self, chat: Chat, other: Person) -> None:
        self._set_power(chat, other, EVERYBODY)

    async def silence(self, chat: Chat, other: Person, silent: bool) -> None:
        self._set_power(chat, other, RESTRICTED if silent else EVERYBODY)

    async def lock(self, chat: Chat, locked: bool) -> None:
        self._host.lock(self._find(chat), locked)

    async def pin(self, message: Seen) -> None:
        self._host.pin(self._find(message.chat), [MessageID(message.id)])

    async def unpin(self, message: Seen) -> None:
        self._host.unpin(self._find(message.chat), [MessageID(message.id)])

    async def unpin_all(self, chat: Chat) -> None:
        self._host.unpin_all(self._find(chat))

    async def title(self, chat: Chat) -> str:
        return self._find(chat).title

    async def topic(self, chat: Chat) -> str:
        return self._find(chat).topic

    async def picture(self, chat: Chat) -> bytes | None:
        avatar = self._find(chat).avatar
        return self._world.files[avatar.reference] if avatar.id else None

    async def members(self, chat: Chat) -> set[str]:
        return set(self._find(chat).members)

    async def banned(self, chat: Chat) -> set[str]:
        return set(self._find(chat).banned)

    async def admins(self, chat: Chat) -> set[str]:
        return {user for user, power in self._find(chat).members.items() if power > EVERYBODY}

    async def silenced(self, chat: Chat) -> set[str]:
        return {user for user, power in self._find(chat).members.items() if power < EVERYBODY}

    async def is_locked(self, chat: Chat) -> bool:
        found = self._find(chat)
        assert found.kind is ChatKind.GROUP
        return found.rights.write > EVERYBODY

    async def pinned(self, chat: Chat) -> Sequence[str]:
        return self._find(chat).pinned

    def _set_power(self, chat: Chat, other: Person, power: int) -> None:
        self._host.set_power(self._find(chat), {_id(other): power})


def _id(person: Person) -> RemoteUserID:
    return RemoteUserID(person.user)
