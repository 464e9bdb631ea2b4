# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox Telegram in the conformance suite; its phones are plain Telethon clients."""

import base64
import itertools
from pathlib import Path
from typing import Any, Self

from telethon import utils
from telethon.extensions import html as telethon_html
from telethon.tl import functions, types

from bridges.core.config import ListenConfig, NetworkConfig
from bridges.core.network import NetworkPlugin
from bridges.telegram import network
from bridges.telegram.config import (
    TelegramConfig,
    TelegramListenConfig,
    TelegramServerConfig,
    TelegramSyncConfig,
)
from sandbox.telegram import LOGIN_CODE, Limits, Person, TelegramSandbox
from tests.conformance.driver import ALL_STYLES, Chat, Phone, Seen, SeenPoll
from tests.conformance.driver_topology import ALL_SETTINGS
from tests.conformance.telegram_hosting import TelegramHost
from tests.conformance.telegram_kinds import TelegramKinds
from tests.conformance.telegram_topology import TelegramTopologyPhone, group_of, topic_of
from tests.support.faultproxy import FaultProxy
from tests.support.ports import LOOPBACK

_SEND = "messages.sendMessage"
_HISTORY = 200
_MEMBERS_SHOWN = 6
_METHODS = {
    "name": "channels.editTitle",
    "topic": "messages.editChatAbout",
    "picture": "channels.editPhoto",
    "pins": "messages.updatePinnedMessage",
    "power": "channels.editAdmin",
    "add": "channels.inviteToChannel",
    "remove": "channels.editBanned",
    "ban": "channels.editBanned",
}
"""Telegram's methods for what people change."""


class TelegramPhone(TelegramTopologyPhone):
    """See `tests.conformance.driver.Phone`."""

    def __init__(self, net: TelegramSandbox, person: Person) -> None:
        self.person = person
        self._net = net
        self._entities: dict[Chat, Any] = {}
        self.kinds = TelegramKinds(net, person, self._entity, self._seen)
        self.host = TelegramHost(
            person,
            self._entity,
            lambda other: self._entity(Chat(frozenset({self.user, other.user}))),
        )

    @property
    def id(self) -> int:
        """Telegram's id of the person."""
        return self.person.account.id

    @property
    def user(self) -> str:
        return str(self.id)

    @property
    def number(self) -> str:
        return f"+{self.person.account.phone}"

    @property
    def handle(self) -> str:
        return f"@{self.person.account.username}"

    def chat_with(self, other: Phone) -> Chat:
        return Chat(people=frozenset({self.user, other.user}))

    async def create_group(self, title: str, *others: Phone) -> Chat:
        return await self._create("supergroup", title, others)

    async def create_channel(self, title: str, *others: Phone) -> Chat:
        return await self._create("channel", title, others)

    async def _create(self, kind: str, title: str, others: tuple[Phone, ...]) -> Chat:
        members = tuple(int(one.user) for one in others)
        room = await self._net.add_room(kind, title, self.id, members)
        return Chat(room=str(room.id))

    async def save_contact(self, other: Phone, name: str) -> None:
        user = await self._entity(self.chat_with(other))
        phone = self._net.accounts.get(int(other.user)).phone
        await self.person.client(functions.contacts.AddContactRequest(user, name, "", phone=phone))

    async def rename(self, chat: Chat, title: str) -> None:
        entity = await self._entity(chat)
        request: Any = functions.channels.EditTitleRequest(entity, title)
        if isinstance(entity, types.InputPeerChat):
            request = functions.messages.EditChatTitleRequest(entity.chat_id, title)
        await self.person.client(request)

    async def set_picture(self, chat: Chat, picture: bytes) -> None:
        uploaded = await self.person.client.upload_file(picture, file_name="picture.png")
        photo = types.InputChatUploadedPhoto(file=uploaded)
        entity = await self._entity(chat)
        request: Any = functions.channels.EditPhotoRequest(entity, photo)
        if isinstance(entity, types.InputPeerChat):
            request = functions.messages.EditChatPhotoRequest(entity.chat_id, photo)
        await self.person.client(request)

    async def remove(self, chat: Chat, other: Phone) -> None:
        target = await self._entity(self.chat_with(other))
        await self.person.client.kick_participant(await self._entity(chat), target)

    async def send(
        self, chat: Chat, text: str, html: str | None = None, *, reply_to: Seen | None = None
    ) -> Seen:
        entities = None if html is None else telethon_html.parse(html)[1]
        topic = topic_of(chat)
        sent = await self.person.client.send_message(
            await self._entity(chat),
            text,
            formatting_entities=entities,
            reply_to=topic if reply_to is None else int(reply_to.id),
        )
        return self._seen(chat, sent)

    async def send_file(self, chat: Chat, data: bytes, name: str, caption: str = "") -> Seen:
        return await self._send_file(chat, data, name, caption, as_document=True)

    async def send_photo(self, chat: Chat, data: bytes, caption: str = "") -> Seen:
        return await self._send_file(chat, data, "photo.png", caption, as_document=False)

    async def _send_file(
        self, chat: Chat, data: bytes, name: str, caption: str, *, as_document: bool
    ) -> Seen:
        uploaded = await self.person.client.upload_file(data, file_name=name)
        sent = await self.person.client.send_file(
            await self._entity(chat), uploaded, caption=caption, force_document=as_document
        )
        return self._seen(chat, sent)

    async def let_messages_disappear(self, chat: Chat, seconds: int) -> None:
        entity = await self._entity(chat)
        await self.person.client(functions.messages.SetHistoryTTLRequest(entity, seconds))

    async def send_poll(
        self,
        chat: Chat,
        question: str,
        *answers: str,
        max_selections: int = 1,
        anonymous: bool = False,
    ) -> Seen:
        poll = types.Poll(
            id=0,
            question=types.TextWithEntities(question, []),
            answers=[
                types.PollAnswer(types.TextWithEntities(text, []), bytes([number]))
                for number, text in enumerate(answers)
            ],
            hash=0,
            public_voters=not anonymous,
            multiple_choice=max_selections > 1,
        )
        entity = await self._entity(chat)
        sent = await self.person.client.send_file(entity, types.InputMediaPoll(poll))
        return self._seen(chat, sent)

    async def vote(self, message: Seen, *answers: str) -> None:
        entity = await self._entity(message.chat)
        poll = (await self._media(message)).poll
        options = [one.option for one in poll.answers if one.text.text in answers]
        await self.person.client(
            functions.messages.SendVoteRequest(entity, int(message.id), options)
        )

    async def end_poll(self, message: Seen) -> None:
        entity = await self._entity(message.chat)
        poll = (await self._media(message)).poll
        poll.closed = True
        await self.person.client(
            functions.messages.EditMessageRequest(
                entity, int(message.id), media=types.InputMediaPoll(poll)
            )
        )

    async def poll(self, message: Seen) -> SeenPoll:
        media = await self._media(message)
        texts = {one.option: one.text.text for one in media.poll.answers}
        record = self._net.world.polls.of(media)
        assert record is not None
        votes = {
            str(one.user): frozenset(texts[option] for option in one.options)
            for one in record.ballots
        }
        question = media.poll.question.text
        return SeenPoll(question, tuple(texts.values()), votes, bool(media.poll.closed))

    async def _media(self, message: Seen) -> Any:
        entity = await self._entity(message.chat)
        return (await self.person.client.get_messages(entity, ids=int(message.id))).media

    async def edit(self, message: Seen, text: str, html: str | None = None) -> None:
        entities = None if html is None else telethon_html.parse(html)[1]
        await self.person.client.edit_message(
            await self._entity(message.chat), int(message.id), text, formatting_entities=entities
        )

    async def delete(self, message: Seen) -> None:
        entity = await self._entity(message.chat)
        await self.person.client.delete_messages(entity, [int(message.id)], revoke=True)

    async def react(self, message: Seen, emoji: str | None) -> None:
        chosen = [] if emoji is None else [types.ReactionEmoji(emoji)]
        await self.person.client(
            functions.messages.SendReactionRequest(
                await self._entity(message.chat), int(message.id), reaction=chosen
            )
        )

    async def read(self, message: Seen) -> None:
        topic = topic_of(message.chat)
        if topic is not None:
            await self.person.read_thread(group_of(message.chat), topic, int(message.id))
            return
        entity = await self._entity(message.chat)
        await self.person.client.send_read_acknowledge(entity, max_id=int(message.id))

    async def type(self, chat: Chat) -> None:
        action = types.SendMessageTypingAction()
        entity = await self._entity(chat)
        request = functions.messages.SetTypingRequest(entity, action, top_msg_id=topic_of(chat))
        await self.person.client(request)

    async def messages(self, chat: Chat) -> list[Seen]:
        entity, topic = await self._entity(chat), topic_of(chat)
        found = await self.person.client.get_messages(entity, limit=_HISTORY, reply_to=topic)
        return [self._seen(chat, one) for one in reversed(found) if isinstance(one, types.Message)]

    async def download(self, message: Seen) -> bytes:
        entity = await self._entity(message.chat)
        found = await self.person.client.get_messages(entity, ids=int(message.id))
        data: bytes = await self.person.client.download_media(found, bytes)
        return data

    async def is_read(self, message: Seen) -> bool:
        entity = await self._entity(message.chat)
        request = functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(entity)])
        answer = await self.person.client(request)
        return bool(answer.dialogs[0].read_outbox_max_id >= int(message.id))

    async def typists(self, chat: Chat) -> set[str]:
        return {str(one.sender) for one in self._typed(chat) if one.kind == "typing"}

    async def times_typed(self, chat: Chat) -> int:
        return sum(one.kind == "typing" for one in self._typed(chat))

    async def has_stopped_typing(self, chat: Chat) -> bool:
        return [one.kind for one in self._typed(chat)][-1:] == ["typing over"]

    def _typed(self, chat: Chat) -> list[Any]:
        wanted = (group_of(chat), topic_of(chat) or 0) if chat.room else (self._other(chat), 0)
        kinds = ("typing", "typing over")
        return [
            one
            for one in self.person.received
            if one.kind in kinds and (one.chat, one.topic or 0) == wanted
        ]

    async def set_name(self, name: str) -> None:
        self._net.operator.rename(self.id, name)

    async def set_own_picture(self, picture: bytes) -> None:
        uploaded = await self.person.client.upload_file(picture, file_name="me.png")
        await self.person.client(functions.photos.UploadProfilePhotoRequest(file=uploaded))

    async def delete_account(self) -> None:
        self._net.operator.delete_account(self.id)

    async def _entity(self, chat: Chat) -> Any:
        if chat not in self._entities:
            name = chat.room.partition("/")[0]
            if not name:
                name = f"+{self._net.accounts.get(self._other(chat)).phone}"
            self._entities[chat] = await self.person.entity(name)
        return self._entities[chat]

    def _other(self, chat: Chat) -> int:
        return next(int(one) for one in chat.people if one != self.user)

    def _seen(self, chat: Chat, message: Any) -> Seen:
        sender = self.id if message.out else message.sender_id
        if sender is None:
            sender = self._other(chat)
        reactions: dict[str, list[str]] = {}
        for one in getattr(message.reactions, "recent_reactions", None) or ():
            emoji = getattr(one.reaction, "emoticon", "")
            reactions.setdefault(str(utils.get_peer_id(one.peer_id)), []).append(emoji)
        html = telethon_html.unparse(message.message, message.entities or [])
        return Seen(
            chat=chat,
            id=str(message.id),
            sender=str(sender),
            text=message.poll.poll.question.text if message.poll else message.message,
            html=html if message.entities else None,
            reply_to=str(message.reply_to.reply_to_msg_id) if message.reply_to else None,
            reactions=reactions,
            reacted=bool(message.reactions and message.reactions.results),
            file=(message.file.name or "") if message.file else None,
            sent_at=int(message.date.timestamp()),
        )


class TelegramDriver:
    """See `tests.conformance.driver.Driver`. The bridge reaches the sandbox through `proxy`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.net = TelegramSandbox(limits=limits)
        self._proxy: FaultProxy | None = None
        self._numbers = itertools.count(1)

    @property
    def proxy(self) -> FaultProxy:
        """What is between the bridge and the sandbox."""
        assert self._proxy is not None
        return self._proxy

    @property
    def plugin(self) -> NetworkPlugin:
        return network

    @property
    def styles(self) -> frozenset[str]:
        return ALL_STYLES

    @property
    def chat_settings(self) -> frozenset[str]:
        return ALL_SETTINGS

    @property
    def login_code(self) -> str:
        return LOGIN_CODE

    @property
    def qr_data(self) -> str:
        tokens = self.net.world.logins._tokens
        if not tokens:
            return ""
        token = base64.urlsafe_b64encode(next(reversed(tokens))).decode().rstrip("=")
        return f"tg://login?token={token}"

    def config(self, listen: ListenConfig) -> NetworkConfig:
        key = Path(__file__).parents[2] / "sandbox/telegram/test_rsa_key.pub.pem"
        return TelegramConfig(
            listen=TelegramListenConfig(host=listen.host, port=listen.port),
            server=TelegramServerConfig(
                dc=self.net.dc, ip=LOOPBACK, port=self.proxy.port, rsa_public_key_file=key
            ),
            sync=TelegramSyncConfig(member_limit=_MEMBERS_SHOWN),
        )

    async def person(self, name: str, *, password: str | None = None) -> TelegramPhone:
        number = next(self._numbers)
        account = await self.net.add_account(
            f"+999555{number:06}", name, username=f"sandbox_person_{number}", password=password
        )
        return TelegramPhone(self.net, await self.net.person(account.id))

    async def scan(self, phone: Phone, data: str) -> None:
        token = base64.urlsafe_b64decode(data.partition("token=")[2] + "==")
        await _telegram(phone).person.client(functions.auth.AcceptLoginTokenRequest(token))

    async def type_code(self, phone: Phone) -> None:
        raise NotImplementedError("codes are sent to phones")

    def limit_rate(self, phone: Phone, seconds: int) -> None:
        self.net.faults.flood_wait(_SEND, seconds, account=int(phone.user))

    def limit_history(self, phone: Phone, seconds: int) -> None:
        self.net.faults.flood_wait("messages.getHistory", seconds, account=int(phone.user))

    def refuse(self, phone: Phone) -> None:
        self.net.faults.fail(_SEND, 403, "CHAT_WRITE_FORBIDDEN", account=int(phone.user))

    def lose_answer(self, phone: Phone) -> None:
        self.net.faults.kill_answer(_SEND, account=int(phone.user))

    def refuse_change(self, phone: Phone, change: str) -> None:
        self.net.faults.fail(_METHODS[change], 400, "CHAT_ADMIN_REQUIRED", account=int(phone.user))

    def limit_login(self, phone: Phone, seconds: int) -> None:
        self.net.faults.flood_wait("auth.sendCode", seconds)

    async def cut_off(self) -> None:
        await self.proxy.refuse()
        self.proxy.drop()

    async def let_back(self) -> None:
        await self.proxy.resume()

    async def end_session(self, phone: Phone) -> None:
        self.net.operator.revoke(int(phone.user))

    async def __aenter__(self) -> Self:
        await self.net.start()
        self._proxy = FaultProxy(self.net.port, self.net.host)
        await self.proxy.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.proxy.close()
        await self.net.stop()


def _telegram(phone: Phone) -> TelegramPhone:
    assert isinstance(phone, TelegramPhone)
    return phone
