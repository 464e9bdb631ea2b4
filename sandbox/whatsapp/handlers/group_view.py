# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups as stanzas, and the news about them."""

from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.jids import GROUP_SERVER, LID_SERVER, Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Group, Member


def group_node(exchange: Exchange, group: Group, *viewers: Member) -> Node:
    """Return everything about a group, as the sender or these members may see it."""
    attrs = {
        "id": group.id,
        "subject": group.subject,
        "s_t": str(group.subject_time),
        "s_o": str(Jid(group.subject_owner, LID_SERVER)),
        "creation": str(group.created),
        "creator": str(Jid(group.owner, LID_SERVER)),
        "addressing_mode": "lid",
        "size": str(len(group.members)),
    }
    parts = [participant(exchange, one) for one in _visible(exchange, group, viewers)]
    if group.description:
        parts.append(description_node(group))
    if group.locked:
        parts.append(node("locked"))
    if group.announcement:
        parts.append(node("announcement"))
    if group.expiration:
        parts.append(node("ephemeral", {"expiration": str(group.expiration)}))
    return node("group", attrs, *parts, *_place(group))


def _visible(exchange: Exchange, group: Group, viewers: tuple[Member, ...]) -> list[Member]:
    """Where everybody in a community reads, members see its administrators and themselves."""
    own = [one.lid for one in viewers] or [exchange.account.lid]
    me = group.member(own[0])
    if not group.is_default or (me is not None and me.role):
        return group.members
    return [one for one in group.members if one.role or one.lid in own]


def _place(group: Group) -> list[Node]:
    """Say what a group is among others."""
    if group.is_community:
        return [node("parent", {"default_membership_approval_mode": "request_required"})]
    if not group.community:
        return []
    above = node("linked_parent", {"jid": str(Jid(group.community, GROUP_SERVER))})
    return [above, node("default_sub_group"), node("incognito")] if group.is_default else [above]


def description_node(group: Group) -> Node:
    """Return a group's description."""
    body = leaf("body", group.description.encode())
    return node("description", {"id": group.description_id}, body)


def participant(exchange: Exchange, member: Member) -> Node:
    """Return one member."""
    account = exchange.world.accounts.find(member.lid)
    attrs = {"jid": str(account.jid()), "phone_number": str(account.jid(lid=False))}
    return node("participant", {**attrs, "type": member.role or None})


def announce(exchange: Exchange, group: Group, news: Node, *also: str) -> None:
    """Tell every member's devices, and those of `also` (LIDs), what the sender has done."""
    own = exchange.account
    attrs = {
        "from": str(group.jid),
        "type": "w:gp2",
        "id": exchange.world.new_id(),
        "t": str(exchange.world.now()),
        "participant": str(own.jid()),
        "participant_pn": str(own.jid(lid=False)),
        "notify": own.name,
        "addressing_mode": "lid",
    }
    people = dict.fromkeys([*(member.lid for member in group.members), *also])
    for lid in people:
        for device in exchange.world.accounts.devices(exchange.world.accounts.find(lid)):
            if device is not exchange.device:
                exchange.switchboard.deliver(device, node("notification", attrs, news))
