# SPDX-License-Identifier: AGPL-3.0-or-later
"""Queries about the service itself."""

from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.jids import SERVER
from sandbox.whatsapp.media import MEDIA_HOST
from sandbox.whatsapp.node import Node, node


def passive(exchange: Exchange, query: Node) -> None:
    """Answer ``passive``: from ``active`` on, the device gets what waited, and then what comes."""
    exchange.reply(query)
    if query.child("active") is None:
        exchange.session.active = False
        return
    exchange.session.active = True
    waiting = exchange.world.mail.waiting(exchange.device)
    for stanza in waiting:
        exchange.send(stanza.with_attrs(offline="0"))
    exchange.send(node("ib", {"from": str(SERVER)}, node("offline", {"count": str(len(waiting))})))


def ping(exchange: Exchange, query: Node) -> None:
    """Answer that the server is there."""
    exchange.reply(query)


def media_connection(exchange: Exchange, query: Node) -> None:
    """Answer ``w:m`` with where files go."""
    host = node("host", {"hostname": MEDIA_HOST})
    limits = {"auth": "sandbox", "ttl": "300", "auth_ttl": "300", "max_buckets": "12"}
    exchange.reply(query, node("media_conn", limits, host))


def nothing(exchange: Exchange, query: Node) -> None:
    """Answer a query this network knows nothing about with nothing, which clients can bear."""
    exchange.reply(query)
