# SPDX-License-Identifier: AGPL-3.0-or-later
"""A group as the worker tells of it, as the core's ``ChatInfo``; roles as power levels and back.

====== ====================================================
level  who
====== ====================================================
95     super administrator, who cannot be demoted
90     administrator
0      member
====== ====================================================

Two switches of a group say what members may do: announcements only, and who may change its name,
description and picture. The removal of others' messages is for administrators only.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from bridges.core.chat import NO_AVATAR, Avatar, ChatInfo, ChatKind, Member, Membership, Sender
from bridges.core.ids import NO_CHAT, ChatKey, RemoteUserID
from bridges.core.rights import EVERYBODY, NOBODY, SPACE_RIGHTS, ChatRights
from bridges.whatsapp.ids import LID, NUMBER, Jid, chat_key, maybe_jid
from bridges.whatsapp.store.addresses import SamePerson, same_person
from bridges.whatsapp.wire.values import Group, Participant

SUPER_ADMIN = 95
ADMIN = 90

MakeSender = Callable[[Jid], Sender]

DIRECT_RIGHTS = ChatRights(
    invite=NOBODY,
    kick=NOBODY,
    ban=NOBODY,
    redact=NOBODY,
    name=NOBODY,
    topic=NOBODY,
    avatar=NOBODY,
    pins=EVERYBODY,
    promote=NOBODY,
)
"""In a direct chat nobody can do more than write and pin; each removes own messages."""

CHANNEL_RIGHTS = ChatRights(
    write=NOBODY,
    react=EVERYBODY,
    invite=NOBODY,
    kick=NOBODY,
    ban=NOBODY,
    redact=NOBODY,
    name=NOBODY,
    topic=NOBODY,
    avatar=NOBODY,
    pins=NOBODY,
    promote=NOBODY,
)
"""In channels whoever reads may react."""

STATUS_RIGHTS = evolve(CHANNEL_RIGHTS, write=EVERYBODY, react=NOBODY)
"""Own posts, made on the phone, are there too; what is written in Matrix is refused with the reason."""


def group_rights(*, announce: bool, locked: bool) -> ChatRights:
    """The levels in a group whose switches stand like this."""
    info = ADMIN if locked else EVERYBODY
    return ChatRights(
        write=ADMIN if announce else EVERYBODY,
        react=EVERYBODY,
        invite=ADMIN,
        kick=ADMIN,
        ban=NOBODY,
        redact=ADMIN,
        name=info,
        topic=info,
        avatar=info,
        pins=ADMIN if announce or locked else EVERYBODY,
        promote=ADMIN,
    )


def is_admin(level: int) -> bool:
    """Whether a Matrix power level makes an administrator: half of ours is enough."""
    return level >= ADMIN // 2


def wants_announce(rights: ChatRights) -> bool:
    """Whether only administrators shall write by these rights."""
    return rights.write > EVERYBODY


def wants_locked(rights: ChatRights) -> bool:
    """Whether only administrators shall change name, description and picture by these rights."""
    return max(rights.name, rights.topic, rights.avatar) > EVERYBODY


def pairs_of(group: Group) -> list[SamePerson]:
    """Who in a group is told with both addresses."""
    found = []
    for one in group.participants:
        jids = [jid for jid in map(maybe_jid, (one.jid, one.lid, one.phone)) if jid is not None]
        lid = next((jid for jid in jids if jid.server == LID), None)
        number = next((jid for jid in jids if jid.server == NUMBER), None)
        pair = same_person(lid, number)
        if pair is not None:
            found.append(pair)
    return found


def group_info(group: Group, sender: MakeSender) -> ChatInfo:
    """Everything a group tells of itself but its picture. A community is a space."""
    if group.is_community:
        return _space_info(group)
    members = members_of(group, sender)
    own = next((one.power for one in members if one.user.is_me), None)
    rights = group_rights(announce=group.announce, locked=group.locked)
    return ChatInfo(
        kind=ChatKind.GROUP,
        name=group.name,
        topic=group.topic,
        members=members,
        members_complete=bool(members) and not group.incognito,
        admins_complete=True,
        may_write=own is None or own >= rights.write,
        rights=rights,
        parent=_parent(group),
    )


def _space_info(group: Group) -> ChatInfo:
    """Nothing is said in a community itself, so nobody has to be in its space for others to see."""
    return ChatInfo(
        kind=ChatKind.SPACE,
        name=group.name,
        topic=group.topic,
        may_write=False,
        rights=SPACE_RIGHTS,
        parent=NO_CHAT,
    )


def members_of(group: Group, sender: MakeSender) -> tuple[Member, ...]:
    """Who is in a group, administrators first."""
    found: dict[RemoteUserID, Member] = {}
    for one in group.participants:
        jid = maybe_jid(one.lid) or maybe_jid(one.jid)
        if jid is None or one.error:
            continue
        who = sender(jid)
        found[who.user] = Member(who, Membership.JOIN, power_of(one))
    return tuple(sorted(found.values(), key=lambda one: -(one.power or 0)))


def power_of(participant: Participant) -> int:
    """The level of a participant."""
    if participant.is_super_admin:
        return SUPER_ADMIN
    return ADMIN if participant.is_admin else EVERYBODY


def _parent(group: Group) -> ChatKey:
    jid = maybe_jid(group.community)
    return NO_CHAT if jid is None else chat_key(jid, NO_CHAT.receiver)


def change_info(change: Mapping[str, Any], sender: MakeSender) -> ChatInfo | None:
    """What a ``group_info`` event says has changed; None if nothing that has a place here.

    Roles of others stay unknown (``members_complete`` is not set). A change of the switches is not
    among this: it needs both, so the group has to be asked for (``to_be_asked``).
    """
    members = [
        Member(sender(jid), membership, power)
        for name, membership, power in (
            ("join", Membership.JOIN, None),
            ("leave", Membership.LEAVE, None),
            ("promote", Membership.JOIN, ADMIN),
            ("demote", Membership.JOIN, EVERYBODY),
        )
        for jid in map(maybe_jid, change.get(name, ()))
        if jid is not None
    ]
    info = ChatInfo(
        name=str(change["name"].get("name", "")) if "name" in change else None,
        topic=_new_topic(change["topic"]) if "topic" in change else None,
        members=tuple(members) or None,
    )
    return None if info == ChatInfo() else info


def _new_topic(topic: Mapping[str, Any]) -> str:
    return "" if topic.get("topic_deleted") else str(topic.get("topic", ""))


def to_be_asked(change: Mapping[str, Any]) -> list[Jid]:
    """Which groups have changed in a way of which a ``group_info`` event says too little.

    Who runs a community is told which group was put into it, and may be told only that.
    """
    names = [change.get("jid")] if {"locked", "announce", "link", "unlink"} & set(change) else []
    others = (change.get(one, {}).get("group", {}) for one in ("link", "unlink"))
    names.extend(one.get("jid") for one in others)
    return [jid for jid in map(maybe_jid, names) if jid is not None]


def picture(identifier: str, jid: Jid) -> Avatar:
    """The picture of a person or group by WhatsApp's id for it; empty: there is none."""
    return Avatar(identifier, f"picture:{jid}") if identifier else NO_AVATAR
