# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account's chats and contacts, and finding somebody by number, link or name.

Nothing is asked of WhatsApp but one number at a time: looking many up gets accounts banned.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.chat import ChatKind, KnownChat
from bridges.core.clock import Clock
from bridges.core.errors import Rejected, SessionLost
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.text import user_text
from bridges.whatsapp.ids import (
    BROADCAST,
    GROUP,
    LID,
    NEWSLETTER,
    NUMBER,
    STATUS,
    Jid,
    chat_key,
    maybe_jid,
    parse_jid,
    user_id,
    user_jid,
)
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.history_sync import HistorySync
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.posts import channel
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.refusals import NOT_LINKED, guarded, quietly
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.addresses import same_person
from bridges.whatsapp.store.chats import ChatFacts

_NUMBER = re.compile(r"\+?[0-9]{7,15}")
_WA_ME = re.compile(r"(?:https?://)?wa\.me/\+?(?P<number>[0-9]{7,15})(?:[/?].*)?")
_SEPARATORS = re.compile(r"[\s().-]")


class ChatLists:
    """For one login."""

    def __init__(
        self,
        device: LinkedDevice,
        stores: Stores,
        people: People,
        clock: Clock,
        history: HistorySync,
    ) -> None:
        self._device = device
        self._stores = stores
        self._people = people
        self._clock = clock
        self._history = history

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """See ``ListsChats``. Right after linking the phone takes a while to hand its chats over."""
        await self._history.check()
        names = await self._names()
        facts = await self._stores.chats.recent(limit)
        return [await self._known(one, names) for one in facts if one.chat != str(STATUS)]

    async def glance(self, chat: ChatKey) -> KnownChat:
        """See ``GlancesAtChats``."""
        known_chat(chat)
        return await self._known(await self._stores.chats.get(chat.chat), {})

    async def contacts(self) -> Sequence[KnownChat]:
        """See ``ListsContacts``. Right after linking there are none yet."""
        await self._history.settled()
        saved = await self._stores.names.saved()
        found = {}
        for user, names in saved.items():
            jid = await self._people.person(user_jid(user))
            found[jid] = await self._person(jid, names.saved)
        return list(found.values())

    async def own_account(self) -> NetworkAccount:
        """See ``TellsAccounts``: as the phone that was linked has told it."""
        me = user_jid(self._people.me)
        account = await self._stores.accounts.get(self._device.login)
        if account is None:
            raise SessionLost("WHATSAPP.NOT_LINKED", NOT_LINKED)
        number = Jid(account.number, NUMBER) if account.number else await self._people.number(me)
        names = await self._stores.names.get(self._people.me)
        return _account(me, number, names.pushed)

    async def known_accounts(self) -> Sequence[AccountContact]:
        """See ``TellsAccounts``. Right after linking there are none yet."""
        await self._history.settled()
        found = {}
        for user, names in (await self._stores.names.saved()).items():
            jid = await self._people.person(user_jid(user))
            number = await self._people.number(jid)
            account = _account(jid, number, names.saved, names.pushed)
            found[jid] = AccountContact(chat_key(jid, self._device.login), account)
        return list(found.values())

    async def users_of(self, numbers: Collection[str]) -> Mapping[str, RemoteUserID]:
        """See ``KnowsNumbers``: those whose LID is known."""
        called = {one: await self._people.person(Jid(one[1:], NUMBER)) for one in numbers}
        return {number: user_id(jid) for number, jid in called.items() if jid.server == LID}

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """See ``SearchesChats``: by the names that are known here."""
        wanted = query.casefold()
        listed = [*await self.contacts(), *await self.recent_chats(500)]
        found = {one.key: one for one in listed if wanted in one.name.casefold()}
        return list(found.values())[:limit]

    async def resolve(self, identifier: str) -> KnownChat:
        """See ``ResolvesIdentifiers``: a number, a wa.me link, or an address."""
        text = _SEPARATORS.sub("", identifier.strip())
        jid = maybe_jid(text)
        if jid is not None and jid.server in {GROUP, NEWSLETTER}:
            return await self.glance(chat_key(jid, self._device.login))
        if jid is not None and jid.is_person:
            return await self._person(await self._people.person(jid), None)
        linked = _WA_ME.fullmatch(identifier.strip())
        number = linked["number"] if linked else text
        if _NUMBER.fullmatch(number) is None:
            raise Rejected(
                "WHATSAPP.NOT_A_NUMBER",
                user_text(
                    "Name a phone number with country code, such as +992 …, or a wa.me link."
                ),
            )
        return await self._person(await self._registered(number.lstrip("+")), None)

    async def _registered(self, number: str) -> Jid:
        worker, name = self._device.worker, self._device.name
        known = await self._people.person(Jid(number, NUMBER))
        if known.server != NUMBER:
            return known
        found = await guarded(worker.on_whatsapp(name, [number]))
        jid = maybe_jid(found[0].jid) if found and found[0].registered else None
        if jid is None:
            raise Rejected(
                "WHATSAPP.NOT_REGISTERED",
                user_text("Nobody is on WhatsApp with the number {number}.", number=f"+{number}"),
            )
        await quietly(worker.user_info(name, [str(jid)]))  # with it the library learns the LID
        lid = maybe_jid(await quietly(worker.lid_of(name, str(jid))))
        pair = same_person(lid, jid)
        if pair is not None:
            await self._stores.addresses.put([pair])
        return await self._people.person(jid)

    async def _known(self, facts: ChatFacts, names: Mapping[str, str]) -> KnownChat:
        jid = parse_jid(facts.chat)
        aside = facts.archived
        if jid.is_person:
            return await self._person(jid, None, set_aside=aside)
        kind = ChatKind.CHANNEL if jid.server in {NEWSLETTER, BROADCAST} else ChatKind.GROUP
        muted = facts.muted_until < 0 or facts.muted_until > self._clock.now().timestamp()
        name = names.get(facts.chat) or facts.name or await self._name(jid) or jid.user
        key = chat_key(jid, self._device.login)
        return KnownChat(key, name, kind, set_aside=aside or (muted and kind is ChatKind.CHANNEL))

    async def _person(self, jid: Jid, saved: str | None, *, set_aside: bool = False) -> KnownChat:
        user = user_id(jid)
        shown = saved or await self._people.saved_name(user) or (await self._people.info(user)).name
        number = await self._people.number(jid)
        return KnownChat(
            chat_key(jid, self._device.login),
            shown or str(user),
            ChatKind.DIRECT,
            detail=f"+{number.user}" if number else "",
            set_aside=set_aside,
        )

    async def _names(self) -> dict[str, str]:
        """How groups and channels are called."""
        worker, name = self._device.worker, self._device.name
        groups = await quietly(worker.groups(name)) or []
        channels = [channel(one) for one in await quietly(worker.newsletters(name)) or []]
        return {one.jid: one.name for one in groups} | {one.address: one.name for one in channels}

    async def _name(self, jid: Jid) -> str:
        """How a channel is called; of groups the phone tells the name."""
        if jid.server != NEWSLETTER:
            return ""
        told = await quietly(self._device.worker.newsletter(self._device.name, str(jid)))
        return channel(told).name if told is not None else ""


def _account(jid: Jid, number: Jid | None, name: str, own_name: str = "") -> NetworkAccount:
    known = {"whatsapp_lid": jid.user} if jid.server == LID else {}
    if number is not None:
        known["whatsapp_number"] = number.user
    phone = f"+{number.user}" if number is not None else ""
    return NetworkAccount(user_id(jid), known, name, own_name, phone)
