# SPDX-License-Identifier: AGPL-3.0-or-later
"""The records the sandbox network consists of; each is stored under its own key.

TL objects inside a record (media, entities, rights) are kept exactly as they came in.
"""

from enum import StrEnum
from typing import Self

from attrs import Factory, define, frozen
from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.limits import DC_ID
from sandbox.telegram.reaction_view import Stars
from sandbox.telegram.room_parts import Invite, Reading, Restriction, Topic


class Kind(StrEnum):
    """What a peer is."""

    USER = "user"
    CHAT = "chat"
    CHANNEL = "channel"


@frozen(order=True, cache_hash=True)
class Peer:
    """A user, a basic group or a channel (supergroups are channels), by its bare id."""

    kind: Kind
    id: int

    @classmethod
    def user(cls, account_id: int) -> Self:
        """Name a user."""
        return cls(Kind.USER, account_id)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form written by `str()`, for example ``user:5``."""
        kind, _, number = text.partition(":")
        return cls(Kind(kind), int(number))

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    def tl(self) -> TLObject:
        """Return the TL ``Peer``."""
        if self.kind is Kind.USER:
            return types.PeerUser(self.id)
        if self.kind is Kind.CHAT:
            return types.PeerChat(self.id)
        return types.PeerChannel(self.id)


@define
class Password:
    """The second factor: SRP salts and verifier, and the plain test password for persons."""

    plain: str
    hint: str
    salt1: bytes
    salt2: bytes
    verifier: bytes


@define
class Account:
    """One person's account; `phone` is digits without "+", `dc` the data centre it lives in."""

    id: int
    phone: str
    first_name: str
    last_name: str = ""
    username: str | None = None
    about: str = ""
    password: Password | None = None
    deleted: bool = False
    photos: list[TLObject] = Factory(list)
    online_until: float = 0.0
    last_seen: float = 0.0
    blocked: list[int] = Factory(list)
    bot: bool = False
    bot_token: str | None = None
    default_ttl: int = 0
    hides_forwards: bool = False
    notify: dict[str, TLObject] = Factory(dict)
    privacy: dict[str, list[TLObject]] = Factory(dict)
    dc: int = DC_ID
    premium: bool = False
    frozen: bool = False
    distrusted: bool = False


@define
class Contact:
    """An entry in the address book of `owner`: the name is private to the owner."""

    owner: int
    user: int
    first_name: str
    last_name: str = ""


@define
class AuthKey:
    """An authorisation key and the login that hangs on it.

    `broken` is the error every request of a dead key is answered with, for example
    ``SESSION_REVOKED``; `pending` is the account that still has to give its password. `dc` is the
    data centre that knows the key. `parent` is the key whose login this one shares, for a key of
    another data centre that an authorisation was imported into.
    """

    id: int
    secret: bytes
    account: int | None = None
    pending: int | None = None
    broken: str | None = None
    number: int = 0
    created: float = 0.0
    active: float = 0.0
    api_id: int = 0
    device: str = ""
    system: str = ""
    app_version: str = ""
    dc: int = DC_ID
    parent: int | None = None


@define
class Member:
    """A member of a group or channel.

    `admin` holds the rights of an administrator, `send_as` the peer they chose to write as.
    """

    user: int
    inviter: int
    date: int
    admin: TLObject | None = None
    rank: str | None = None
    promoted_by: int = 0
    send_as: Peer | None = None


class RoomKind(StrEnum):
    """The three shapes of rooms with more than two people."""

    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


@define
class Room:
    """A basic group, a supergroup or a broadcast channel."""

    id: int
    kind: RoomKind
    title: str
    creator: int
    date: int
    default_rights: TLObject
    about: str = ""
    username: str | None = None
    members: dict[int, Member] = Factory(dict)
    restricted: dict[int, Restriction] = Factory(dict)
    left: list[int] = Factory(list)
    photo: TLObject | None = None
    reactions: TLObject | None = None
    paid_reactions: bool = False
    signatures: bool = False
    signature_profiles: bool = False
    gigagroup: bool = False
    forum: bool = False
    forum_tabs: bool = False
    topics: dict[int, Topic] = Factory(dict)
    linked: int | None = None
    join_to_send: bool = False
    slow_seconds: int = 0
    version: int = 1
    deactivated: bool = False
    migrated_to: int | None = None
    migrated_from: int | None = None
    invites: dict[str, Invite] = Factory(dict)
    requests: dict[int, int] = Factory(dict)
    join_request: bool = False
    members_hidden: bool = False
    ttl: int = 0
    last_sent: dict[int, float] = Factory(dict)

    @property
    def peer(self) -> Peer:
        """The peer this room is."""
        return Peer(Kind.CHAT if self.kind is RoomKind.GROUP else Kind.CHANNEL, self.id)

    @property
    def broadcast(self) -> bool:
        """Whether only administrators write here."""
        return self.kind is RoomKind.CHANNEL

    def pinned_topics(self) -> list[int]:
        """Return the ids of the pinned topics in their order."""
        return [t.id for t in sorted(self.topics.values(), key=lambda t: t.pinned) if t.pinned]


@frozen
class Reaction:
    """One person's reaction to a post."""

    user: int
    reaction: TLObject
    date: int
    big: bool = False


@define
class Post:
    """A message as everybody shares it, with the id it has in each mailbox.

    Message ids are per account in direct chats and basic groups and global in channels, so
    `ids` maps a mailbox (an account or a channel, as text) to the id the post has there.
    `heard_by` says who has opened media that are marked as unread, and when. `top` is the thread
    the post belongs to. It was written by `sender`, 0 being the service itself, and is shown as
    written by `sent_as` if there is one. `copy` is the uid of its copy in the discussion group,
    `copy_of` the id in the channel of what it is a copy of.
    """

    uid: int
    sender: int
    date: int
    room: Peer | None = None
    recipient: int = 0
    text: str = ""
    entities: list[TLObject] = Factory(list)
    media: TLObject | None = None
    action: TLObject | None = None
    reply_uid: int | None = None
    reply: TLObject | None = None
    reply_origin: TLObject | None = None
    forward: TLObject | None = None
    grouped_id: int | None = None
    edit_date: int | None = None
    silent: bool = False
    pinned_in: list[str] = Factory(list)
    top: int = 0
    sent_as: Peer | None = None
    copy: int | None = None
    copy_of: int | None = None
    ttl: int = 0
    author: str | None = None
    via_bot: int | None = None
    markup: TLObject | None = None
    edit_hidden: bool = False
    heard_by: dict[int, int] = Factory(dict)
    reactions: list[Reaction] = Factory(list)
    stars: list[Stars] = Factory(list)
    ids: dict[str, int] = Factory(dict)

    def peer_for(self, viewer: int) -> Peer:
        """Name the chat the post is in, as `viewer` sees it."""
        if self.room is not None:
            return self.room
        return Peer.user(self.recipient if viewer == self.sender else self.sender)

    @property
    def shown_sender(self) -> Peer:
        """The peer the post is from, for those who read it."""
        return self.sent_as or Peer.user(self.sender)

    def is_pinned(self, owner: Peer) -> bool:
        """Tell whether the post is pinned in a mailbox."""
        return str(owner) in self.pinned_in

    def set_pinned(self, owner: Peer, *, pinned: bool) -> None:
        """Pin or unpin the post in a mailbox."""
        if pinned:
            self.pinned_in.append(str(owner))
        else:
            self.pinned_in.remove(str(owner))


class Change(StrEnum):
    """What happened to a mailbox."""

    NEW = "new"
    EDIT = "edit"
    REACTIONS = "reactions"
    CONTENTS = "contents"
    PREVIEW = "preview"
    DELETE = "delete"
    PIN = "pin"
    UNPIN = "unpin"
    READ_INBOX = "read_inbox"
    READ_OUTBOX = "read_outbox"
    READ_THREAD_INBOX = "read_thread_inbox"
    READ_THREAD_OUTBOX = "read_thread_outbox"
    ROOM = "room"
    PERSON = "person"
    LOOKS = "looks"
    RIGHTS = "rights"
    ADMIN = "admin"
    TOPIC_PIN = "topic_pin"
    TOPIC_ORDER = "topic_order"
    BLOCKED = "blocked"
    TTL = "ttl"
    NOTIFY = "notify"
    FOLDER = "folder"
    DIALOG_PIN = "dialog_pin"
    DIALOG_ORDER = "dialog_order"
    UNREAD_MARK = "unread_mark"
    DRAFT = "draft"
    MEMBERS = "members"


@frozen
class Entry:
    """One change of a mailbox: its point in time (`pts`) and how many points it takes."""

    owner: Peer
    number: int
    pts: int
    count: int
    change: Change
    date: int
    peer: Peer
    ids: tuple[int, ...] = ()
    value: int = 0


@define
class Box:
    """The counters of a mailbox."""

    owner: Peer
    pts: int = 1
    next_id: int = 1
    entries: int = 0


@define
class Dialog:
    """How far one account has read one chat, and how far the others read the account's posts.

    `settings` are those of notifications, `pinned` is the place among the pinned chats of the
    folder, from 1, `ttl` how long messages of a direct chat live, in seconds. `threads` and
    `topic_settings` have the same for single topics; `drafts` are by topic, 0 being the chat.
    """

    owner: int
    peer: Peer
    read_inbox: int = 0
    read_outbox: int = 0
    unread_mark: bool = False
    settings: TLObject | None = None
    folder: int = 0
    pinned: int = 0
    drafts: dict[int, TLObject] = Factory(dict)
    ttl: int = 0
    threads: dict[int, Reading] = Factory(dict)
    topic_settings: dict[int, TLObject] = Factory(dict)
