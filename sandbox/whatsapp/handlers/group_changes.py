# SPDX-License-Identifier: AGPL-3.0-or-later
"""What members do to a group. Each returns what the query is answered with."""

from attrs import evolve

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.handlers.group_view import announce, group_node, participant
from sandbox.whatsapp.jids import LID_SERVER, Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Group, Member

_MAX_SUBJECT = 100


def add(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Let people in."""
    wanted = [Member(lid) for lid in _lids(exchange, asked)]
    put_in(exchange, group, [one for one in wanted if group.member(one.lid) is None])
    return _people(exchange, "add", wanted)


def remove(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Put people out."""
    out = _members(exchange, group, asked)
    take_out(exchange, group, out)
    return _people(exchange, "remove", out)


def promote(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Make members administrators."""
    return _set_role(exchange, group, asked, "admin")


def demote(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Make administrators plain members."""
    return _set_role(exchange, group, asked, "")


def subject(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Give the group another name."""
    text = asked.data.decode("utf-8", "replace")
    if not text or len(text) > _MAX_SUBJECT:
        raise RefusedError(406, "not-acceptable")
    group.subject, group.subject_owner = text, exchange.account.lid
    group.subject_time = exchange.world.now()
    owner = str(Jid(group.subject_owner, LID_SERVER))
    attrs = {"subject": text, "s_t": str(group.subject_time), "s_o": owner}
    return _changed(exchange, group, node("subject", attrs))


def description(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Describe the group anew, or not at all."""
    if group.description_id != asked.get("prev"):
        raise RefusedError(409, "conflict")
    body = asked.child("body")
    group.description = body.data.decode("utf-8", "replace") if body else ""
    group.description_id = asked.get("id")
    attrs = {"id": group.description_id or None, "delete": None if body else "true"}
    inside = (leaf("body", group.description.encode()),) if body else ()
    return _changed(exchange, group, node("description", attrs, *inside))


def lock(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Let only administrators, or everybody, change name and description."""
    group.locked = asked.tag == "locked"
    return _changed(exchange, group, node(asked.tag))


def announcement(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Let only administrators, or everybody, write."""
    group.announcement = asked.tag == "announcement"
    return _changed(exchange, group, node(asked.tag, _new_version(exchange, group)))


def ephemeral(exchange: Exchange, group: Group, asked: Node) -> Node:
    """Let messages disappear after some seconds, or stay."""
    seconds = asked.get("expiration")
    if asked.tag == "ephemeral" and not seconds.isdecimal():
        raise RefusedError(400, "bad-request")
    group.expiration = int(seconds) if asked.tag == "ephemeral" else 0
    return _changed(exchange, group, node(asked.tag, asked.attrs))


def put_in(
    exchange: Exchange, group: Group, members: list[Member], *, reason: str | None = None
) -> None:
    """Let people in: the members are told who came, the newcomers about the whole group.

    Whoever is in a group of a community is in the community.
    """
    if not members:
        return
    before = [one.lid for one in group.members]
    group.members += members
    news = _people(exchange, "add", members, **_new_version(exchange, group), reason=reason)
    everybody = group.members
    group.members = [one for one in everybody if one.lid in before]
    announce(exchange, group, news)
    group.members = everybody
    everything = group_node(exchange, group, *members)
    newcomers = evolve(group, members=members)
    announce(exchange, newcomers, node("create", {"type": "new", "reason": reason}, everything))
    for above in exchange.world.groups.above(group):
        missing = [Member(one.lid) for one in members if above.member(one.lid) is None]
        put_in(exchange, above, missing, reason=reason)


def take_out(exchange: Exchange, group: Group, members: list[Member]) -> None:
    """Put people out, who are told like the others; out of a community also out of its groups."""
    out = [one.lid for one in members]
    for inside in exchange.world.groups.inside(group):
        there = [one for one in inside.members if one.lid in out]
        if there:
            take_out(exchange, inside, there)
    group.members = [one for one in group.members if one.lid not in out]
    news = _people(exchange, "remove", members, **_new_version(exchange, group))
    announce(exchange, group, news, *out)


def _set_role(exchange: Exchange, group: Group, asked: Node, role: str) -> Node:
    members = _members(exchange, group, asked)
    if any(one.role == "superadmin" for one in members):
        raise RefusedError(403, "forbidden")
    for one in members:
        one.role = role
    news = _people(exchange, asked.tag, members, **_new_version(exchange, group))
    announce(exchange, group, news)
    return _people(exchange, asked.tag, members)


def _changed(exchange: Exchange, group: Group, news: Node) -> Node:
    exchange.world.groups.save(group)
    announce(exchange, group, news)
    return news


def _new_version(exchange: Exchange, group: Group) -> dict[str, str | None]:
    # Clients number the states of a group's membership, and refuse news without both numbers.
    group.version += 1
    exchange.world.groups.save(group)
    return {"prev_v_id": str(group.version - 1), "v_id": str(group.version)}


def _people(exchange: Exchange, tag: str, members: list[Member], **attrs: str | None) -> Node:
    return node(tag, attrs, *(participant(exchange, one) for one in members))


def _lids(exchange: Exchange, asked: Node) -> list[str]:
    lids = []
    for one in asked.each("participant"):
        account = exchange.world.accounts.at(Jid.parse(one.get("jid")))
        if account is None:
            raise RefusedError(404, "item-not-found")
        lids.append(account.lid)
    return lids


def _members(exchange: Exchange, group: Group, asked: Node) -> list[Member]:
    found = [group.member(lid) for lid in _lids(exchange, asked)]
    return [one for one in found if one is not None]
