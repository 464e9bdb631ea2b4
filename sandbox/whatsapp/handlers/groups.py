# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups: made, asked about, and changed by their members."""

from collections.abc import Callable, Mapping

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.handlers import communities, group_changes
from sandbox.whatsapp.handlers.group_view import announce, group_node
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Group, Member

Change = Callable[[Exchange, Group, Node], Node]

_CHANGES: Mapping[str, Change] = {
    "add": group_changes.add,
    "remove": group_changes.remove,
    "promote": group_changes.promote,
    "demote": group_changes.demote,
    "subject": group_changes.subject,
    "description": group_changes.description,
    "locked": group_changes.lock,
    "unlocked": group_changes.lock,
    "announcement": group_changes.announcement,
    "not_announcement": group_changes.announcement,
    "ephemeral": group_changes.ephemeral,
    "not_ephemeral": group_changes.ephemeral,
    "links": communities.link,
    "unlink": communities.unlink,
}


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``w:g2``."""
    if not query.children:
        raise RefusedError(400, "bad-request")
    asked = query.children[0]
    to = Jid.parse(query.get("to"))
    if to.user:
        _of_group(exchange, query, asked, to)
    elif asked.tag == "create":
        _create(exchange, query, asked)
    elif asked.tag == "participating":
        mine = exchange.world.groups.of(exchange.account.lid)
        groups = (group_node(exchange, group) for group in mine)
        exchange.reply(query, node("groups", {}, *groups))
    elif asked.tag == "leave":
        exchange.reply(query, node("leave", {}, *_left(exchange, asked)))
    elif asked.tag == "invite":
        _invited(exchange, query, asked.get("code"))
    else:
        raise RefusedError(501, "feature-not-implemented")


def _of_group(exchange: Exchange, query: Node, asked: Node, to: Jid) -> None:
    group = exchange.world.groups.get(to.user)
    if group is None:
        raise RefusedError(404, "item-not-found")
    me = group.member(exchange.account.lid)
    if me is None:
        raise RefusedError(403, "forbidden")
    if asked.tag == "query":
        exchange.reply(query, group_node(exchange, group))
        return
    if asked.tag == "invite":
        if query.get("type") == "set" or not group.invite:
            exchange.world.groups.new_invite(group)
        exchange.reply(query, node("invite", {"code": group.invite}))
        return
    if asked.tag in communities.QUESTIONS:
        exchange.reply(query, communities.QUESTIONS[asked.tag](exchange, group))
        return
    change = _CHANGES.get(asked.tag)
    if change is None:
        raise RefusedError(501, "feature-not-implemented")
    if exchange.faults.refuses_change(exchange.account, asked.tag):
        raise RefusedError(403, "forbidden")
    if not me.role and not (asked.tag in {"subject", "description"} and not group.locked):
        raise RefusedError(403, "forbidden")
    exchange.reply(query, change(exchange, group, asked))


def _create(exchange: Exchange, query: Node, asked: Node) -> None:
    members = []
    for one in asked.each("participant"):
        account = exchange.world.accounts.at(Jid.parse(one.get("jid")))
        if account is None:
            raise RefusedError(400, "bad-request")
        members.append(account.lid)
    own = exchange.account.lid
    community = communities.asked_for(exchange, asked)
    group = exchange.world.groups.create(asked.get("subject"), own, members)
    group.is_community = asked.child("parent") is not None
    group.community = community.id if community is not None else ""
    exchange.world.groups.save(group)
    exchange.reply(query, group_node(exchange, group))
    inside = node("create", {"type": "new", "key": asked.get("key")}, group_node(exchange, group))
    announce(exchange, group, inside)
    if group.is_community:
        communities.open_default(exchange, group)
    if community is not None:
        communities.put_below(exchange, community, group)


def _left(exchange: Exchange, asked: Node) -> list[Node]:
    left = []
    for one in asked.each("group"):
        group = exchange.world.groups.get(Jid.parse(one.get("id")).user)
        me = group.member(exchange.account.lid) if group else None
        if group is not None and me is not None:
            group_changes.take_out(exchange, group, [me])
            left.append(node("group", {"id": str(group.jid)}))
    return left


def _invited(exchange: Exchange, query: Node, code: str) -> None:
    group = exchange.world.groups.invited(code)
    if group is None:
        raise RefusedError(406, "not-acceptable")
    if query.get("type") == "get":
        exchange.reply(query, group_node(exchange, group))
        return
    if group.member(exchange.account.lid) is None:
        group_changes.put_in(exchange, group, [Member(exchange.account.lid)], reason="invite")
    exchange.reply(query, node("group", {"jid": str(group.jid)}))
