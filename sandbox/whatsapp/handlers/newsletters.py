# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels: what is posted in them, read, seen and reacted to."""

from collections import Counter

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import BadJidError, Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Newsletter, Post

_EDITED, _TAKEN_AWAY = "3", "8"
_WATCHED_FOR = "300"
_MOST = 100


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``newsletter``: posts, their counters, and the wish to be told of these."""
    if not query.children:
        raise RefusedError(400, "bad-request")
    asked = query.children[0]
    newsletter = _named(exchange, asked.get("jid") or query.get("to"))
    if asked.tag == "messages":
        posts = _before(exchange.world.newsletters.posts(newsletter), asked)
        parts = (post_node(one, whole=True) for one in posts)
        exchange.reply(query, node("messages", {"jid": str(newsletter.jid)}, *parts))
    elif asked.tag == "message_updates":
        parts = (post_node(one) for one in exchange.world.newsletters.posts(newsletter))
        messages = node("messages", {"jid": str(newsletter.jid)}, *parts)
        exchange.reply(query, node("message_updates", {}, messages))
    elif asked.tag == "live_updates":
        exchange.session.watched.add(newsletter.jid)
        exchange.reply(query, node("live_updates", {"duration": _WATCHED_FOR}))
    else:
        raise RefusedError(501, "feature-not-implemented")


def message(exchange: Exchange, stanza: Node, to: Jid) -> dict[str, str]:
    """Take a post, a change of one, or a reaction; returns more attributes of the confirmation."""
    newsletter = exchange.world.newsletters.get(to.user)
    if newsletter is None:
        return {"error": "404"}
    reaction = stanza.child("reaction")
    if reaction is not None:
        return _react(exchange, newsletter, stanza.get("server_id"), reaction.get("code"))
    body = stanza.child("plaintext")
    if newsletter.owner != exchange.account.lid or body is None:
        return {"error": "403"}
    post = _changed(exchange, newsletter, stanza, body.data)
    if post is None:
        media, kind = body.get("mediatype"), stanza.get("type") or "text"
        newsletters = exchange.world.newsletters
        post = newsletters.post(newsletter, stanza.get("id"), kind, body.data, media)
    _hand_out(exchange, newsletter, post, stanza.get("edit"))
    return {"server_id": str(post.number)}


def seen(exchange: Exchange, receipt: Node) -> None:
    """Count posts as seen by somebody."""
    try:
        newsletter = exchange.world.newsletters.get(Jid.parse(receipt.get("to")).user)
    except BadJidError:
        return
    listed = receipt.child("list")
    if newsletter is None or listed is None:
        return
    for one in listed.each("item"):
        post = _post(exchange, newsletter, one.get("server_id"))
        if post is not None and exchange.account.lid not in post.viewers:
            post.viewers.append(exchange.account.lid)
            _count(exchange, newsletter, post)


def post_node(post: Post, *, whole: bool = False) -> Node:
    """Return a post's counters, and what it says."""
    attrs = {
        "id": post.id,
        "server_id": str(post.number),
        "t": str(post.time),
        "type": post.kind,
        "is_sender": "false",
    }
    counts = Counter(post.reactions.values())
    codes = (node("reaction", {"code": code, "count": str(n)}) for code, n in counts.items())
    parts = [node("views_count", {"count": str(len(post.viewers))}), node("reactions", {}, *codes)]
    return node("message", attrs, *((_plaintext(post),) if whole else ()), *parts)


def _named(exchange: Exchange, address: str) -> Newsletter:
    newsletter = exchange.world.newsletters.get(Jid.parse(address).user)
    if newsletter is None:
        raise RefusedError(404, "item-not-found")
    return newsletter


def _before(posts: list[Post], asked: Node) -> list[Post]:
    count = int(asked.get("count")) if asked.get("count").isdecimal() else _MOST
    if asked.get("before").isdecimal():
        posts = [one for one in posts if one.number < int(asked.get("before"))]
    return posts[-count:]


def _post(exchange: Exchange, newsletter: Newsletter, number: str) -> Post | None:
    posts = exchange.world.newsletters.posts(newsletter)
    return next((one for one in posts if str(one.number) == number), None)


def _changed(exchange: Exchange, newsletter: Newsletter, stanza: Node, body: bytes) -> Post | None:
    """Change the post that has the stanza's id, if the stanza is about one."""
    edit = stanza.get("edit")
    if edit not in {_EDITED, _TAKEN_AWAY}:
        return None
    posts = exchange.world.newsletters.posts(newsletter)
    post = next((one for one in posts if one.id == stanza.get("id")), None)
    if post is None:
        return None
    post.body = body if edit == _EDITED else b""
    post.changed = exchange.world.now() * 1000
    exchange.world.newsletters.save_post(post)
    return post


def _react(exchange: Exchange, newsletter: Newsletter, number: str, code: str) -> dict[str, str]:
    post = _post(exchange, newsletter, number)
    if post is None:
        return {"error": "404"}
    post.reactions.pop(exchange.account.lid, None)
    if code:
        post.reactions[exchange.account.lid] = code
    _count(exchange, newsletter, post)
    return {}


def _hand_out(exchange: Exchange, newsletter: Newsletter, post: Post, edit: str) -> None:
    attrs = {
        "from": str(newsletter.jid),
        "id": post.id,
        "server_id": str(post.number),
        "type": post.kind,
        "t": str(post.time),
        "edit": edit or None,
    }
    times = {"msg_edit_t": str(post.changed), "original_msg_t": str(post.time)}
    meta = (node("meta", times),) if edit == _EDITED else ()
    handed_out = node("message", attrs, _plaintext(post), *meta)
    for follower in newsletter.followers:
        account = exchange.world.accounts.find(follower.lid)
        for device in exchange.world.accounts.devices(account):
            if device is not exchange.device:
                exchange.switchboard.deliver(device, handed_out)


def _count(exchange: Exchange, newsletter: Newsletter, post: Post) -> None:
    """Remember new counters, and tell whoever watches."""
    exchange.world.newsletters.save_post(post)
    attrs = {
        "from": str(newsletter.jid),
        "type": "newsletter",
        "id": exchange.world.new_id(),
        "t": str(exchange.world.now()),
    }
    news = node("notification", attrs, node("live_updates", {}, post_node(post)))
    for session in exchange.switchboard.sessions():
        if newsletter.jid in session.watched:
            exchange.switchboard.answer(session, news)


def _plaintext(post: Post) -> Node:
    return leaf("plaintext", post.body, {"mediatype": post.media or None})
