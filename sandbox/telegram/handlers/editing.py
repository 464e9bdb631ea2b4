# SPDX-License-Identifier: AGPL-3.0-or-later
"""Editing: a message gets another text, other media, or both."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, media, media_kinds
from sandbox.telegram.handlers import drafts, polls
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.rpc import Call, Handlers, bad_request

_FILES = (
    types.InputMediaUploadedPhoto,
    types.InputMediaPhoto,
    types.InputMediaUploadedDocument,
    types.InputMediaDocument,
)
_REPLACED_BY: dict[type, Any] = {
    type(None): _FILES,
    types.MessageMediaPhoto: _FILES,
    types.MessageMediaDocument: _FILES,
    types.MessageMediaWebPage: _FILES,
    types.MessageMediaPoll: (types.InputMediaPoll,),
    types.MessageMediaGeoLive: (types.InputMediaGeoLive,),
    types.MessageMediaToDo: (types.InputMediaTodo,),
}
"""What may take the place of a media; everything else cannot be edited."""


def _edit_message(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    posts = call.world.posts
    post = posts.find(me, peer, request.id)
    posts.check_editable(me, post)
    text = post.text if request.message is None else request.message
    entities = post.entities
    if request.message is not None:
        entities = drafts.kept_entities(call, text, request.entities)
    same = text == post.text and list(map(bytes, entities)) == list(map(bytes, post.entities))
    if same and request.media is None:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    is_text = post.media is None or isinstance(post.media, types.MessageMediaWebPage)
    has_media = request.media is not None or not is_text
    if not text.strip() and not has_media:
        raise bad_request("MESSAGE_EMPTY")
    posts.check_text(me, text, is_caption=has_media)
    if request.media is not None:
        _replace_media(call, post, request.media, peer)
    post.text, post.entities = text, entities
    if not request.no_webpage:
        call.world.previews.attach(post)
    posts.edited(post)
    call.world.discussions.post_edited(post)
    return call.world.updates.answer(me)


def _replace_media(call: Call, post: Post, given: Any, peer: Peer) -> None:
    before: Any = post.media
    wanted = _REPLACED_BY.get(type(before))
    if wanted is None:
        raise bad_request("MEDIA_PREV_INVALID")
    if not isinstance(given, wanted):
        raise bad_request("MEDIA_NEW_INVALID")
    if isinstance(before, types.MessageMediaPoll):
        _close_poll(call, before, given)
    elif isinstance(before, types.MessageMediaGeoLive):
        post.media = media_kinds.moved(call, post, given)
    elif isinstance(before, types.MessageMediaToDo):
        media_kinds.check_tasks(call, given.todo.list)
        before.todo = given.todo
        media_kinds.tick(call, before, done=[], undone=[])
    elif getattr(given, "ttl_seconds", None):
        raise bad_request("MEDIA_TTL_INVALID")
    else:
        post.media = media.from_input(call, given, peer)


def _close_poll(call: Call, shown: Any, given: Any) -> None:
    poll = call.world.polls.of(shown)
    assert poll is not None
    if not given.poll.closed:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    call.world.polls.close(poll)
    polls.tell(call, poll, whole=True)


HANDLERS: Handlers = MappingProxyType({messages.EditMessageRequest: _edit_message})
