# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups of the sandbox WhatsApp in the hands of the conformance suite's people."""

from collections.abc import Callable, Sequence

from sandbox.whatsapp.jids import LID_SERVER, Jid
from sandbox.whatsapp.person import Person as SandboxPerson
from sandbox.whatsapp.person_groups import SeenGroup
from sandbox.whatsapp.person_view import Shown
from tests.conformance.driver import Chat, Seen
from tests.conformance.hosting import Person


class WhatsAppHost:
    """See `tests.conformance.hosting.Host`."""

    def __init__(
        self, person: SandboxPerson, jid: Callable[[Chat], Jid], shown: Callable[[Seen], Shown]
    ) -> None:
        self._person = person
        self._jid = jid
        self._shown = shown

    async def set_topic(self, chat: Chat, topic: str) -> None:
        await self._person.groups.describe(self._jid(chat), topic)

    async def add(self, chat: Chat, other: Person) -> None:
        await self._change(chat, "add", other)

    async def ban(self, chat: Chat, other: Person) -> None:
        await self._change(chat, "remove", other)

    async def unban(self, chat: Chat, other: Person) -> None:
        raise NotImplementedError("WhatsApp keeps no list of people who may not come back")

    async def leave(self, chat: Chat) -> None:
        await self._person.groups.leave(self._jid(chat))

    async def promote(self, chat: Chat, other: Person, *, wholly: bool = False) -> None:
        await self._change(chat, "promote", other)

    async def demote(self, chat: Chat, other: Person) -> None:
        await self._change(chat, "demote", other)

    async def silence(self, chat: Chat, other: Person, silent: bool) -> None:
        raise NotImplementedError("WhatsApp silences everybody but administrators, or nobody")

    async def lock(self, chat: Chat, locked: bool) -> None:
        await self._person.groups.announce_only(self._jid(chat), locked)

    async def pin(self, message: Seen) -> None:
        await self._person.pin(self._shown(message))

    async def unpin(self, message: Seen) -> None:
        await self._person.pin(self._shown(message), pinned=False)

    async def unpin_all(self, chat: Chat) -> None:
        for pinned in self._person.view.pins.get(self._jid(chat), []):
            shown = self._person.view.find(self._jid(chat), pinned)
            if shown is not None:
                await self._person.pin(shown, pinned=False)

    async def title(self, chat: Chat) -> str:
        return (await self._see(chat)).subject

    async def topic(self, chat: Chat) -> str:
        return (await self._see(chat)).description

    async def picture(self, chat: Chat) -> bytes | None:
        return await self._person.groups.picture(self._jid(chat))

    async def members(self, chat: Chat) -> set[str]:
        return {f"lid-{lid}" for lid in (await self._see(chat)).members}

    async def banned(self, chat: Chat) -> set[str]:
        return set()

    async def admins(self, chat: Chat) -> set[str]:
        return {f"lid-{lid}" for lid, role in (await self._see(chat)).members.items() if role}

    async def silenced(self, chat: Chat) -> set[str]:
        return set()

    async def is_locked(self, chat: Chat) -> bool:
        return (await self._see(chat)).announcement

    async def pinned(self, chat: Chat) -> Sequence[str]:
        return tuple(self._person.view.pins.get(self._jid(chat), ()))

    async def _see(self, chat: Chat) -> SeenGroup:
        return await self._person.groups.see(self._jid(chat))

    async def _change(self, chat: Chat, change: str, other: Person) -> None:
        person = Jid(other.user.removeprefix("lid-"), LID_SERVER)
        await self._person.groups.change(self._jid(chat), change, person)
