# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people one login knows: which addresses are theirs, and how they are called.

Everybody sees the name people give themselves. What somebody is called in the account's address book
only names that account's own rooms.
"""

from collections.abc import Sequence

from bridges.core.chat import ChatInfo, ChatKind, Sender, UserInfo
from bridges.core.events import ChatChanged, RemoteEvent, UserChanged
from bridges.core.formatting.names import clean_name
from bridges.core.ids import LoginID, RemoteUserID
from bridges.whatsapp.ids import LID, NEWSLETTER, NUMBER, Jid, chat_key, user_id
from bridges.whatsapp.store.addresses import Addresses, SamePerson, same_person
from bridges.whatsapp.store.names import Names, NameStore

_SHOWN_DIGITS = 4


class People:
    """See above; ``minimal``: rooms are not called as somebody is in the address book."""

    def __init__(
        self,
        login: LoginID,
        me: RemoteUserID,
        addresses: Addresses,
        names: NameStore,
        *,
        minimal: bool,
    ) -> None:
        self._login = login
        self.me = me
        self._addresses = addresses
        self._names = names
        self._minimal = minimal

    async def person(self, jid: Jid, other: Jid | None = None) -> Jid:
        """By which address somebody is called here: the LID, if it is known or told now."""
        jid = jid.bare
        if jid.server != NUMBER:
            return jid
        if other is not None and other.server == LID:
            return other.bare
        return await self._addresses.other(jid) or jid

    async def number(self, jid: Jid) -> Jid | None:
        """The phone number of somebody, if it is known."""
        return jid.bare if jid.server == NUMBER else await self._addresses.other(jid)

    def sender(self, jid: Jid) -> Sender:
        """Somebody who is called by this address. Who writes for a channel is not told."""
        user = user_id(jid)
        return Sender(user, is_me=user == self.me, anonymous=jid.server == NEWSLETTER)

    async def news(self, *pairs: tuple[Jid | None, Jid | None]) -> Sequence[SamePerson]:
        """What two addresses each tell that was not known."""
        told = [same_person(*pair) for pair in pairs]
        return await self._addresses.news([one for one in told if one is not None])

    async def info(self, user: RemoteUserID) -> UserInfo:
        """What everybody may know of somebody."""
        names = await self._names.get(user)
        return UserInfo(name=names.pushed or nameless(user))

    async def saved_name(self, user: RemoteUserID) -> str | None:
        """What the account calls somebody, None if it does not."""
        return None if self._minimal else (await self._names.get(user)).saved or None

    async def pushed(self, jid: Jid, name: str) -> list[RemoteEvent]:
        """Note the name somebody gives themselves; what follows if it is a new one."""
        user, name = user_id(jid), clean_name(name)
        known = await self._names.get(user)
        if not name or name == known.pushed:
            return []
        await self._names.put([(user, Names(name, known.saved))])
        return [UserChanged(user, UserInfo(name=name))]

    async def saved(self, told: Sequence[tuple[Jid, Names]]) -> list[RemoteEvent]:
        """Compare with the whole address book; what follows from each difference."""
        current = {user_id(jid): (jid, names) for jid, names in told}
        changed: list[tuple[RemoteUserID, Names]] = []
        events: list[RemoteEvent] = []
        for user, (jid, names) in current.items():
            known = await self._names.get(user)
            new = Names(clean_name(names.pushed) or known.pushed, clean_name(names.saved))
            if new == known:
                continue
            changed.append((user, new))
            events += self.differences(jid, known, new)
        for user, known in (await self._names.saved()).items():
            if user not in current:
                changed.append((user, Names(known.pushed)))
        await self._names.put(changed)
        return events

    def differences(self, jid: Jid, known: Names, new: Names) -> list[RemoteEvent]:
        """What follows when somebody's names are others than was known."""
        events: list[RemoteEvent] = []
        if new.pushed != known.pushed:
            events.append(UserChanged(user_id(jid), UserInfo(name=new.pushed)))
        if new.saved != known.saved and not self._minimal:
            info = ChatInfo(kind=ChatKind.DIRECT, name=new.saved, other_user=user_id(jid))
            events.append(ChatChanged(chat_key(jid, self._login), info))
        return events


def nameless(user: RemoteUserID) -> str:
    """What somebody is called who has not told a name.

    A number is shown only where it is all that people have for somebody; of a LID, behind which
    WhatsApp may hide the number, only the end.
    """
    return f"+{user}" if user.isdigit() else f"…{user[-_SHOWN_DIGITS:]}"
