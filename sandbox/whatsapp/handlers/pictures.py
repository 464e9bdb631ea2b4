# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of people and groups: set, removed, asked for."""

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.media import MEDIA_HOST
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``w:profile:picture``; without a target it is about the sender."""
    subject = _subject(exchange, query.get("target"))
    asked = query.child("picture")
    if query.get("type") == "get":
        _get(exchange, query, subject, asked.get("id") if asked else "")
        return
    _allow(exchange, subject)
    if exchange.faults.refuses_change(exchange.account, "picture"):
        raise RefusedError(403, "forbidden")
    if asked is None:
        if exchange.world.pictures.remove(subject):
            _tell(exchange, subject, node("delete", {"jid": str(subject)}))
        exchange.reply(query)
        return
    picture = exchange.world.pictures.set(subject, asked.data)
    author = str(exchange.account.jid())
    _tell(exchange, subject, node("set", {"jid": str(subject), "id": picture.id, "author": author}))
    exchange.reply(query, node("picture", {"id": picture.id}))


def _subject(exchange: Exchange, target: str) -> Jid:
    jid = Jid.parse(target).bare if target else exchange.account.jid()
    if jid.is_group:
        return jid
    account = exchange.world.accounts.at(jid)
    if account is None:
        raise RefusedError(404, "item-not-found")
    return account.jid()


def _get(exchange: Exchange, query: Node, subject: Jid, known: str) -> None:
    picture = exchange.world.pictures.get(subject)
    if picture is None:
        raise RefusedError(404, "item-not-found")
    if known == picture.id:
        exchange.reply(query)
        return
    attrs = {
        "id": picture.id,
        "type": "image",
        "url": f"https://{MEDIA_HOST}{picture.path}",
        "direct_path": picture.path,
    }
    exchange.reply(query, node("picture", attrs))


def _allow(exchange: Exchange, subject: Jid) -> None:
    if not subject.is_group:
        if subject != exchange.account.jid():
            raise RefusedError(403, "forbidden")
        return
    group = exchange.world.groups.get(subject.user)
    member = group.member(exchange.account.lid) if group else None
    if group is None or member is None or (group.locked and not member.role):
        raise RefusedError(403, "forbidden")


def _tell(exchange: Exchange, subject: Jid, news: Node) -> None:
    attrs = {
        "from": str(subject),
        "type": "picture",
        "id": exchange.world.new_id(),
        "t": str(exchange.world.now()),
    }
    for person in _concerned(exchange, subject):
        for device in exchange.world.accounts.devices(person):
            if device is not exchange.device:
                exchange.switchboard.deliver(device, node("notification", attrs, news))


def _concerned(exchange: Exchange, subject: Jid) -> list[Account]:
    group = exchange.world.groups.get(subject.user) if subject.is_group else None
    if group is None:
        # Who knows whom is a matter of phones; here everybody knows everybody.
        return list(exchange.world.accounts)
    return [exchange.world.accounts.find(member.lid) for member in group.members]
