# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person has set for a room, in the forms Matrix keeps it in: push rules, tags, account data.

A muted room has a push rule of the kind ``room`` without actions, so that mentions are still told, as
on the networks. Archived is the tag ``m.lowpriority``, pinned is ``m.favourite``, and marked as unread
is room account data (``m.marked_unread``, MSC2867).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mautrix.types import RoomID

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED, ChatSettings
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender

Json = dict[str, Any]

_SILENT: Json = {"actions": []}
_MUTING_KINDS = ("room", "override")
"""Kinds of push rules that clients mute a room with; the rule is called like the room."""
_UNREAD_TYPES = (event_types.MARKED_UNREAD_UNSTABLE, event_types.MARKED_UNREAD)
"""The later one counts where both have changed: clients of today know the stable one only."""


class PersonalRooms:
    """Writes people's settings of rooms."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._hs = homeserver

    async def show(
        self, person: MatrixSender, room: RoomID, settings: ChatSettings, now: datetime
    ) -> None:
        """Set everything that is known in ``settings``. Raises the homeserver's errors."""
        if settings.muted_until is not None:
            await self._mute(person, room, muted=settings.muted_until > now)
        if settings.archived is not None:
            await self._tag(person, room, event_types.LOW_PRIORITY, there=settings.archived)
        if settings.pinned is not None:
            await self._tag(person, room, event_types.FAVOURITE, there=settings.pinned)
        if settings.unread is not None:
            for name in _UNREAD_TYPES:
                await self._hs.set_account_data(person, name, {"unread": settings.unread}, room)

    async def _mute(self, person: MatrixSender, room: RoomID, *, muted: bool) -> None:
        if muted:
            await self._hs.set_push_rule(person, _MUTING_KINDS[0], room, _SILENT)
            return
        for kind in _MUTING_KINDS:
            await self._hs.set_push_rule(person, kind, room, None)

    async def _tag(self, person: MatrixSender, room: RoomID, tag: str, *, there: bool) -> None:
        await self._hs.set_tag(person, room, tag, {"order": 0.5} if there else None)


def muted_rooms(rules: Mapping[str, Any]) -> frozenset[RoomID]:
    """The rooms that the content of ``m.push_rules`` mutes."""
    found = set()
    for kind in _MUTING_KINDS:
        for rule in _list(_mapping(rules.get("global")).get(kind)):
            one = _mapping(rule)
            name = one.get("rule_id")
            quiet = one.get("enabled", True) is True and "notify" not in _list(one.get("actions"))
            if quiet and isinstance(name, str) and name.startswith("!"):
                found.add(RoomID(name))
    return frozenset(found)


def muted(is_muted: bool) -> ChatSettings:
    """What a room's push rules say; Matrix knows no end of it."""
    return ChatSettings(muted_until=MUTED_FOR_EVER if is_muted else NOT_MUTED)


def room_settings(account_data: Iterable[Any]) -> ChatSettings:
    """What a room's account data events say; what they do not speak of is unknown."""
    said = [(one.get("type"), _mapping(one.get("content"))) for one in map(_mapping, account_data)]
    settings = ChatSettings()
    for name, content in said:
        if name == event_types.TAGS:
            tags = _mapping(content.get("tags"))
            archived, pinned = event_types.LOW_PRIORITY in tags, event_types.FAVOURITE in tags
            settings = settings.updated(ChatSettings(archived=archived, pinned=pinned))
    for unread in _UNREAD_TYPES:
        for name, content in said:
            if name == unread:
                settings = settings.updated(ChatSettings(unread=content.get("unread") is True))
    return settings


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
