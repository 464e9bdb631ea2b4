# SPDX-License-Identifier: AGPL-3.0-or-later
"""App state: devices put patches here and fetch those of the person's other devices."""

from google.protobuf.message import DecodeError
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.app_state import Patch
from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.node import Node, leaf, node

_COLLECTIONS = {
    "critical_block",
    "critical_unblock_low",
    "regular_low",
    "regular_high",
    "regular",
}


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``w:sync:app:state``, collection by collection."""
    asked = query.child("sync")
    if asked is None:
        raise RefusedError(400, "bad-request")
    answers = [_collection(exchange, one) for one in asked.each("collection")]
    exchange.reply(query, node("sync", {}, *answers))


def _collection(exchange: Exchange, asked: Node) -> Node:
    state, account, name = exchange.world.app_state, exchange.account, asked.get("name")
    if name not in _COLLECTIONS:
        raise RefusedError(400, "bad-request")
    known = int(asked.get("version")) if asked.get("version").isdecimal() else 0
    change = asked.child("patch")
    if change is None:
        return _answer(exchange, name, state.since(account, name, known))
    if known != state.version(account, name):
        # Two devices changed the same: the later one has to read the other's patch first.
        error = node("error", {"code": "409", "text": "conflict"})
        missed = _answer(exchange, name, state.since(account, name, known))
        return node("collection", {**missed.attrs, "type": "error"}, error, *missed.children)
    state.add(account, name, change.data)
    _tell(exchange, name)
    return _answer(exchange, name, [])


def _answer(exchange: Exchange, name: str, patches: list[Patch]) -> Node:
    version = exchange.world.app_state.version(exchange.account, name)
    inside = node("patches", {}, *(leaf("patch", _numbered(patch)) for patch in patches))
    return node("collection", {"name": name, "version": str(version)}, inside)


def _numbered(patch: Patch) -> bytes:
    """Return a patch with the version it got here, which its author leaves open."""
    try:
        numbered = WAProto_pb2.SyncdPatch.FromString(patch.body)
    except DecodeError:
        return patch.body
    numbered.version.version = patch.version
    return bytes(numbered.SerializeToString())


def _tell(exchange: Exchange, name: str) -> None:
    account = exchange.account
    version = str(exchange.world.app_state.version(account, name))
    attrs = {
        "from": str(account.jid(lid=False)),
        "type": "server_sync",
        "id": exchange.world.new_id(),
        "t": str(exchange.world.now()),
    }
    news = node("notification", attrs, node("collection", {"name": name, "version": version}))
    for device in exchange.world.accounts.devices(account):
        if device is not exchange.device:
            exchange.switchboard.deliver(device, news)
