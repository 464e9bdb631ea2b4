# SPDX-License-Identifier: AGPL-3.0-or-later
"""Queries in the form of GraphQL (``w:mex``): a number for the query, JSON for its variables.

Channels are opened, described, followed and muted by them.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.jids import SERVER, BadJidError, Jid
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Follower, Newsletter

Json = Mapping[str, Any]
Operation = Callable[[Exchange, Json], dict[str, Any]]


def query(exchange: Exchange, query: Node) -> None:
    """Answer ``w:mex``."""
    asked = query.child("query")
    operation = _OPERATIONS.get(asked.get("query_id")) if asked else None
    if asked is None or operation is None:
        raise RefusedError(501, "feature-not-implemented")
    try:
        answer: Json = {"data": operation(exchange, json.loads(asked.data)["variables"])}
    except (ValueError, LookupError, TypeError) as error:
        raise RefusedError(400, "bad-request") from error
    except RefusedError as error:
        details = {"error_code": error.code, "is_retryable": False, "severity": "CRITICAL"}
        answer = {"data": None, "errors": [{"message": error.text, "extensions": details}]}
    exchange.reply(query, leaf("result", json.dumps(answer).encode()))


def described(exchange: Exchange, newsletter: Newsletter) -> dict[str, Any]:
    """Everything about a channel, and how the sender follows it."""
    lid = exchange.account.lid
    follower = newsletter.follower(lid)
    role = "GUEST" if follower is None else "SUBSCRIBER"
    changed = str((newsletter.changed or newsletter.created) * 1_000_000)
    picture = exchange.world.pictures.get(newsletter.jid)
    shown = {"id": picture.id, "direct_path": picture.path} if picture else {"id": ""}
    return {
        "id": str(newsletter.jid),
        "state": {"type": "ACTIVE"},
        "thread_metadata": {
            "creation_time": str(newsletter.created),
            "invite": newsletter.invite,
            "name": {"text": newsletter.name, "id": changed, "update_time": changed},
            "description": {"text": newsletter.description, "id": changed, "update_time": changed},
            "subscribers_count": str(len(newsletter.followers)),
            "verification": "UNVERIFIED",
            "picture": {**shown, "type": "IMAGE"} if picture else None,
            "preview": {**shown, "type": "PREVIEW"},
            "settings": {"reaction_codes": {"value": "ALL"}},
        },
        "viewer_metadata": {
            "mute": "ON" if follower is not None and follower.muted else "OFF",
            "role": "OWNER" if newsletter.owner == lid else role,
        },
    }


def _create(exchange: Exchange, variables: Json) -> dict[str, Any]:
    # The two families of clients call the same thing by different names.
    wanted = variables.get("newsletter_input") or variables["input"]
    lid = exchange.account.lid
    newsletters = exchange.world.newsletters
    made = newsletters.create(str(wanted["name"]), str(wanted.get("description") or ""), lid)
    return {"xwa2_newsletter_create": described(exchange, made)}


def _fetch(exchange: Exchange, variables: Json) -> dict[str, Any]:
    wanted = variables["input"]
    found = exchange.world.newsletters.invited(wanted["key"])
    if wanted["type"] != "INVITE":
        found = _named(exchange, wanted["key"])
    if found is None:
        raise RefusedError(404, "Not Found")
    return {"xwa2_newsletter": described(exchange, found)}


def _followed(exchange: Exchange, _variables: Json) -> dict[str, Any]:
    lid = exchange.account.lid
    mine = [described(exchange, one) for one in exchange.world.newsletters.of(lid)]
    return {"xwa2_newsletter_subscribed": mine}


def _update(exchange: Exchange, variables: Json) -> dict[str, Any]:
    newsletter = _named(exchange, variables["newsletter_id"])
    if newsletter.owner != exchange.account.lid:
        raise RefusedError(403, "Forbidden")
    updates = variables["updates"]
    newsletter.name = str(updates.get("name") or newsletter.name)
    newsletter.description = str(updates.get("description") or newsletter.description)
    newsletter.changed = exchange.world.now()
    if updates.get("picture"):
        exchange.world.pictures.set(newsletter.jid, base64.b64decode(updates["picture"]))
    exchange.world.newsletters.save(newsletter)
    return {"xwa2_newsletter_update": described(exchange, newsletter)}


def _follow(exchange: Exchange, variables: Json) -> dict[str, Any]:
    newsletter, lid = _named(exchange, variables["newsletter_id"]), exchange.account.lid
    if newsletter.follower(lid) is None:
        newsletter.followers.append(Follower(lid))
        exchange.world.newsletters.save(newsletter)
        _tell(exchange, "NotificationNewsletterJoin", "join", described(exchange, newsletter))
    return {"xwa2_newsletter_join_v2": described(exchange, newsletter)}


def _unfollow(exchange: Exchange, variables: Json) -> dict[str, Any]:
    newsletter, lid = _named(exchange, variables["newsletter_id"]), exchange.account.lid
    if newsletter.owner == lid:
        raise RefusedError(403, "Forbidden")
    newsletter.followers = [one for one in newsletter.followers if one.lid != lid]
    exchange.world.newsletters.save(newsletter)
    left = {"id": str(newsletter.jid), "role": "GUEST"}
    _tell(exchange, "NotificationNewsletterLeave", "leave", left)
    return {"xwa2_newsletter_leave_v2": {"id": str(newsletter.jid)}}


def _muting(muted: bool) -> Operation:
    def change(exchange: Exchange, variables: Json) -> dict[str, Any]:
        newsletter = _named(exchange, variables["newsletter_id"])
        follower = newsletter.follower(exchange.account.lid)
        if follower is None:
            raise RefusedError(403, "Forbidden")
        follower.muted = muted
        exchange.world.newsletters.save(newsletter)
        now = {"id": str(newsletter.jid), "mute": "ON" if muted else "OFF"}
        _tell(exchange, "NotificationNewsletterMuteChange", "mute_change", now)
        return {"xwa2_newsletter_mute_v2": now}

    return change


_OPERATIONS: Mapping[str, Operation] = {
    "6234210096708695": _create,
    "6563316087068696": _fetch,
    "6388546374527196": _followed,
    "7150902998257522": _update,
    "9926858900719341": _follow,
    "6392786840836363": _unfollow,
    "6274038279359549": _muting(True),
    "6068417879924485": _muting(False),
}
"""By the numbers the service has given them for browsers."""


def _named(exchange: Exchange, address: Any) -> Newsletter:
    try:
        newsletter = exchange.world.newsletters.get(Jid.parse(str(address)).user)
    except BadJidError:
        newsletter = None
    if newsletter is None:
        raise RefusedError(404, "Not Found")
    return newsletter


def _tell(exchange: Exchange, name: str, what: str, data: Json) -> None:
    """Tell the person's other devices what this one has done."""
    body = {"data": {f"xwa2_notify_newsletter_on_{what}": data}}
    attrs = {
        "from": str(SERVER),
        "type": "mex",
        "id": exchange.world.new_id(),
        "t": str(exchange.world.now()),
    }
    news = node("notification", attrs, leaf("update", json.dumps(body).encode(), {"op_name": name}))
    for device in exchange.world.accounts.devices(exchange.account):
        if device is not exchange.device:
            exchange.switchboard.deliver(device, news)
