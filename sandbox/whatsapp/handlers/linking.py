# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linking a device: the server's part of both ways."""

from google.protobuf.message import DecodeError
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.keys import KeyPair
from sandbox.whatsapp.linking import LinkingError
from sandbox.whatsapp.node import Node, leaf, node

# After linking the client has to come again, as the device it now is.
_RESTART = node("stream:error", {"code": "515"})
_REFUSED = node("stream:error", {"code": "401"})


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``md``: a code to link with, or the end of a link."""
    asked = query.child("link_code_companion_reg")
    if asked is not None:
        _code(exchange, query, asked)
        return
    if query.child("remove-companion-device") is None:
        raise RefusedError(501, "feature-not-implemented")
    device = exchange.device
    exchange.reply(query)
    exchange.world.mail.forget(device)
    exchange.world.accounts.unlink(device)


def answer(exchange: Exchange, result: Node) -> None:
    """Take a client's answer to a query of the server's: the signature that makes it a device."""
    signed = result.child("pair-device-sign")
    promise = exchange.linking.promised(exchange.session) if signed is not None else None
    if signed is None or promise is None:
        return
    identity = signed.child("device-identity")
    account_key = KeyPair(promise.account.identity).public
    if identity is None or not promise.is_kept(account_key, _signature(identity.data)):
        exchange.switchboard.end(exchange.session, _REFUSED)
        return
    exchange.world.accounts.link(promise.account, promise.number, promise.identity)
    exchange.switchboard.end(exchange.session, _RESTART)


def _signature(identity: bytes) -> bytes:
    try:
        signed = WAProto_pb2.ADVSignedDeviceIdentity.FromString(identity)
    except DecodeError:
        return b""
    return bytes(signed.deviceSignature)


def _code(exchange: Exchange, query: Node, asked: Node) -> None:
    if asked.get("stage") == "companion_hello":
        key = asked.child("link_code_pairing_wrapped_companion_ephemeral_pub")
        account = exchange.world.accounts.at(Jid.parse(asked.get("jid")))
        if account is None or key is None:
            raise RefusedError(400, "bad-request")
        if exchange.faults.refuses_code(account):
            raise RefusedError(429, "rate-overlimit")
        reference = exchange.linking.ask_code(exchange.session, account.phone, key.data)
        inside = leaf("link_code_pairing_ref", reference.encode())
        exchange.reply(query, node("link_code_companion_reg", {}, inside))
        return
    reference_node = asked.child("link_code_pairing_ref")
    bundle = asked.child("link_code_pairing_wrapped_key_bundle")
    identity = asked.child("companion_identity_public")
    if reference_node is None or bundle is None or identity is None:
        raise RefusedError(400, "bad-request")
    request = exchange.linking.code_request(reference_node.data.decode("ascii", "replace"))
    if request is None or request.typed is None or request.session is not exchange.session:
        raise RefusedError(404, "item-not-found")
    try:
        request.typed(bundle.data, identity.data)
    except LinkingError as error:
        raise RefusedError(406, "not-acceptable") from error
    exchange.reply(query)
