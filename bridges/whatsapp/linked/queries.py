# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one login can say about chats and people."""

from attrs import evolve

from bridges.core.chat import (
    MUTED_FOR_EVER,
    ChatInfo,
    ChatKind,
    Member,
    UserInfo,
)
from bridges.core.chat import ChatSettings as OwnSettings
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.network import BridgeHandle
from bridges.core.text import user_text
from bridges.whatsapp.ids import (
    GROUP,
    NEWSLETTER,
    STATUS,
    Jid,
    UnknownID,
    chat_jid,
    user_id,
    user_jid,
)
from bridges.whatsapp.linked.chat_settings import settings_of
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.groups import (
    CHANNEL_RIGHTS,
    DIRECT_RIGHTS,
    STATUS_RIGHTS,
    group_info,
    pairs_of,
    picture,
)
from bridges.whatsapp.linked.history_sync import HistorySync
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.pictures import Pictures
from bridges.whatsapp.linked.posts import Channel, channel
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import ChatFacts
from bridges.whatsapp.wire.values import Group

_UNKNOWN = user_text("The WhatsApp bridge does not know this chat or person.")
_NOT_FOLLOWED = user_text("You do not follow this channel. Follow it in WhatsApp on your phone.")


class Queries:
    """Asks WhatsApp, and what is stored."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        people: People,
        pictures: Pictures,
        awaited: HistorySync,
    ) -> None:
        """``awaited`` knows whether the phone has yet to say how people are called."""
        self._awaited = awaited
        self._device = device
        self._handle = handle
        self._stores = stores
        self._people = people
        self._pictures = pictures

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """See ``Session.chat_info``."""
        jid = known_chat(chat)
        if jid.is_person:
            return await self._direct(jid)
        if jid.server == GROUP:
            return await self._group(jid)
        if jid.server == NEWSLETTER:
            return await self._newsletter(jid)
        return await self._status(jid)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """See ``Session.user_info``."""
        jid = known_user(user)
        if jid.server == NEWSLETTER:
            found = await self.channel(jid)
            return UserInfo(name=found.name, avatar=picture(found.picture, jid))
        info = await self._people.info(user)
        if not jid.is_person:
            return info
        return evolve(info, avatar=await self._pictures.of(jid))

    async def group(self, jid: Jid) -> Group:
        """Ask for a group, and learn who its members are."""
        group = await guarded(self._device.worker.group(self._device.name, str(jid)))
        await self.learn(group)
        return group

    async def channel(self, jid: Jid) -> Channel:
        """Ask for a channel. Raises ``Rejected`` if the account does not follow it."""
        found = channel(await guarded(self._device.worker.newsletter(self._device.name, str(jid))))
        if not found.followed:
            raise Rejected("WHATSAPP.NOT_FOLLOWED", _NOT_FOLLOWED)
        return found

    async def learn(self, group: Group) -> None:
        """Note the addresses of a group's members."""
        pairs = await self._stores.addresses.news(pairs_of(group))
        if pairs:
            await self._stores.addresses.put(pairs)

    async def _direct(self, jid: Jid) -> ChatInfo:
        user = user_id(jid)
        saved = await self._people.saved_name(user)
        if saved is None:
            await self._awaited.check()
        me, other = self._people.sender(self._device.me), self._people.sender(jid)
        return ChatInfo(
            kind=ChatKind.DIRECT,
            name=saved,
            other_user=user,
            members=(Member(me), Member(other)) if me != other else (Member(me),),
            members_complete=True,
            may_write=True,
            rights=DIRECT_RIGHTS,
            settings=await self._settings(jid),
        )

    async def _group(self, jid: Jid) -> ChatInfo:
        group = await self.group(jid)
        info = group_info(group, self._people.sender)
        avatar = await self._pictures.of(jid, community=group.is_community)
        return evolve(info, avatar=avatar, settings=await self._settings(jid))

    async def _newsletter(self, jid: Jid) -> ChatInfo:
        found = await self.channel(jid)
        speaker = self._people.sender(jid)
        return ChatInfo(
            kind=ChatKind.CHANNEL,
            name=found.name,
            topic=found.description,
            avatar=picture(found.picture, jid),
            members=(Member(self._people.sender(self._device.me)), Member(speaker)),
            may_write=False,
            rights=CHANNEL_RIGHTS,
            settings=OwnSettings(muted_until=found.muted_until),
        )

    async def _status(self, jid: Jid) -> ChatInfo:
        if jid != STATUS:
            raise unknown_chat()
        say = await self._handle.translation(self._device.login)
        return ChatInfo(
            kind=ChatKind.CHANNEL,
            name=say(user_text("Status posts on WhatsApp")),
            members=(Member(self._people.sender(self._device.me)),),
            may_write=True,
            rights=STATUS_RIGHTS,
            settings=OwnSettings(muted_until=MUTED_FOR_EVER),
        )

    async def _settings(self, chat: Jid) -> OwnSettings | None:
        """How the phone has set a chat, None if nothing was ever heard of it."""
        facts = await self._stores.chats.get(str(chat))
        return None if facts == ChatFacts(str(chat)) else settings_of(facts)


def unknown_chat() -> Rejected:
    """There is no such chat or person here."""
    return Rejected("WHATSAPP.UNKNOWN_CHAT", _UNKNOWN)


def known_chat(chat: ChatKey) -> Jid:
    """The address of a chat. Raises ``Rejected``."""
    try:
        return chat_jid(chat)
    except UnknownID:
        raise unknown_chat() from None


def known_user(user: RemoteUserID) -> Jid:
    """The address of somebody. Raises ``Rejected``."""
    try:
        return user_jid(user)
    except UnknownID:
        raise unknown_chat() from None
