# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork in the conformance suite."""

from collections import defaultdict
from typing import Self

from bridges.core.chat import ChatKind
from bridges.core.config import ListenConfig, NetworkConfig
from bridges.core.content import (
    FormattedText,
    MediaInfo,
    MediaKind,
    Poll,
    RemoteMedia,
    RemotePart,
    Text,
)
from bridges.core.errors import NotConnected, RateLimited, Rejected
from bridges.core.events import RemoteTyping
from bridges.core.ids import ChatID, MessageID, RemoteUserID
from bridges.core.network import NetworkPlugin
from bridges.core.text import user_text
from tests.conformance.driver import ALL_STYLES, Chat, Phone, Seen, SeenPoll
from tests.conformance.driver_topology import ALL_SETTINGS
from tests.conformance.fake_hosting import FakeHost
from tests.conformance.fake_kinds import FakeKinds
from tests.conformance.fake_topology import FakeTopologyPhone
from tests.fakes import world
from tests.fakes.adapter import FakeConfig
from tests.fakes.fake_network import FakeNetwork
from tests.fakes.phone import FakePhone
from tests.fakes.polls import poll_of

_METHODS = {
    "name": "set_name",
    "topic": "set_topic",
    "picture": "set_avatar",
    "pins": "set_pinned",
    "power": "set_power",
    "add": "invite",
    "remove": "kick",
    "ban": "ban",
}


class FakeDriverPhone(FakeTopologyPhone):
    """See `tests.conformance.driver.Phone`."""

    def __init__(self, network: FakeNetwork, person: FakePhone) -> None:
        self.person = person
        self._network = network
        self.host = FakeHost(network.world, person, self._chat)
        self.kinds = FakeKinds(network.world, person, self._chat, _seen)
        self._typing: defaultdict[ChatID, list[RemoteTyping]] = defaultdict(list)
        person.account.typing.append(self._note_typing)

    @property
    def user(self) -> str:
        return self.person.account.user

    @property
    def number(self) -> str:
        return self.person.account.phone

    @property
    def handle(self) -> str:
        return f"@{self.person.account.username}"

    def chat_with(self, other: Phone) -> Chat:
        return Chat(people=frozenset({self.user, other.user}))

    async def create_group(self, title: str, *others: Phone) -> Chat:
        return self._create(ChatKind.GROUP, title, others)

    async def create_channel(self, title: str, *others: Phone) -> Chat:
        return self._create(ChatKind.CHANNEL, title, others)

    def _create(self, kind: ChatKind, title: str, others: tuple[Phone, ...]) -> Chat:
        phones = [_fake(one).person for one in others]
        return Chat(room=self.person.creates(kind, title, *phones).id)

    async def save_contact(self, other: Phone, name: str) -> None:
        self.person.saves(_fake(other).person, name)

    async def rename(self, chat: Chat, title: str) -> None:
        self.person.hosting.rename(self._chat(chat), title)

    async def set_picture(self, chat: Chat, picture: bytes) -> None:
        self.person.hosting.picture(self._chat(chat), picture)

    async def remove(self, chat: Chat, other: Phone) -> None:
        self.person.hosting.remove(self._chat(chat), _fake(other).person.account.user)

    async def send(
        self, chat: Chat, text: str, html: str | None = None, *, reply_to: Seen | None = None
    ) -> Seen:
        answered = None if reply_to is None else MessageID(reply_to.id)
        sent = self.person.says(self._chat(chat), text, html, reply_to=answered)
        return _seen(chat, sent)

    async def send_file(self, chat: Chat, data: bytes, name: str, caption: str = "") -> Seen:
        info = MediaInfo(name, size=len(data))
        sent = self.person.sends_file(self._chat(chat), data, info, MediaKind.FILE, caption or None)
        return _seen(chat, sent)

    async def send_photo(self, chat: Chat, data: bytes, caption: str = "") -> Seen:
        info = MediaInfo("photo.png", "image/png", len(data))
        sent = self.person.sends_file(
            self._chat(chat), data, info, MediaKind.IMAGE, caption or None
        )
        return _seen(chat, sent)

    async def let_messages_disappear(self, chat: Chat, seconds: int) -> None:
        self.person.lets_messages_disappear(self._chat(chat), seconds)

    async def send_poll(
        self,
        chat: Chat,
        question: str,
        *answers: str,
        max_selections: int = 1,
        anonymous: bool = False,
    ) -> Seen:
        asked = self.person.asks(
            self._chat(chat),
            question,
            *answers,
            max_selections=max_selections,
            anonymous=anonymous,
        )
        return _seen(chat, asked)

    async def vote(self, message: Seen, *answers: str) -> None:
        self.person.votes(self._chat(message.chat), MessageID(message.id), *answers)

    async def end_poll(self, message: Seen) -> None:
        self.person.ends_poll(self._chat(message.chat), MessageID(message.id))

    async def poll(self, message: Seen) -> SeenPoll:
        found = self._chat(message.chat).messages[MessageID(message.id)]
        poll = poll_of(found)
        texts = {one.id: one.text for one in poll.answers}
        votes = {
            str(who): frozenset(texts[one] for one in given) for who, given in found.votes.items()
        }
        return SeenPoll(poll.question, tuple(texts.values()), votes, found.poll_ended)

    async def edit(self, message: Seen, text: str, html: str | None = None) -> None:
        self.person.edits(self._chat(message.chat), MessageID(message.id), text, html)

    async def delete(self, message: Seen) -> None:
        self.person.deletes(self._chat(message.chat), MessageID(message.id))

    async def react(self, message: Seen, emoji: str | None) -> None:
        emojis = () if emoji is None else (emoji,)
        self.person.reacts(self._chat(message.chat), MessageID(message.id), *emojis)

    async def read(self, message: Seen) -> None:
        self.person.reads(self._chat(message.chat), MessageID(message.id))

    async def type(self, chat: Chat) -> None:
        self.person.types(self._chat(chat))

    async def messages(self, chat: Chat) -> list[Seen]:
        return [_seen(chat, one) for one in self._chat(chat).messages.values()]

    async def download(self, message: Seen) -> bytes:
        part = self._chat(message.chat).messages[MessageID(message.id)].parts[0]
        assert isinstance(part, RemoteMedia)
        return self._network.world.files[part.reference]

    async def is_read(self, message: Seen) -> bool:
        readers = self._chat(message.chat).read
        return any(
            int(up_to) >= int(message.id) for user, up_to in readers.items() if user != self.user
        )

    async def typists(self, chat: Chat) -> set[str]:
        return {event.user.user for event in self._typed(chat) if event.seconds}

    async def times_typed(self, chat: Chat) -> int:
        return sum(bool(event.seconds) for event in self._typed(chat))

    async def has_stopped_typing(self, chat: Chat) -> bool:
        return [event.seconds for event in self._typed(chat)][-1:] == [0]

    def _typed(self, chat: Chat) -> list[RemoteTyping]:
        return self._typing[self._chat(chat).id]

    async def set_name(self, name: str) -> None:
        self.person.is_called(name)

    async def set_own_picture(self, picture: bytes) -> None:
        self.person.shows(picture)

    async def delete_account(self) -> None:
        self.person.deletes_account()

    def _chat(self, chat: Chat) -> world.Chat:
        if chat.room:
            return self._network.world.chats[ChatID(chat.room)]
        one, other = chat.people
        return self._network.world.direct(RemoteUserID(one), RemoteUserID(other))

    def _note_typing(self, event: RemoteTyping) -> None:
        chat = self._network.world.chat_of(event.chat)
        if chat is not None:
            self._typing[chat.id].append(event)


class FakeDriver:
    """See `tests.conformance.driver.Driver`."""

    def __init__(self) -> None:
        self.network = FakeNetwork()

    @property
    def plugin(self) -> NetworkPlugin:
        return self.network.plugin

    @property
    def styles(self) -> frozenset[str]:
        return ALL_STYLES

    @property
    def chat_settings(self) -> frozenset[str]:
        return ALL_SETTINGS

    @property
    def login_code(self) -> str:
        return world.LOGIN_CODE

    @property
    def qr_data(self) -> str:
        return self.network.scans.latest

    def config(self, listen: ListenConfig) -> NetworkConfig:
        return FakeConfig(listen=listen)

    async def person(self, name: str, *, password: str | None = None) -> FakeDriverPhone:
        return FakeDriverPhone(self.network, self.network.person(name, password=password))

    async def scan(self, phone: Phone, data: str) -> None:
        self.network.scans.scan(data, _fake(phone).person.account)

    async def type_code(self, phone: Phone) -> None:
        raise NotImplementedError("codes are sent to phones")

    def limit_rate(self, phone: Phone, seconds: int) -> None:
        error = RateLimited(
            "FAKE.TOO_FAST", user_text("You are sending too fast."), retry_after=seconds
        )
        _fake(phone).person.faults.add("send", error)

    def limit_history(self, phone: Phone, seconds: int) -> None:
        error = RateLimited(
            "FAKE.TOO_MUCH", user_text("You are reading too fast."), retry_after=seconds
        )
        _fake(phone).person.faults.add("history", error)

    def refuse(self, phone: Phone) -> None:
        error = Rejected("FAKE.BLOCKED", user_text("This person has blocked you."))
        _fake(phone).person.faults.add("send", error)

    def lose_answer(self, phone: Phone) -> None:
        error = NotConnected(
            "FAKE.LOST", user_text("The connection was lost."), retry_after=0.3, certain=False
        )
        _fake(phone).person.faults.add("send", error, done_first=True)

    def refuse_change(self, phone: Phone, change: str) -> None:
        error = Rejected("FAKE.NOT_ALLOWED", user_text("You have no right to do that."))
        _fake(phone).person.faults.add(_METHODS[change], error)

    def limit_login(self, phone: Phone, seconds: int) -> None:
        error = RateLimited(
            "FAKE.TOO_MANY_LOGINS", user_text("Too many attempts."), retry_after=seconds
        )
        _fake(phone).person.faults.add("login", error)

    async def cut_off(self) -> None:
        self.network.world.set_reachable(False)

    async def let_back(self) -> None:
        self.network.world.set_reachable(True)

    async def end_session(self, phone: Phone) -> None:
        _fake(phone).person.ends_sessions()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing runs by itself."""


def _fake(phone: Phone) -> FakeDriverPhone:
    assert isinstance(phone, FakeDriverPhone)
    return phone


def _seen(chat: Chat, message: world.Message) -> Seen:
    part = message.parts[0]
    text = _text(part)
    return Seen(
        chat=chat,
        id=message.id,
        sender=message.sender,
        text=text.body,
        html=text.html,
        reply_to=message.reply_to,
        reactions={user: emojis for user, emojis in message.reactions.items() if emojis},
        reacted=any(message.reactions.values()),
        file=part.info.name if isinstance(part, RemoteMedia) else None,
        sent_at=int(message.timestamp.timestamp()),
    )


def _text(part: RemotePart) -> FormattedText:
    match part:
        case Text():
            return part.text
        case Poll():
            return FormattedText(part.question)
        case RemoteMedia(caption=FormattedText() as caption):
            return caption
    return FormattedText("")
