# SPDX-License-Identifier: AGPL-3.0-or-later
"""Noticing that people and chats look different than last time.

Telegram sends the current state of everybody an update mentions. What was reported of it is kept as a
fingerprint, so that a new name is noticed also if it changed while the bridge was away.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from telethon import utils
from telethon.tl import types as tl

from bridges.core.chat import ChatInfo, ChatKind, UserInfo
from bridges.core.events import ChatChanged, RemoteEvent, UserChanged
from bridges.core.ids import LoginID, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.chat_info import is_forum, space_info, visible_info
from bridges.telegram.rights import own_power
from bridges.telegram.store.entities import Entities, Entity, entity_of
from bridges.telegram.user_info import (
    channel_info,
    contact_name,
    fingerprint,
    full_name,
    minimal,
    nameable,
    user_info,
)

_REMEMBERED = 1000


@frozen
class _Seen:
    """What somebody looks like, and the event that says so."""

    marked: int
    shown: str
    events: tuple[RemoteEvent, ...]


class People:
    """The people and chats of one login; with ``minimal`` as little is told of people as can be."""

    def __init__(self, login: LoginID, entities: Entities, *, minimal: bool = False) -> None:
        self._login = login
        self._entities = entities
        self._minimal = minimal
        self._infos: OrderedDict[int, UserInfo] = OrderedDict()

    def recent(self, user: int) -> UserInfo | None:
        """What was last seen of a person, if that was lately; saves asking Telegram."""
        return self._infos.get(user)

    def info_of(self, user: Any, *, contact: bool | None = None) -> UserInfo:
        """What may be shown of a ``User``; ``contact`` where it does not say so itself (``min``)."""
        return self._told(user_info(user, contact=contact))

    def info_of_channel(self, channel: Any) -> UserInfo:
        """What may be shown of a channel that speaks as itself."""
        return self._told(channel_info(channel))

    def own_name_of(self, user: Any) -> str | None:
        """What the person calls a contact in their own rooms."""
        return None if self._minimal else contact_name(user)

    def _told(self, info: UserInfo) -> UserInfo:
        return minimal(info) if self._minimal else info

    async def introduced(
        self, users: Sequence[Any], chats: Sequence[Any]
    ) -> dict[RemoteUserID, UserInfo]:
        """What may be shown of those whom an answer brings along; they can be named later, too."""
        known = await self._entities.get([one.id for one in users if isinstance(one, tl.User)])
        self._entities.note(found for one in (*users, *chats) if (found := entity_of(one)))
        infos = {}
        for user in users:
            if isinstance(user, tl.User):
                before = known.get(user.id)
                info = self.info_of(user, contact=before.contact if before else None)
                name = ids.user_id(user.id)
                infos[name] = nameable(info, name)
                if not user.min:
                    self._remember(user.id, info)
        for chat in chats:
            if isinstance(chat, tl.Channel) and not chat.min:
                infos[ids.sender_id(tl.PeerChannel(chat.id))] = self.info_of_channel(chat)
        return infos

    async def changes(self, users: Sequence[Any], chats: Sequence[Any]) -> list[RemoteEvent]:
        """Events for those who look different; their fingerprints are stored with the next cursor."""
        marked = [utils.get_peer_id(one) for one in (*users, *chats) if _tells(one)]
        known = await self._entities.get(marked)
        self._entities.note(found for one in (*users, *chats) if (found := entity_of(one)))
        events: list[RemoteEvent] = []
        for one in filter(_tells, (*users, *chats)):
            before = known.get(utils.get_peer_id(one))
            seen = self._look(one, before) if isinstance(one, tl.User) else self._look_at_chat(one)
            if _is_news(seen.shown, before.shown if before else None):
                events += seen.events
                self._entities.note([Entity(seen.marked, shown=seen.shown)])
        return events

    async def renamed(self, update: Any) -> UserChanged | None:
        """What ``UpdateUserName`` means if the person themselves did not come along with it.

        The name may be the account's own for a contact; then only the username is public.
        """
        known = (await self._entities.get([update.user_id])).get(update.user_id)
        self._infos.pop(update.user_id, None)
        if known is None or known.contact is None:
            return None
        username = next((one.username for one in update.usernames if one.active), "")
        name = None if known.contact else full_name(update) or None
        info = self._told(UserInfo(name=name, username=username))
        return UserChanged(ids.user_id(update.user_id), info)

    def _look(self, user: Any, known: Entity | None) -> _Seen:
        info = self.info_of(user, contact=known.contact if known else None)
        self._remember(user.id, info)
        user_id = ids.user_id(user.id)
        saved = self.own_name_of(user)
        events: list[RemoteEvent] = [UserChanged(user_id, info)]
        if saved is not None or (known is not None and known.contact and not user.min):
            chat = ids.chat_key(tl.PeerUser(user.id), self._login)
            named = ChatInfo(kind=ChatKind.DIRECT, name=saved or "", other_user=user_id)
            events.append(ChatChanged(chat, named))
        return _Seen(user.id, fingerprint(user, info), tuple(events))

    def _look_at_chat(self, chat: Any) -> _Seen:
        peer = utils.get_peer(chat)
        info = visible_info(chat, ids.login_user(self._login))
        # Its repr, as PostgreSQL keeps no text with a NUL that might separate the values.
        picture = info.avatar.id if info.avatar else ""
        told = repr((info.name, picture, info.may_write, own_power(chat), info.rights))
        events = [ChatChanged(ids.chat_key(peer, self._login), info)]
        if is_forum(chat):
            told += " forum"
            events.append(ChatChanged(ids.space_key(chat.id), space_info(chat)))
        return _Seen(ids.marked(peer), f"f:{told}", tuple(events))

    def _remember(self, user: int, info: UserInfo) -> None:
        self._infos.pop(user, None)
        self._infos[user] = info
        while len(self._infos) > _REMEMBERED:
            self._infos.popitem(last=False)


def passer_by(message: Any, known: Mapping[int, Any]) -> list[Entity]:
    """By which message somebody can be named whom Telegram shows only in passing, if that is so here."""
    sender = getattr(message, "from_id", None)
    user = known.get(sender.user_id) if isinstance(sender, tl.PeerUser) else None
    if not isinstance(user, tl.User) or not user.min:
        return []
    return [Entity(user.id, seen_in=ids.marked(message.peer_id), seen_message=message.id)]


def _tells(thing: Any) -> bool:
    """Whether this says how somebody looks; ``min`` channels say too little."""
    if isinstance(thing, tl.User):
        return True
    if isinstance(thing, tl.Channel):
        return not thing.min and not thing.left
    return isinstance(thing, tl.Chat) and not thing.left and not thing.deactivated


def _is_news(shown: str, before: str | None) -> bool:
    """What a ``min`` constructor says does not count once there was a full one."""
    if before is None:
        return True
    return shown != before and not (shown.startswith("m:") and before.startswith("f:"))
