# SPDX-License-Identifier: AGPL-3.0-or-later
"""Communities: groups without messages that gather others.

Everybody in one of its groups is in the community, and in the group in which its administrators tell
all of them something.
"""

from collections.abc import Callable, Mapping

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.handlers.group_changes import put_in
from sandbox.whatsapp.handlers.group_view import announce, group_node, participant
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Group, Member

_SUB = "sub_group"


def open_default(exchange: Exchange, community: Group) -> None:
    """Make the group that everybody in a new community is in."""
    people = [one.lid for one in community.members]
    default = exchange.world.groups.create(community.subject, community.owner, people)
    default.is_default = default.announcement = True
    default.community = community.id
    exchange.world.groups.save(default)
    whole = group_node(exchange, default, *default.members)
    announce(exchange, default, node("create", {"type": "new"}, whole))


def asked_for(exchange: Exchange, asked: Node) -> Group | None:
    """Return the community a group is to be made in, None if in none. Raises `RefusedError`."""
    wanted = asked.child("linked_parent")
    if wanted is None:
        return None
    community = exchange.world.groups.get(Jid.parse(wanted.get("jid")).user)
    if community is None or not community.is_community:
        raise RefusedError(404, "item-not-found")
    me = community.member(exchange.account.lid)
    if me is None or not me.role:
        raise RefusedError(403, "forbidden")
    return community


def put_below(exchange: Exchange, community: Group, group: Group) -> None:
    """Have a group belong to a community: everybody in either is told, and its people join."""
    group.community = community.id
    exchange.world.groups.save(group)
    _tell(exchange, "link", community, group)
    for above in exchange.world.groups.above(group):
        missing = [Member(one.lid) for one in group.members if above.member(one.lid) is None]
        put_in(exchange, above, missing, reason="linked_group_join")


def link(exchange: Exchange, community: Group, asked: Node) -> Node:
    """Put groups into a community that one runs like the groups."""
    wanted = [one for part in asked.each("link") for one in part.each("group")]
    for one in wanted:
        group = _run_by(exchange, one)
        if group.community or group.is_community:
            raise RefusedError(409, "conflict")
        put_below(exchange, community, group)
    return node("links", {}, node("link", {"link_type": _SUB}, *wanted))


def unlink(exchange: Exchange, community: Group, asked: Node) -> Node:
    """Take groups out of a community; its people stay in both."""
    for one in asked.each("group"):
        group = exchange.world.groups.get(Jid.parse(one.get("jid")).user)
        if group is None or group.community != community.id or group.is_default:
            raise RefusedError(404, "item-not-found")
        group.community = ""
        exchange.world.groups.save(group)
        _tell(exchange, "unlink", community, group)
    return node("unlink", {"unlink_type": _SUB}, *asked.each("group"))


def _sub_groups(exchange: Exchange, community: Group) -> Node:
    groups = (_target(one) for one in exchange.world.groups.inside(community))
    return node("sub_groups", {}, *groups)


def _participants(exchange: Exchange, community: Group) -> Node:
    people = (participant(exchange, one) for one in community.members)
    return node("linked_groups_participants", {}, *people)


QUESTIONS: Mapping[str, Callable[[Exchange, Group], Node]] = {
    "sub_groups": _sub_groups,
    "linked_groups_participants": _participants,
}
"""What may be asked about a community."""


def _run_by(exchange: Exchange, wanted: Node) -> Group:
    group = exchange.world.groups.get(Jid.parse(wanted.get("jid")).user)
    if group is None:
        raise RefusedError(404, "item-not-found")
    me = group.member(exchange.account.lid)
    if me is None or not me.role:
        raise RefusedError(403, "forbidden")
    return group


def _tell(exchange: Exchange, change: str, community: Group, group: Group) -> None:
    """Tell the people of a community, of a group of it, and of the others what became of that one."""
    siblings = [one for one in exchange.world.groups.inside(community) if one is not group]
    attrs = {"unlink_reason": "unlink_group"} if change == "unlink" else {}
    for place, kind, other in (
        (community, _SUB, group),
        (group, "parent_group", community),
        *((one, "sibling_group", group) for one in siblings),
    ):
        said = {f"{change}_type": kind, **attrs}
        announce(exchange, place, node(change, said, _target(other)))


def _target(group: Group) -> Node:
    attrs = {
        "id": group.id,
        "jid": str(group.jid),
        "subject": group.subject,
        "s_t": str(group.subject_time),
        "size": str(len(group.members)),
    }
    return node("group", attrs, *((node("default_sub_group"),) if group.is_default else ()))
