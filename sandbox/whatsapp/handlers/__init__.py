# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which handler takes which stanza."""

from collections.abc import Mapping

from sandbox.whatsapp.exchange import Exchange, Handler, RefusedError
from sandbox.whatsapp.handlers import (
    app_state,
    encryption,
    graph,
    groups,
    linking,
    messages,
    newsletters,
    people,
    pictures,
    presence,
    service,
)
from sandbox.whatsapp.jids import BadJidError
from sandbox.whatsapp.node import Node

_STANZAS: Mapping[str, Handler] = {
    "message": messages.message,
    "receipt": messages.receipt,
    "ack": messages.confirmation,
    "presence": presence.presence,
    "chatstate": presence.chatstate,
}
_QUERIES: Mapping[str, Handler] = {
    "encrypt": encryption.query,
    "md": linking.query,
    "usync": people.usync,
    "privacy": people.privacy,
    "w:g2": groups.query,
    "w:mex": graph.query,
    "newsletter": newsletters.query,
    "w:sync:app:state": app_state.query,
    "w:profile:picture": pictures.query,
    "passive": service.passive,
    "w:p": service.ping,
    "urn:xmpp:ping": service.ping,
    "w:m": service.media_connection,
}


def handle(exchange: Exchange, stanza: Node) -> None:
    """Do what a stanza asks for; a query that cannot be answered gets an error."""
    if stanza.tag != "iq":
        handler = _STANZAS.get(stanza.tag)
        if handler is not None:
            handler(exchange, stanza)
        return
    if stanza.get("type") in {"result", "error"}:
        linking.answer(exchange, stanza)
        return
    try:
        _QUERIES.get(stanza.get("xmlns"), service.nothing)(exchange, stanza)
    except RefusedError as error:
        exchange.refuse(stanza, error)
    except BadJidError as error:
        exchange.refuse(stanza, RefusedError(400, str(error)))
