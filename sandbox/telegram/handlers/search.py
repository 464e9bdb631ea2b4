# SPDX-License-Identifier: AGPL-3.0-or-later
"""Searching everywhere: https://core.telegram.org/api/search."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import contacts, messages

from sandbox.telegram import inputs
from sandbox.telegram.handlers.history import passes
from sandbox.telegram.mailboxes import Mailbox
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, Handlers

Found = tuple[Mailbox, int]
"""A message: where it is and its id there."""


def _search_global(call: Call, request: Any) -> Any:
    me, wanted = call.me.id, request.q.casefold()
    found: list[Found] = []
    for dialog in call.world.mailboxes.dialogs(me):
        if _is_wanted(call, dialog.peer, request):
            found += _matches(call, dialog.peer, wanted, request.filter)
    found.sort(key=lambda one: (one[0].posts[one[1]].date, one[1]), reverse=True)
    page = found[request.offset_rate : request.offset_rate + max(1, request.limit)]
    end = request.offset_rate + len(page)
    posts = [(box, box.posts[number]) for box, number in page]
    named = set[Peer]().union(*(call.world.render.peers_in(post) for _, post in posts))
    users, chats = call.world.render.people_and_rooms(me, named)
    shown = [call.world.render.message(me, box.owner, post) for box, post in posts]
    if end >= len(found) and not request.offset_rate:
        return types.messages.Messages(shown, [], chats, users)
    rate = end if end < len(found) else None
    return types.messages.MessagesSlice(
        count=len(found), messages=shown, topics=[], chats=chats, users=users, next_rate=rate
    )


def _matches(call: Call, peer: Peer, wanted: str, kind: Any) -> list[Found]:
    mailbox = call.world.mailboxes.holding(call.me.id, peer)
    return [
        (mailbox, number)
        for number in mailbox.history(peer)
        if wanted in mailbox.posts[number].text.casefold()
        and passes(mailbox, mailbox.posts[number], kind)
    ]


def _is_wanted(call: Call, peer: Peer, request: Any) -> bool:
    room = call.world.rooms.find(peer) if peer.kind is not Kind.USER else None
    if request.users_only:
        return room is None
    if request.broadcasts_only:
        return room is not None and room.broadcast
    if request.groups_only:
        return room is not None and not room.broadcast
    return True


def _get_common_chats(call: Call, request: Any) -> Any:
    me, other = call.me.id, inputs.account(call, request.user_id).id
    common = [room for room in call.world.rooms.of_member(me) if other in room.members]
    later = [room for room in common if not request.max_id or room.id < request.max_id]
    return types.messages.Chats(
        [call.world.render.chat(me, room) for room in later[: request.limit]]
    )


def _get_top_peers(_call: Call, _request: Any) -> Any:
    return types.contacts.TopPeersDisabled()


def _toggle_top_peers(_call: Call, _request: Any) -> bool:
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SearchGlobalRequest: _search_global,
        messages.GetCommonChatsRequest: _get_common_chats,
        contacts.GetTopPeersRequest: _get_top_peers,
        contacts.ToggleTopPeersRequest: _toggle_top_peers,
    }
)
