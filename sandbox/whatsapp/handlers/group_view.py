# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups as stanzas, and the news about them."""

from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.jids import LID_SERVER, Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Group, Member


def group_node(exchange: Exchange, group: Group) -> Node:
    """Return everything about a group."""
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
    parts = [participant(exchange, member) for member in group.members]
    if group.description:
        parts.append(description_node(group))
    if group.locked:
        parts.append(node("locked"))
    if group.announcement:
        parts.append(node("announcement"))
    if group.expiration:
        parts.append(node("ephemeral", {"expiration": str(group.expiration)}))
    return node("group", attrs, *parts)


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
