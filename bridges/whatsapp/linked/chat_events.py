# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats themselves: who is in a group, how it is called, who types, pictures, calls."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import evolve
from mautrix.util.async_db import Connection as Transaction

from bridges.core.chat import ChatSettings
from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    RemoteChatSettings,
    RemoteMessage,
    RemoteTyping,
    UserChanged,
)
from bridges.core.ids import MessageID
from bridges.core.network import BridgeHandle
from bridges.core.refresh import Refresher
from bridges.core.text import UserText, user_text
from bridges.whatsapp.ids import Jid, chat_key, maybe_jid, user_id
from bridges.whatsapp.json_form import mapping
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import moment, opened
from bridges.whatsapp.linked.groups import change_info, to_be_asked
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.pictures import Pictures
from bridges.whatsapp.linked.posts import channel, is_muted, muted_until
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import FOR_EVER, ChatFacts

Data = Mapping[str, Any]

_TYPES_FOR = 25.0
"""Seconds after which WhatsApp's clients forget that somebody types."""
_PEOPLE = ("join", "leave", "promote", "demote")

_CALL = user_text("Incoming call. It rings on your phone; the bridge cannot carry it.")
_NEW_KEYS = user_text("The security code with this person has changed: they use a new phone.")


class ChatEvents:
    """For one login; each method adds to a batch what an event's data come to."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        people: People,
        pictures: Pictures,
        refresher: Refresher,
    ) -> None:
        self._device = device
        self._handle = handle
        self._stores = stores
        self._people = people
        self._pictures = pictures
        self._refresher = refresher

    async def typing(self, data: Data, batch: Batch) -> None:
        """A ``chat_presence`` event: shown now, never stored."""
        device = self._device
        envelope = await opened(
            data, device.login, device.me, self._people, self._handle.clock.now()
        )
        if envelope is not None:
            seconds = _TYPES_FOR if data.get("composing") else 0.0
            event = RemoteTyping(envelope.chat, envelope.sender, seconds)
            self._handle.typing(device.login, event)

    async def group_changed(self, data: Data, batch: Batch) -> None:
        """A ``group_info`` event."""
        group = maybe_jid(data.get("jid"))
        if group is None:
            return
        chat = chat_key(group, self._device.login)
        data = {**data, **{name: await self._known(data.get(name, ())) for name in _PEOPLE}}
        if data.get("delete"):
            batch.events.append(ChatGone(chat, deleted=True))
            return
        if str(self._device.me) in data["leave"]:
            batch.events.append(ChatGone(chat))
            return
        info = change_info(data, self._people.sender)
        if info is not None:
            batch.events.append(ChatChanged(chat, info))
        for one in to_be_asked(data):
            self._refresher.due(chat_key(one, self._device.login))
        if "ephemeral" in data:
            timer = data["ephemeral"]
            seconds = int(timer.get("disappearing_timer", 0)) if timer.get("is_ephemeral") else 0
            batch.writes.append(await self._timer(chat.chat, seconds, data))

    async def joined(self, data: Data, batch: Batch) -> None:
        """A ``joined_group`` event: its room, if it had one, is asked for anew."""
        group = maybe_jid(data.get("group_info", {}).get("jid"))
        if group is not None:
            self._refresher.due(chat_key(group, self._device.login))

    async def followed(self, data: Data, batch: Batch) -> None:
        """A ``newsletter_join`` event: the account follows a channel now."""
        address = maybe_jid(channel(mapping(data.get("newsletter_metadata"))).address)
        if address is not None:
            self._refresher.due(chat_key(address, self._device.login))

    async def unfollowed(self, data: Data, batch: Batch) -> None:
        """A ``newsletter_leave`` event."""
        address = maybe_jid(data.get("id"))
        if address is not None:
            batch.events.append(ChatGone(chat_key(address, self._device.login)))

    async def channel_muted(self, data: Data, batch: Batch) -> None:
        """A ``newsletter_mute_change`` event."""
        address = maybe_jid(data.get("id"))
        if address is None:
            return
        chat, muted = chat_key(address, self._device.login), is_muted(data)
        settings = ChatSettings(muted_until=muted_until(muted))
        batch.events.append(RemoteChatSettings(chat, settings))
        facts = await self._stores.chats.get(chat.chat)
        changed = evolve(facts, muted_until=FOR_EVER if muted else 0)
        batch.writes.append(self._write(changed))

    async def picture(self, data: Data, batch: Batch) -> None:
        """A ``picture`` event says only that there is another one."""
        jid = maybe_jid(data.get("jid"))
        if jid is None:
            return
        jid = await self._people.person(jid)
        avatar = await self._pictures.of(jid)
        if jid.is_person:
            info = evolve(await self._people.info(user_id(jid)), avatar=avatar)
            batch.events.append(UserChanged(user_id(jid), info))
        else:
            self._refresher.due(chat_key(jid, self._device.login))

    async def call(self, data: Data, batch: Batch) -> None:
        """A ``call_offer`` event."""
        call = data.get("basic_call_meta", {})
        caller = maybe_jid(call.get("call_creator")) or maybe_jid(call.get("from"))
        if caller is None or not call.get("call_id"):
            return
        caller = await self._people.person(caller, maybe_jid(call.get("call_creator_alt")))
        await self._notice(caller, f"call-{call['call_id']}", _CALL, call, batch)

    async def identity_changed(self, data: Data, batch: Batch) -> None:
        """An ``identity_change`` event."""
        jid = maybe_jid(data.get("jid"))
        if jid is None or data.get("implicit"):
            return
        jid = await self._people.person(jid)
        if await self._handle.has_room(chat_key(jid, self._device.login)):
            name = f"identity-{jid.user}-{data.get('timestamp', '')}"
            await self._notice(jid, name, _NEW_KEYS, data, batch)

    async def _notice(self, who: Jid, name: str, text: UserText, data: Data, batch: Batch) -> None:
        say = await self._handle.translation(self._device.login)
        when = moment(data.get("timestamp"), self._handle.clock.now())
        chat = chat_key(who, self._device.login)
        part = Text(FormattedText(say(text)), TextKind.NOTICE)
        message = RemoteMessage(chat, self._people.sender(who), MessageID(name), when, (part,))
        batch.events.append(message)

    async def _known(self, jids: Any) -> list[str]:
        """People by the addresses by which they are called here."""
        found = [jid for jid in map(maybe_jid, jids) if jid is not None]
        return [str(await self._people.person(jid)) for jid in found]

    async def _timer(
        self, chat: str, seconds: int, data: Data
    ) -> Callable[[Transaction], Awaitable[None]]:
        facts = await self._stores.chats.get(chat)
        when = moment(data.get("timestamp"), self._handle.clock.now())
        return self._write(evolve(facts, timer=seconds, timer_set=int(when.timestamp())))

    def _write(self, changed: ChatFacts) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.chats.write(transaction, changed)

        return write
