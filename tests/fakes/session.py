# SPDX-License-Identifier: AGPL-3.0-or-later
"""One logged-in account of FakeNetwork: a session with every ability there is."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve

from bridges.core.capabilities import FileFeatures, RoomFeatures, Support
from bridges.core.chat import ChatInfo, ChatSettings, Identity, UserInfo
from bridges.core.content import (
    Fetched,
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    OutgoingContent,
    Poll,
    RemoteMedia,
    RemotePart,
    Text,
)
from bridges.core.errors import NotConnected, Rejected, SessionLost, Unsupported
from bridges.core.events import RemoteTyping, VotesOf
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.core.network import BridgeHandle, LoginRecord, SessionState
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingMessage,
    OutgoingReactions,
    OutgoingReceipt,
    OutgoingRedaction,
    OutgoingVote,
    Sent,
)
from bridges.core.text import user_text
from tests.fakes import polls, topology
from tests.fakes.hosting import Hosting
from tests.fakes.list_abilities import ListAbilities
from tests.fakes.room_abilities import RoomAbilities
from tests.fakes.store import FakeStore
from tests.fakes.world import (
    ALLOWED_REACTIONS,
    TYPING_SECONDS,
    Account,
    Chat,
    Message,
    World,
)

_BATCH = 50
_VARIATION = "\ufe0f"
MAX_TEXT = 4096
MAX_ANSWER = 100

LOGGED_OUT = user_text("The account was logged out on the phone.")
OFFLINE = user_text("The fake network cannot be reached.")


class FakeSession(RoomAbilities, ListAbilities):
    """See `bridges.core.network.Session` and every protocol of `bridges.core.abilities`."""

    def __init__(
        self, record: LoginRecord, world: World, handle: BridgeHandle, store: FakeStore
    ) -> None:
        self._record = record
        self._world = world
        self._handle = handle
        self._store = store
        self._account: Account = world.accounts[record.user]
        self._hosting = Hosting(world, self._account)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._token = ""

    # -- Connection

    async def connect(self) -> None:
        """Start to read the account's updates."""
        if self._task is None:
            self._account.listeners.add(self._news.set)
            self._account.typing.append(self._typing)
            self._task = asyncio.create_task(self._run(), name=f"session of {self._record.id}")

    async def disconnect(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._account.listeners.discard(self._news.set)
            self._account.typing.remove(self._typing)
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def logout(self) -> None:
        """End the device's authorisation."""
        await self.disconnect()
        self._account.devices.discard(self._token)
        await self._store.delete(self._record.id)

    async def _run(self) -> None:
        stored = await self._store.load(self._record.id)
        if stored is None:
            self._handle.report(self._record.id, SessionState.BAD_CREDENTIALS, LOGGED_OUT)
            return
        self._token, cursor = stored
        while True:
            self._news.clear()
            if not self._world.reachable:
                self._handle.report(self._record.id, SessionState.TRANSIENT_DISCONNECT, OFFLINE)
            elif self._token not in self._account.devices:
                self._handle.report(self._record.id, SessionState.BAD_CREDENTIALS, LOGGED_OUT)
                return
            else:
                self._handle.report(self._record.id, SessionState.CONNECTED)
                cursor = await self._read(cursor)
            await self._news.wait()

    async def _read(self, cursor: int) -> int:
        while cursor < len(self._account.updates):
            batch = self._account.updates[cursor : cursor + _BATCH]
            cursor += len(batch)
            login = self._record.id
            await self._handle.receive(login, batch, self._store.advance(login, cursor))
        return cursor

    def _typing(self, event: RemoteTyping) -> None:
        if self._world.reachable:
            self._handle.typing(self._record.id, event)

    @contextmanager
    def _request(self, method: str) -> Iterator[None]:
        """Every request passes here. Raises what stands against it."""
        if self._task is None or not self._world.reachable:
            raise NotConnected("FAKE.OFFLINE", OFFLINE, retry_after=0.3)
        if self._token not in self._account.devices:
            raise SessionLost("FAKE.LOGGED_OUT", LOGGED_OUT)
        with self._account.faults.around(method):
            yield

    # -- Session

    def is_me(self, user: RemoteUserID) -> bool:
        """Whether it is this account."""
        return user == self._account.user

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        """Everything but formatting in full."""
        anything = FileFeatures({"*/*": Support.FULL}, max_caption_length=1024)
        return RoomFeatures(
            id="org.karvon.fake.1",
            file=dict.fromkeys(MediaKind, anything),
            max_text_length=MAX_TEXT,
            reply=Support.FULL,
            edit=Support.FULL,
            delete=Support.FULL,
            reaction=Support.FULL,
            reaction_count=1,
            allowed_reactions=ALLOWED_REACTIONS,
            poll=Support.FULL,
            read_receipts=True,
            typing_notifications=True,
        )

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """A chat's properties."""
        with self._request("chat_info"):
            return self._world.info(self._chat(chat), self._account)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """A person's properties."""
        with self._request("user_info"):
            known = self._world.accounts.get(user)
            if known is None and user in self._world.masks():
                return UserInfo(name=self._world.masks()[user])
            if known is None:
                raise Rejected("FAKE.NO_SUCH_USER", user_text("There is no such person."))
            return known.info()

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send, once per key."""
        with self._request("send"):
            earlier = self._world.sent.get((self._account.user, message.key))
            if earlier is not None:
                return earlier
            chat = self._writable(message.chat)
            me, reply = message.speaks_as or self._account.user, message.reply_to
            parts = self._taken_in(message.content)
            posted = [self._world.post(chat, me, (part,), reply) for part in parts]
            first = parts[0]
            answers = tuple(one.id for one in first.answers) if isinstance(first, Poll) else ()
            sent = Sent(
                tuple(one.id for one in posted),
                posted[0].timestamp,
                answers,
                posted[0].expires_at,
            )
            self._world.sent[self._account.user, message.key] = sent
            return sent

    # -- Abilities

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """Replace a text or a caption."""
        with self._request("edit"):
            chat = self._writable(edit.chat)
            pieces = split(edit.content)
            if len(pieces) > len(edit.targets):
                raise Unsupported("FAKE.TOO_LONG", user_text("The new text is too long."))
            stamps = {
                target: self._edit_one(chat, self._own(chat, target), piece)
                for target, piece in zip(edit.targets, pieces, strict=False)
            }
            for target in edit.targets[len(pieces) :]:
                self._world.delete(chat, target, self._account.user)
            return stamps

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """Delete for everybody."""
        with self._request("redact"):
            chat = self._chat(redaction.chat)
            for target in redaction.targets:
                self._world.delete(chat, target, self._account.user)

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """Set own reactions."""
        with self._request("react"):
            chat = self._chat(reactions.chat)
            emojis = [_allowed(emoji) for emoji in reactions.emojis]
            message = self._message(chat, reactions.target)
            return self._world.react(chat, message, self._account.user, emojis)

    async def vote(self, vote: OutgoingVote) -> None:
        """Vote in a poll."""
        with self._request("vote"):
            chat = self._chat(vote.chat)
            message = self._message(chat, vote.target)
            polls.vote(self._world, chat, message, self._account.user, vote.answers)

    async def end_poll(self, chat: ChatKey, poll: MessageID) -> None:
        """End a poll."""
        with self._request("end_poll"):
            found = self._chat(chat)
            polls.end(self._world, found, self._message(found, poll), self._account.user)

    async def poll_votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """How everybody has voted."""
        with self._request("poll_votes"):
            message = self._message(self._chat(chat), poll)
            return polls.votes(self._world, message, self._account)

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """Mark as read."""
        with self._request("mark_read"):
            self._world.read(self._chat(receipt.chat), self._account.user, receipt.up_to)

    @property
    def typing_lasts(self) -> float:
        """Until it is said again."""
        return TYPING_SECONDS

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """Type."""
        with self._request("set_typing"):
            self._world.type(self._chat(chat), self._account.user, typing)

    async def set_settings(self, chat: ChatKey, settings: ChatSettings) -> ChatSettings:
        """Set what a person has set in Matrix."""
        with self._request("set_settings"):
            topology.set_settings(self._world, self._chat(chat), self._account, settings)
            return settings

    async def identities(self, chat: ChatKey) -> Sequence[Identity]:
        """The person and their other names."""
        with self._request("identities"):
            me = Identity(self._account.user, self._account.name, is_me=True)
            return [me, *(Identity(*one) for one in self._account.masks.items())]

    async def new_topic(self, chat: ChatKey, key: str, title: str) -> ChatKey:
        """Begin a topic."""
        with self._request("new_topic"):
            found = self._chat(chat)
            if found.space is None:
                raise Rejected("FAKE.NO_FORUM", user_text("This group has no topics."))
            forum = self._world.chats[ChatID(found.id.partition("/")[0])]
            topic = topology.add_topic(self._world, forum, title, self._account.user)
            return self._world.key(topic, self._account)

    async def fetch(self, reference: str, target: Path) -> Fetched | None:
        """Download."""
        with self._request("fetch"):
            data = self._world.files.get(reference)
            if data is None:
                raise Rejected("FAKE.FILE_GONE", user_text("The file is no longer there."))
            await asyncio.to_thread(target.write_bytes, data)
            return None

    def custom_emoji(self, emoji: str) -> RemoteMedia:
        """A picture among the world's files."""
        return RemoteMedia(
            MediaKind.STICKER, MediaInfo(emoji, "image/png"), emoji, f"emoji {emoji}"
        )

    # -- Inside

    def _chat(self, key: ChatKey) -> Chat:
        chat = self._world.chat_of(key)
        if chat is None or self._account.user not in chat.members:
            raise Rejected("FAKE.NO_SUCH_CHAT", user_text("You are not in this chat."))
        return chat

    def _writable(self, key: ChatKey) -> Chat:
        chat = self._chat(key)
        if not chat.may_write(self._account.user):
            raise Rejected("FAKE.READ_ONLY", user_text("You may not write in this chat."))
        return chat

    def _message(self, chat: Chat, message: MessageID) -> Message:
        found = chat.messages.get(message)
        if found is None:
            raise Rejected("FAKE.NO_SUCH_MESSAGE", user_text("The message is no longer there."))
        return found

    def _own(self, chat: Chat, message: MessageID) -> Message:
        found = self._message(chat, message)
        if found.sender != self._account.user:
            raise Rejected("FAKE.NOT_YOURS", user_text("The message is not yours."))
        return found

    def _edit_one(self, chat: Chat, message: Message, text: Text) -> int:
        old = message.parts[0]
        part = _with_caption(old, text) if isinstance(old, RemoteMedia) else text
        if part != old:
            self._world.edit(chat, message, (part,))
        return message.stamp

    def _taken_in(self, content: OutgoingContent) -> Sequence[RemotePart]:
        if isinstance(content, Text):
            return split(content)
        if isinstance(content, Poll):
            if max(len(one.text) for one in content.answers) > MAX_ANSWER:
                raise Rejected("FAKE.TOO_LONG", user_text("An answer is too long."))
            return [polls.taken_in(content)]
        if isinstance(content, Location):
            return [content]
        data = content.path.read_bytes()
        kept = self._world.keep_file(data, content.kind, content.info, content.caption)
        return [evolve(kept, look=content.look)]


def _allowed(emoji: str) -> str:
    """An emoji as the network writes it. Raises `Rejected`."""
    for allowed in ALLOWED_REACTIONS:
        if emoji.rstrip(_VARIATION) == allowed.rstrip(_VARIATION):
            return allowed
    raise Rejected("FAKE.REACTION_INVALID", user_text("This reaction is not allowed here."))


def split(text: Text) -> list[Text]:
    """Cut a text that is too long for one message; its formatting is given up then."""
    body = text.text.body
    if len(body) <= MAX_TEXT:
        return [text]
    pieces = [body[start : start + MAX_TEXT] for start in range(0, len(body), MAX_TEXT)]
    return [Text(FormattedText(piece), text.kind) for piece in pieces]


def _with_caption(media: RemoteMedia, text: Text) -> RemoteMedia:
    return RemoteMedia(media.kind, media.info, media.reference, media.cache_key, text.text)
