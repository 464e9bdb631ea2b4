# SPDX-License-Identifier: AGPL-3.0-or-later
"""Privacy settings and blocked people: https://core.telegram.org/api/privacy and /api/block."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import account, contacts

from sandbox.telegram import inputs
from sandbox.telegram.privacy import kept_rules, key_name
from sandbox.telegram.records import Change, Peer
from sandbox.telegram.rpc import Call, Handlers


def _get(call: Call, request: Any) -> Any:
    return _rules(call, key_name(request.key))


def _set(call: Call, request: Any) -> Any:
    me = call.me
    key = key_name(request.key)
    named = [user for rule in request.rules for user in getattr(rule, "users", ())]
    numbers = {bytes(user): inputs.account(call, user).id for user in named}
    me.privacy[key] = kept_rules(request.rules, numbers)
    call.world.accounts.save(me)
    shown_key = getattr(types, f"PrivacyKey{key}")()
    call.world.updates.passing(me.id, types.UpdatePrivacy(shown_key, me.privacy[key]))
    return _rules(call, key)


def _rules(call: Call, key: str) -> Any:
    rules: list[Any] = list(call.me.privacy.get(key, [types.PrivacyValueAllowAll()]))
    named = [Peer.user(user) for rule in rules for user in getattr(rule, "users", ())]
    users, chats = call.world.render.people_and_rooms(call.me.id, named)
    return types.account.PrivacyRules(rules, chats, users)


def _block(call: Call, request: Any) -> bool:
    return _set_blocked(call, request, blocked=True)


def _unblock(call: Call, request: Any) -> bool:
    return _set_blocked(call, request, blocked=False)


def _set_blocked(call: Call, request: Any, *, blocked: bool) -> bool:
    me, other = call.me, inputs.account(call, request.id)
    if (other.id in me.blocked) == blocked:
        return True
    if blocked:
        me.blocked.append(other.id)
    else:
        me.blocked.remove(other.id)
    call.world.accounts.save(me)
    call.world.updates.logged(me.id, Change.BLOCKED, Peer.user(other.id))
    return True


def _get_blocked(call: Call, request: Any) -> Any:
    me = call.me
    now = call.world.clock.moment()
    page = me.blocked[request.offset : request.offset + request.limit]
    blocked = [types.PeerBlocked(types.PeerUser(user), now) for user in page]
    users, _ = call.world.render.people_and_rooms(me.id, [Peer.user(user) for user in page])
    if len(page) == len(me.blocked):
        return types.contacts.Blocked(blocked, [], users)
    return types.contacts.BlockedSlice(len(me.blocked), blocked, [], users)


HANDLERS: Handlers = MappingProxyType(
    {
        account.GetPrivacyRequest: _get,
        account.SetPrivacyRequest: _set,
        contacts.BlockRequest: _block,
        contacts.UnblockRequest: _unblock,
        contacts.GetBlockedRequest: _get_blocked,
    }
)
