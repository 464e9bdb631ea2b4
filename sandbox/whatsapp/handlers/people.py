# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions about people: who has a number, which devices somebody has."""

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import PHONE_SERVER, Jid
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account

_PRIVACY = ("last", "online", "profile", "status", "groupadd", "readreceipts", "calladd")


def usync(exchange: Exchange, query: Node) -> None:
    """Answer ``usync``: for each person, whatever of the asked-for is known."""
    asked = query.child("usync")
    what = asked.child("query") if asked else None
    people = asked.child("list") if asked else None
    if asked is None or what is None or people is None:
        raise RefusedError(400, "bad-request")
    subjects = {one.tag for one in what.children}
    users = (_user(exchange, user, subjects) for user in people.each("user"))
    exchange.reply(query, node("usync", asked.attrs, node("list", {}, *users)))


def privacy(exchange: Exchange, query: Node) -> None:
    """Answer ``privacy``: everybody may see everything."""
    categories = (node("category", {"name": name, "value": "all"}) for name in _PRIVACY)
    exchange.reply(query, node("privacy", {}, *categories))


def _user(exchange: Exchange, user: Node, subjects: set[str]) -> Node:
    jid = _jid(user)
    account = exchange.world.accounts.at(jid)
    parts = []
    if "contact" in subjects:
        parts.append(node("contact", {"type": "in" if account else "out"}))
    if account and "devices" in subjects:
        parts.append(_devices(exchange, account))
    if account and "lid" in subjects:
        parts.append(node("lid", {"val": str(account.jid())}))
    return node("user", {"jid": str(jid)}, *parts)


def _jid(user: Node) -> Jid:
    contact = user.child("contact")
    if user.get("jid"):
        return Jid.parse(user.get("jid")).bare
    if contact is None:
        raise RefusedError(400, "bad-request")
    number = contact.data.decode("ascii", "replace").removeprefix("+")
    return Jid(number.partition("@")[0], PHONE_SERVER)


def _devices(exchange: Exchange, account: Account) -> Node:
    # Clients pass over a linked device that has no key index; some send nothing to anybody where one
    # device has left no keys yet.
    numbers = [
        str(device.number)
        for device in exchange.world.accounts.devices(account)
        if device.signed is not None
    ]
    devices = (node("device", {"id": number, "key-index": number}) for number in numbers)
    return node("devices", {}, node("device-list", {}, *devices))
