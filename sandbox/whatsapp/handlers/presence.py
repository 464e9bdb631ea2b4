# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is there and who is typing: told to whoever is there, kept for nobody."""

from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.jids import BadJidError, Jid
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account


def presence(exchange: Exchange, stanza: Node) -> None:
    """Take somebody's presence, or their wish to see another's."""
    kind = stanza.get("type") or "available"
    if kind == "subscribe":
        _watch(exchange, stanza.get("to"))
    elif kind in {"available", "unavailable"}:
        exchange.session.available = kind == "available"
        account = exchange.account
        if stanza.get("name"):
            exchange.world.accounts.rename(account, stanza.get("name"))
        for session in exchange.switchboard.sessions():
            for watched in session.watched:
                if exchange.world.accounts.at(watched) is account:
                    exchange.switchboard.answer(session, _presence(exchange, watched, account))


def chatstate(exchange: Exchange, stanza: Node) -> None:
    """Tell the others in a chat that somebody is typing, recording or has stopped."""
    try:
        chat = Jid.parse(stanza.get("to"))
    except BadJidError:
        return
    account = exchange.account
    if chat.is_group:
        group = exchange.world.groups.get(chat.user)
        lids = [member.lid for member in group.members] if group else []
        people = [exchange.world.accounts.find(lid) for lid in lids]
        attrs = {"from": str(chat), "participant": str(account.jid())}
    else:
        other = exchange.world.accounts.at(chat)
        people = [other] if other else []
        attrs = {"from": str(account.jid(lid=chat.is_lid))}
    for person in people:
        if person is account:
            continue
        for device in exchange.world.accounts.devices(person):
            exchange.switchboard.hint(device, Node("chatstate", attrs, stanza.content))


def _watch(exchange: Exchange, who: str) -> None:
    try:
        jid = Jid.parse(who).bare
    except BadJidError:
        return
    account = exchange.world.accounts.at(jid)
    if account is not None:
        exchange.session.watched.add(jid)
        exchange.send(_presence(exchange, jid, account))


def _presence(exchange: Exchange, jid: Jid, account: Account) -> Node:
    there = any(session.available for session in exchange.switchboard.sessions(account))
    if there:
        return node("presence", {"from": str(jid)})
    return node("presence", {"from": str(jid), "type": "unavailable", "last": "deny"})
