# SPDX-License-Identifier: AGPL-3.0-or-later
"""The remote service behind FakeNetwork: accounts, chats and messages in memory.

It outlives the bridge, as a real service does. Every account has a log of updates, in order, each
already in the form in which the core wants it; a session reads the log from its cursor on.
"""

import hashlib
import itertools
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from attrs import define, field

from bridges.core.chat import (
    NO_AVATAR,
    Avatar,
    ChatInfo,
    ChatKind,
    ChatSettings,
    Member,
    Membership,
    Sender,
    UserInfo,
)
from bridges.core.content import FormattedText, MediaInfo, MediaKind, RemoteMedia, RemotePart
from bridges.core.events import (
    ChatChanged,
    ReactionsOf,
    RemoteEdit,
    RemoteEvent,
    RemoteMessage,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    RemoteTyping,
    UserChanged,
)
from bridges.core.ids import NO_CHAT, SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.outgoing import Sent
from bridges.core.rights import EVERYBODY, NOBODY, ChatRights
from tests.fakes.faults import Faults

LOGIN_CODE = "22222"
REACTIONS_PER_PERSON = 1
TYPING_SECONDS = 20.0
GROUP_RIGHTS = ChatRights(redact=80)
CHANNEL_RIGHTS = ChatRights(write=50, redact=80)
DIRECT_RIGHTS = ChatRights(
    invite=NOBODY,
    kick=NOBODY,
    ban=NOBODY,
    redact=EVERYBODY,
    name=NOBODY,
    topic=NOBODY,
    avatar=NOBODY,
    pins=EVERYBODY,
    promote=NOBODY,
)
ALLOWED_REACTIONS = ("👍", "👎", "❤️", "🔥", "🎉", "😢")


@define(eq=False)
class Account:
    """Somebody's account, and what has happened to it so far."""

    user: RemoteUserID
    name: str
    phone: str
    username: str
    password: str | None = None
    avatar: Avatar = NO_AVATAR
    deleted: bool = False
    devices: set[str] = field(factory=set)
    """Tokens of the devices that are logged in."""
    contacts: dict[RemoteUserID, str] = field(factory=dict)
    """The address book: what the person calls others."""
    updates: list[RemoteEvent] = field(factory=list)
    faults: Faults = field(factory=Faults)
    listeners: set[Callable[[], None]] = field(factory=set)
    """Called when there is something new, or the account's standing has changed."""
    typing: list[Callable[[RemoteTyping], None]] = field(factory=list)
    masks: dict[RemoteUserID, str] = field(factory=dict)
    """Other names the person may write under, by the ids of who is shown."""

    @property
    def login(self) -> LoginID:
        """The login of this account in a bridge."""
        return LoginID(self.user)

    def notify(self) -> None:
        """Let the listeners look."""
        for listener in list(self.listeners):
            listener()

    def info(self) -> UserInfo:
        """What everybody may know."""
        if self.deleted:
            return UserInfo(name="Deleted Account", avatar=NO_AVATAR, username="")
        return UserInfo(name=self.name, avatar=self.avatar, username=self.username)


@define(eq=False)
class Message:
    """A message as everybody in its chat has it."""

    id: MessageID
    sender: RemoteUserID
    timestamp: datetime
    parts: tuple[RemotePart, ...]
    reply_to: MessageID | None
    stamp: int = 0
    expires_at: datetime | None = None
    reactions: dict[RemoteUserID, tuple[str, ...]] = field(factory=dict)
    votes: dict[RemoteUserID, tuple[str, ...]] = field(factory=dict)
    """Answers of a poll everybody has chosen."""
    poll_ended: bool = False
    poll_anonymous: bool = False


@define(eq=False)
class Chat:
    """A chat; of a direct one, `members` are the two."""

    id: ChatID
    kind: ChatKind
    title: str
    members: dict[RemoteUserID, int]
    """Who is in it, and with which power."""
    rights: ChatRights
    banned: set[RemoteUserID] = field(factory=set)
    pinned: list[MessageID] = field(factory=list)
    """In the order they were pinned."""
    topic: str = ""
    avatar: Avatar = NO_AVATAR
    messages: dict[MessageID, Message] = field(factory=dict)
    read: dict[RemoteUserID, MessageID] = field(factory=dict)
    """Up to where everybody has read."""
    lifetime: timedelta | None = None
    """After which new messages disappear."""
    numbered_apart: bool = False
    """Whether everybody's messages in it have numbers of their own, as in direct chats."""
    space: ChatID | None = None
    """What gathers a forum's topics."""
    predecessor: ChatID | None = None
    discussion: ChatID | None = None
    settings: dict[RemoteUserID, ChatSettings] = field(factory=dict)
    """What everybody has set for it."""

    def may_write(self, user: RemoteUserID) -> bool:
        """Whether somebody may send messages."""
        return user in self.members and self.members[user] >= self.rights.write


class World:
    """All of it. Whatever changes is put into the logs of everybody concerned."""

    def __init__(self) -> None:
        self.accounts: dict[RemoteUserID, Account] = {}
        self.chats: dict[ChatID, Chat] = {}
        self.files: dict[str, bytes] = {}
        self.sent: dict[tuple[RemoteUserID, str], Sent] = {}
        """What was sent under which idempotency key."""
        self.reachable = True
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """The service's clock."""
        return datetime.now(UTC)

    def number(self) -> int:
        """A number that was never given before."""
        return next(self._numbers)

    # -- Accounts

    def add_account(self, name: str, password: str | None = None) -> Account:
        """Open an account."""
        number = self.number()
        account = Account(
            user=RemoteUserID(f"u{number}"),
            name=name,
            phone=f"+999000{number:05}",
            username=f"person{number}",
            password=password,
        )
        self.accounts[account.user] = account
        return account

    def masks(self) -> dict[RemoteUserID, str]:
        """All names that are nobody's own."""
        return {user: name for one in self.accounts.values() for user, name in one.masks.items()}

    def by_phone(self, phone: str) -> Account | None:
        """Whose number this is."""
        return next((one for one in self.accounts.values() if one.phone == phone), None)

    def authorise(self, account: Account) -> str:
        """Log a device in; returns its token."""
        token = secrets.token_urlsafe(16)
        account.devices.add(token)
        return token

    def revoke(self, account: Account) -> None:
        """Log all devices out."""
        account.devices.clear()
        account.notify()

    def set_reachable(self, reachable: bool) -> None:
        """Cut everybody off, or let them back."""
        self.reachable = reachable
        for account in self.accounts.values():
            account.notify()

    def change_account(self, account: Account) -> None:
        """Let everybody who shares a chat know."""
        shared = {
            member
            for chat in self.chats.values()
            if account.user in chat.members
            for member in chat.members
        }
        for user in shared:
            self.tell(self.accounts[user], UserChanged(account.user, account.info()))

    # -- Chats

    def add_chat(self, kind: ChatKind, title: str, members: dict[RemoteUserID, int]) -> Chat:
        """Make a group or channel."""
        rights = CHANNEL_RIGHTS if kind is ChatKind.CHANNEL else GROUP_RIGHTS
        chat = Chat(ChatID(f"{kind.value}-{self.number()}"), kind, title, members, rights)
        self.chats[chat.id] = chat
        return chat

    def direct(self, one: RemoteUserID, other: RemoteUserID) -> Chat:
        """The chat of two people."""
        chat_id = ChatID("+".join(sorted((one, other))))
        if chat_id not in self.chats:
            members = {one: EVERYBODY, other: EVERYBODY}
            self.chats[chat_id] = Chat(chat_id, ChatKind.DIRECT, "", members, DIRECT_RIGHTS)
        return self.chats[chat_id]

    def chat_of(self, key: ChatKey) -> Chat | None:
        """The chat behind a key of the core."""
        if key.receiver and key.chat not in self.chats:
            return self.direct(RemoteUserID(key.receiver), RemoteUserID(key.chat))
        return self.chats.get(key.chat)

    def key(self, chat: Chat, viewer: Account) -> ChatKey:
        """A chat's key for one account: direct chats are everybody's own."""
        if chat.kind is not ChatKind.DIRECT:
            return ChatKey(chat.id, viewer.login if chat.numbered_apart else SHARED)
        other = next((one for one in chat.members if one != viewer.user), viewer.user)
        return ChatKey(ChatID(other), viewer.login)

    def info(self, chat: Chat, viewer: Account) -> ChatInfo:
        """A chat's properties as an account sees them."""
        members = [
            Member(self.sender(one, viewer), power=power)
            for one, power in chat.members.items()
            if chat.kind is not ChatKind.CHANNEL or power > EVERYBODY or one == viewer.user
        ]
        members += [Member(self.sender(one, viewer), Membership.BAN) for one in chat.banned]
        other, name = None, chat.title or None
        if chat.kind is ChatKind.DIRECT:
            other = RemoteUserID(self.key(chat, viewer).chat)
            name = viewer.contacts.get(other)
        return ChatInfo(
            kind=chat.kind,
            name=name,
            topic=chat.topic,
            avatar=chat.avatar if chat.kind is not ChatKind.DIRECT else None,
            other_user=other,
            members=tuple(members),
            members_complete=chat.kind is not ChatKind.CHANNEL,
            admins_complete=True,
            bans_complete=True,
            may_write=chat.may_write(viewer.user),
            rights=chat.rights,
            pinned=tuple(chat.pinned),
            parent=NO_CHAT if chat.space is None else ChatKey(chat.space),
            predecessor=self._key_of(chat.predecessor, viewer),
            discussion=self._key_of(chat.discussion, viewer),
            settings=chat.settings.get(viewer.user),
        )

    def _key_of(self, chat: ChatID | None, viewer: Account) -> ChatKey | None:
        return None if chat is None else self.key(self.chats[chat], viewer)

    def change_chat(self, chat: Chat) -> None:
        """Let the members know of new properties."""
        self.publish(chat, lambda who: ChatChanged(self.key(chat, who), self.info(chat, who)))

    # -- Messages

    def post(
        self,
        chat: Chat,
        sender: RemoteUserID,
        parts: tuple[RemotePart, ...],
        reply_to: MessageID | None = None,
        number: int | None = None,
    ) -> Message:
        """Put a message into a chat."""
        message_id = MessageID(str(number or self.number()))
        message = Message(message_id, sender, self.now(), parts, reply_to)
        if chat.lifetime is not None:
            message.expires_at = message.timestamp + chat.lifetime
        chat.messages[message_id] = message

        def seen(viewer: Account) -> RemoteEvent:
            return RemoteMessage(
                chat=self.key(chat, viewer),
                sender=self.sender(sender, viewer),
                id=message_id,
                timestamp=message.timestamp,
                parts=parts,
                reply_to=reply_to,
                expires_at=message.expires_at,
            )

        self.publish(chat, seen)
        return message

    def edit(self, chat: Chat, message: Message, parts: tuple[RemotePart, ...]) -> None:
        """Give a message other content."""
        message.parts = parts
        message.stamp += 1
        stamp, now = message.stamp, self.now()

        def seen(viewer: Account) -> RemoteEvent:
            return RemoteEdit(
                chat=self.key(chat, viewer),
                sender=self.sender(message.sender, viewer),
                target=message.id,
                timestamp=now,
                stamp=stamp,
                parts=parts,
            )

        self.publish(chat, seen)

    def delete(self, chat: Chat, message: MessageID, by: RemoteUserID) -> None:
        """Remove a message for everybody."""
        if chat.messages.pop(message, None) is not None:
            self.publish(
                chat,
                lambda who: RemoteRedaction(self.key(chat, who), message, self.sender(by, who)),
            )

    def react(
        self, chat: Chat, message: Message, user: RemoteUserID, emojis: Iterable[str]
    ) -> tuple[str, ...]:
        """Set a person's reactions; of too many, the latest count."""
        effective = tuple(emojis)[-REACTIONS_PER_PERSON:]
        message.reactions[user] = effective

        def seen(viewer: Account) -> RemoteEvent:
            by = ReactionsOf(self.sender(user, viewer), effective)
            return RemoteReactions(self.key(chat, viewer), message.id, (by,))

        self.publish(chat, seen)
        return effective

    def read(self, chat: Chat, reader: RemoteUserID, up_to: MessageID) -> None:
        """Note that somebody has read a chat."""
        chat.read[reader] = up_to
        self.publish(
            chat,
            lambda who: RemoteReceipt(self.key(chat, who), self.sender(reader, who), up_to),
        )

    def type(self, chat: Chat, user: RemoteUserID, typing: bool) -> None:
        """Show typing to all others who are there now."""
        for member in chat.members:
            if member == user:
                continue
            viewer = self.accounts[member]
            seconds = TYPING_SECONDS if typing else 0.0
            for listener in list(viewer.typing):
                listener(RemoteTyping(self.key(chat, viewer), self.sender(user, viewer), seconds))

    # -- Files

    def keep_file(
        self,
        data: bytes,
        kind: MediaKind,
        info: MediaInfo,
        caption: FormattedText | None = None,
    ) -> RemoteMedia:
        """Store a file; equal bytes are stored once."""
        reference = self._keep(data)
        return RemoteMedia(kind, info, reference, reference, caption)

    def keep_avatar(self, data: bytes) -> Avatar:
        """Store a picture."""
        reference = self._keep(data)
        return Avatar(reference, reference)

    def _keep(self, data: bytes) -> str:
        reference = hashlib.sha256(data).hexdigest()
        self.files[reference] = data
        return reference

    # -- Inside

    def sender(self, user: RemoteUserID, viewer: Account) -> Sender:
        """Somebody as an account sees them."""
        if user not in self.accounts:
            return Sender(user, anonymous=True)
        return Sender(user, is_me=user == viewer.user)

    def publish(self, chat: Chat, seen: Callable[[Account], RemoteEvent]) -> None:
        """Put into everybody's log what they see of something."""
        for member in chat.members:
            viewer = self.accounts[member]
            self.tell(viewer, seen(viewer))

    def tell(self, account: Account, event: RemoteEvent) -> None:
        """Put something into somebody's log."""
        account.updates.append(event)
        account.notify()
