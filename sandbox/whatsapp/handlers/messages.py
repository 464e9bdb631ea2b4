# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages and receipts: copied to the devices they are for, never opened."""

from collections.abc import Iterator, Mapping

from attrs import evolve

from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.handlers import newsletters
from sandbox.whatsapp.jids import STATUS, BadJidError, Jid
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account, Device, Group
from sandbox.whatsapp.session import Closing

_KEPT = ("id", "type", "edit", "addressing_mode", "category", "push_priority")
# What a device tells the person's own phone; no other device wants to know.
_FOR_THE_PHONE = {"hist_sync", "peer_msg"}
_NOT_COMMON = {"participants", "enc"}


def message(exchange: Exchange, stanza: Node) -> None:
    """Acknowledge a message and bring each device its copy."""
    said = _passed_on(exchange, stanza)
    if exchange.faults.loses_answer(exchange.account):
        exchange.switchboard.detach(exchange.session)
        exchange.session.post(Closing.AT_ONCE)
        return
    attrs = {
        "class": "message",
        "id": stanza.get("id"),
        "from": stanza.get("to"),
        "t": str(exchange.world.now()),
    }
    exchange.send(node("ack", {**attrs, **said}))


def _passed_on(exchange: Exchange, stanza: Node) -> Mapping[str, str]:
    """Bring a message where it belongs; returns what else its confirmation says."""
    to = _jid(stanza.get("to"))
    if to is None:
        return {"error": "400"}
    if exchange.faults.refuses_message(exchange.account):
        return {"error": "403"}
    if to.is_newsletter:
        return newsletters.message(exchange, stanza, to)
    if to.is_group:
        error = _to_group(exchange, stanza, to)
        return {} if error is None else {"error": error}
    if to == STATUS:
        _to_audience(exchange, stanza)
    else:
        _to_person(exchange, stanza, to)
    return {}


def receipt(exchange: Exchange, stanza: Node) -> None:
    """Acknowledge a receipt and bring it to whom it concerns.

    Some clients confirm a message by its receipt alone, so a receipt counts as confirmation.
    """
    exchange.world.mail.confirm(exchange.device, "message", stanza.get("id"))
    attrs = {"class": "receipt", "id": stanza.get("id"), "from": stanza.get("to")}
    exchange.send(node("ack", {**attrs, "type": stanza.get("type") or None}))
    if stanza.get("type") in _FOR_THE_PHONE:
        return
    if stanza.get("type") == "view":
        newsletters.seen(exchange, stanza)
        return
    to = _jid(stanza.get("to"))
    author = _jid(stanza.get("participant")) if to and to.is_shared else to
    if to is None or author is None:
        return
    own = exchange.account
    person = exchange.world.accounts.at(author)
    passed = {k: v for k, v in stanza.attrs.items() if k not in {"to", "participant", "recipient"}}
    passed["t"] = str(exchange.world.now())
    if person is not None:
        passed_on = {**passed, **_whence(exchange, to, author)}
        retried = author.device if stanza.get("type") == "retry" else None
        for device in exchange.world.accounts.devices(person):
            if device is not exchange.device and retried in {None, device.number}:
                exchange.switchboard.deliver(device, Node("receipt", passed_on, stanza.content))
    if stanza.get("type") in {"read", "read-self", "played"} and person is not own:
        _to_own_devices(exchange, stanza, to, passed)


def confirmation(exchange: Exchange, stanza: Node) -> None:
    """Forget what the device has confirmed."""
    exchange.world.mail.confirm(exchange.device, stanza.get("class"), stanza.get("id"))


def _whence(exchange: Exchange, to: Jid, author: Jid) -> dict[str, str]:
    me = exchange.account.jid(exchange.device.number, lid=author.is_lid)
    return {"from": str(to), "participant": str(me)} if to.is_shared else {"from": str(me)}


def _to_own_devices(exchange: Exchange, stanza: Node, to: Jid, passed: dict[str, str]) -> None:
    attrs = {**passed, "from": str(exchange.account.jid(lid=to.is_lid)), "recipient": str(to.bare)}
    if to.is_shared:
        attrs["participant"] = stanza.get("participant")
    for device in exchange.world.accounts.devices(exchange.account):
        if device is not exchange.device:
            exchange.switchboard.deliver(device, Node("receipt", attrs, stanza.content))


def _to_group(exchange: Exchange, stanza: Node, to: Jid) -> str | None:
    group = exchange.world.groups.get(to.user)
    own = exchange.account
    membership = group.member(own.lid) if group else None
    if group is None or membership is None:
        return "404"
    # Everybody may react where only administrators write.
    if group.announcement and not membership.role and stanza.get("type") != "reaction":
        return "420"
    copies = dict(_copies(stanza))
    once = tuple(stanza.each("enc"))
    only = _jid(stanza.get("participant"))
    attrs = _from_member(exchange, stanza, to)
    for device, jid in _group_devices(exchange, group):
        if device is exchange.device or (only is not None and only != jid):
            continue
        content = (*copies.get(jid, ()), *once, *_common(stanza))
        _bring(exchange, device, Node("message", attrs, content))
    return None


def _to_audience(exchange: Exchange, stanza: Node) -> None:
    """Bring a status post to the devices its author has sealed the key for, as only they know whom."""
    once = tuple(stanza.each("enc"))
    attrs = {**_from_member(exchange, stanza, STATUS), "addressing_mode": "lid"}
    for jid, content in _copies(stanza):
        device = exchange.world.accounts.device_at(jid)
        if device is not None and device is not exchange.device:
            copy = Node("message", attrs, (*content, *once, *_common(stanza)))
            exchange.switchboard.deliver(device, copy)


def _from_member(exchange: Exchange, stanza: Node, chat: Jid) -> dict[str, str]:
    own, number = exchange.account, exchange.device.number
    return {
        **_base(exchange, stanza),
        "from": str(chat),
        "participant": str(own.jid(number)),
        "participant_pn": str(own.jid(number, lid=False)),
    }


def _group_devices(exchange: Exchange, group: Group) -> Iterator[tuple[Device, Jid]]:
    for member in group.members:
        account = exchange.world.accounts.find(member.lid)
        for device in exchange.world.accounts.devices(account):
            yield device, account.jid(device.number)


def _to_person(exchange: Exchange, stanza: Node, to: Jid) -> None:
    copies = dict(_copies(stanza))
    once = tuple(stanza.each("enc"))
    if once:
        copies[to] = once
    for jid, content in copies.items():
        account = exchange.world.accounts.at(jid)
        device = exchange.world.accounts.device_at(jid)
        if account is None or device is None or device is exchange.device:
            continue
        attrs = {**_base(exchange, stanza), **_addresses(exchange, stanza, jid, account)}
        _bring(exchange, device, Node("message", attrs, (*content, *_common(stanza))))


def _bring(exchange: Exchange, device: Device, copy: Node) -> None:
    if exchange.faults.garbles(device):
        copy = evolve(copy, content=tuple(map(_garbled, copy.children)))
    exchange.switchboard.deliver(device, copy)


def _garbled(part: Node) -> Node:
    """Change a byte of what is sealed: three quarters in, it is in no header and no key."""
    if part.tag != "enc":
        return part
    at = len(part.data) * 3 // 4
    return evolve(part, content=part.data[:at] + bytes([part.data[at] ^ 1]) + part.data[at + 1 :])


def _addresses(exchange: Exchange, stanza: Node, jid: Jid, account: Account) -> dict[str, str]:
    own = exchange.account
    attrs = {"from": str(own.jid(exchange.device.number, lid=jid.is_lid))}
    if account is own:
        attrs["recipient"] = stanza.get("recipient") or stanza.get("to")
        if stanza.get("peer_recipient_pn"):
            attrs["peer_recipient_pn"] = stanza.get("peer_recipient_pn")
    elif jid.is_lid:
        attrs["sender_pn"] = str(own.jid(lid=False))
    else:
        attrs["sender_lid"] = str(own.jid())
    return attrs


def _base(exchange: Exchange, stanza: Node) -> dict[str, str]:
    attrs = {name: stanza.attrs[name] for name in _KEPT if name in stanza.attrs}
    return {**attrs, "t": str(exchange.world.now()), "notify": exchange.account.name}


def _copies(stanza: Node) -> Iterator[tuple[Jid, tuple[Node, ...]]]:
    participants = stanza.child("participants")
    for copy in participants.each("to") if participants else ():
        jid = _jid(copy.get("jid"))
        if jid is not None:
            yield jid, copy.children


def _common(stanza: Node) -> tuple[Node, ...]:
    return tuple(child for child in stanza.children if child.tag not in _NOT_COMMON)


def _jid(text: str) -> Jid | None:
    try:
        jid = Jid.parse(text)
    except BadJidError:
        return None
    # Older clients write the server of phone numbers in this way.
    return evolve(jid, server="s.whatsapp.net") if jid.server == "c.us" else jid
