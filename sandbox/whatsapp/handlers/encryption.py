# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys others start conversations with: left here by a device, given away to others."""

from attrs import evolve

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Device, PublicKey


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``encrypt``: how many are left, keep more, give some away."""
    wanted = query.child("key")
    rotated = query.child("rotate")
    if query.child("count") is not None:
        left = exchange.world.accounts.key_count(exchange.device)
        exchange.reply(query, node("count", {"value": str(left)}))
    elif wanted is not None:
        users = (_bundle(exchange, Jid.parse(user.get("jid"))) for user in wanted.each("user"))
        exchange.reply(query, node("list", {}, *users))
    elif rotated is not None:
        device = exchange.device
        device.signed = _read(_needed(rotated, "skey"))
        exchange.world.accounts.save_device(device)
        exchange.reply(query)
    else:
        _keep(exchange, query)
        exchange.reply(query)


def _keep(exchange: Exchange, query: Node) -> None:
    device = exchange.device
    device.registration = _needed(query, "registration").data
    device.key_type = _needed(query, "type").data
    device.identity = _needed(query, "identity").data
    device.signed = _read(_needed(query, "skey"))
    exchange.world.accounts.save_device(device)
    exchange.world.accounts.add_keys(
        device, [_read(key) for key in _needed(query, "list").each("key")]
    )


def _bundle(exchange: Exchange, jid: Jid) -> Node:
    device = exchange.world.accounts.device_at(jid)
    if device is None or device.signed is None:
        error = node("error", {"code": "404", "text": "item-not-found"})
        return node("user", {"jid": str(jid)}, error)
    return node("user", {"jid": str(jid)}, *_parts(exchange, device, device.signed))


def _parts(exchange: Exchange, device: Device, signed: PublicKey) -> list[Node]:
    parts = [
        leaf("registration", device.registration),
        leaf("type", device.key_type),
        leaf("identity", device.identity),
        _key("skey", signed),
    ]
    once = exchange.world.accounts.take_key(device)
    if once is not None:
        parts.append(_key("key", evolve(once, signature=b"")))
    return parts


def _key(tag: str, key: PublicKey) -> Node:
    parts = [leaf("id", key.number), leaf("value", key.value)]
    if key.signature:
        parts.append(leaf("signature", key.signature))
    return node(tag, {}, *parts)


def _read(key: Node) -> PublicKey:
    signature = key.child("signature")
    return PublicKey(
        _needed(key, "id").data, _needed(key, "value").data, signature.data if signature else b""
    )


def _needed(parent: Node, tag: str) -> Node:
    found = parent.child(tag)
    if found is None:
        raise RefusedError(400, "bad-request")
    return found
