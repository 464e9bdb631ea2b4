# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people and chats a login has met: what Telegram demands in order to name them again.

An access hash is valid for one account only. People whom Telegram shows only in passing (``min``
constructors, https://core.telegram.org/api/min) have none; they are named through a message of theirs.
Names and phone numbers are not kept. New knowledge is gathered in memory and written together with
the cursor, so that a channel's cursor never lacks its access hash.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Any

from attrs import asdict, evolve, frozen
from mautrix.util.async_db import Connection
from telethon import utils
from telethon.tl.types import (
    Channel,
    InputPeerChannel,
    InputPeerChat,
    InputPeerUser,
    InputPeerUserFromMessage,
    PeerChannel,
    PeerChat,
)

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database

_REMEMBERED = 500
_NO_USERNAME = ""


@frozen
class Entity:
    """What is known of somebody; None is unknown and leaves alone what is stored.

    Attributes:
        id: Telethon's marked id: negative for chats, -100… for channels.
        username: lower case; empty for none.
        contact: whether this person is in the account's own address book.
        seen_in, seen_message: a message by which Telegram knows whom we mean.
        forum: whether this is a supergroup with topics.
        shown: fingerprint of the name and picture that were last reported.
    """

    id: int
    access_hash: int | None = None
    username: str | None = None
    contact: bool | None = None
    seen_in: int | None = None
    seen_message: int | None = None
    shown: str | None = None
    forum: bool | None = None

    def updated(self, newer: "Entity") -> "Entity":
        """The same with what is known in ``newer``."""
        known = asdict(newer, filter=lambda _, value: value is not None)
        return evolve(self, **known)


def entity_of(thing: Any) -> Entity | None:
    """What a ``User``, ``Chat`` or ``Channel`` says of itself; None if that cannot be used later."""
    if getattr(thing, "min", False):
        return None
    try:
        peer = utils.get_input_peer(thing, allow_self=False)
    except TypeError:
        return None
    if isinstance(peer, InputPeerChat):
        return Entity(utils.get_peer_id(peer), access_hash=0)
    if not isinstance(peer, InputPeerUser | InputPeerChannel):
        return None
    return Entity(
        utils.get_peer_id(peer),
        access_hash=peer.access_hash,
        username=(getattr(thing, "username", None) or _NO_USERNAME).lower(),
        contact=is_contact(thing) if isinstance(peer, InputPeerUser) else None,
        forum=bool(thing.forum) if isinstance(thing, Channel) else None,
    )


def is_contact(user: Any) -> bool:
    """Whether Telegram shows this person under the name the account has saved for them."""
    return bool(getattr(user, "contact", False) or getattr(user, "mutual_contact", False))


class Entities:
    """The entities of one login; ``minimal`` ones have no usernames."""

    def __init__(self, database: Database, login: LoginID, *, minimal: bool = False) -> None:
        self._db = database
        self._login = login
        self._minimal = minimal
        self._pending: dict[int, Entity] = {}
        self._recent: OrderedDict[int, Entity] = OrderedDict()

    def note(self, entities: Iterable[Entity]) -> None:
        """Remember news; ``write`` stores them."""
        for one in entities:
            entity = evolve(one, username=None) if self._minimal else one
            before = self._pending.get(entity.id) or self._recent.get(entity.id)
            after = entity if before is None else before.updated(entity)
            if after != before:
                self._pending[entity.id] = after

    async def write(self, connection: Connection) -> tuple[Entity, ...]:
        """Store what was noted and return it, for ``written`` after the commit."""
        # In one order, or two that are stored at once wait for each other.
        pending = tuple(sorted(self._pending.values(), key=lambda one: one.id))
        for entity in pending:
            await connection.execute(
                "INSERT INTO telegram_entity AS old"
                " (login, id, access_hash, username, contact, seen_in, seen_message, shown, forum)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (login, id) DO UPDATE SET"
                " access_hash = COALESCE(excluded.access_hash, old.access_hash),"
                " username = COALESCE(excluded.username, old.username),"
                " contact = COALESCE(excluded.contact, old.contact),"
                " seen_in = COALESCE(excluded.seen_in, old.seen_in),"
                " seen_message = COALESCE(excluded.seen_message, old.seen_message),"
                " shown = COALESCE(excluded.shown, old.shown),"
                " forum = COALESCE(excluded.forum, old.forum)",
                self._login,
                entity.id,
                entity.access_hash,
                entity.username,
                entity.contact,
                entity.seen_in,
                entity.seen_message,
                entity.shown,
                entity.forum,
            )
        return pending

    def written(self, entities: Iterable[Entity]) -> None:
        """Confirm that these are stored."""
        for entity in entities:
            if self._pending.get(entity.id) == entity:
                del self._pending[entity.id]
            self._remember(entity)

    async def flush(self) -> None:
        """Store what was noted, in a transaction of its own."""
        if not self._pending:
            return
        async with self._db.transaction() as connection:
            pending = await self.write(connection)
        self.written(pending)

    async def get(self, ids: Collection[int]) -> dict[int, Entity]:
        """What is known of these marked ids; those nothing is known of are left out."""
        found = {}
        missing = []
        for one in ids:
            stored = self._recent.get(one)
            if stored is None:
                missing.append(one)
            else:
                found[one] = stored
        for one in missing:
            stored = await self._fetch(one)
            if stored is not None:
                self._remember(stored)
                found[one] = stored
        for one in ids:
            if (pending := self._pending.get(one)) is not None:
                found[one] = found[one].updated(pending) if one in found else pending
        return found

    async def input_peer(self, marked: int) -> Any | None:
        """The ``InputPeer`` by which this login may name somebody, None if there is none."""
        entity = (await self.get([marked])).get(marked)
        if entity is None:
            return None
        number, kind = utils.resolve_id(marked)
        if kind is PeerChat:
            return InputPeerChat(number)
        if entity.access_hash is not None:
            make = InputPeerChannel if kind is PeerChannel else InputPeerUser
            return make(number, entity.access_hash)
        if entity.seen_in is None or entity.seen_message is None:
            return None
        chat = await self.input_peer(entity.seen_in)
        if chat is None or isinstance(chat, InputPeerUserFromMessage):
            return None
        return InputPeerUserFromMessage(chat, entity.seen_message, number)

    async def forums(self, channels: Collection[int]) -> frozenset[int]:
        """Those of these channels' ids that are forums."""
        marked = {utils.get_peer_id(PeerChannel(one)): one for one in channels}
        found = await self.get(marked)
        return frozenset(marked[one] for one, entity in found.items() if entity.forum)

    async def by_username(self, username: str) -> int | None:
        """The marked id of whoever was last seen with this username."""
        row = await self._db.fetchrow(
            "SELECT id FROM telegram_entity WHERE login = $1 AND username = $2",
            self._login,
            username.lower(),
        )
        return None if row is None else int(row["id"])

    async def wipe(self) -> None:
        """Forget everybody."""
        self._pending.clear()
        self._recent.clear()
        await self._db.execute("DELETE FROM telegram_entity WHERE login = $1", self._login)

    async def _fetch(self, marked: int) -> Entity | None:
        row = await self._db.fetchrow(
            "SELECT access_hash, username, contact, seen_in, seen_message, shown, forum"
            " FROM telegram_entity WHERE login = $1 AND id = $2",
            self._login,
            marked,
        )
        if row is None:
            return None
        contact, forum = row["contact"], row["forum"]
        return Entity(
            marked,
            access_hash=row["access_hash"],
            username=row["username"],
            contact=None if contact is None else bool(contact),
            seen_in=row["seen_in"],
            seen_message=row["seen_message"],
            shown=row["shown"],
            forum=None if forum is None else bool(forum),
        )

    def _remember(self, entity: Entity) -> None:
        before = self._recent.pop(entity.id, None)
        self._recent[entity.id] = entity if before is None else before.updated(entity)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
