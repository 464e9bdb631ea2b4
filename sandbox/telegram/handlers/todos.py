# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checklists: tasks are ticked, unticked and added; https://core.telegram.org/api/todo."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, media_kinds
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.rpc import Call, Handlers, bad_request, forbidden


def _toggle(call: Call, request: Any) -> Any:
    peer, post = _find(call, request)
    media: Any = post.media
    _require(call, post, allowed=media.todo.others_can_complete)
    known = {task.id for task in media.todo.list}
    done_before = {one.id for one in media.completions or []}
    done = [one for one in request.completed if one in known - done_before]
    undone = [one for one in request.incompleted if one in done_before]
    if not done and not undone:
        raise bad_request("TODO_NOT_MODIFIED")
    media_kinds.tick(call, media, done, undone)
    return _changed(call, peer, post, types.MessageActionTodoCompletions(done, undone))


def _append(call: Call, request: Any) -> Any:
    peer, post = _find(call, request)
    media: Any = post.media
    _require(call, post, allowed=media.todo.others_can_append)
    media_kinds.check_tasks(call, [*media.todo.list, *request.list])
    media.todo.list.extend(request.list)
    return _changed(call, peer, post, types.MessageActionTodoAppendTasks(request.list))


def _find(call: Call, request: Any) -> tuple[Peer, Post]:
    peer = inputs.readable(call, request.peer)
    post = call.world.posts.find(call.me.id, peer, request.msg_id)
    if not isinstance(post.media, types.MessageMediaToDo):
        raise bad_request("MESSAGE_ID_INVALID")
    return peer, post


def _require(call: Call, post: Post, *, allowed: bool | None) -> None:
    if post.sender != call.me.id and not allowed:
        raise forbidden("MESSAGE_AUTHOR_REQUIRED")


def _changed(call: Call, peer: Peer, post: Post, action: Any) -> Any:
    world = call.world
    world.posts.retouched(post)
    notice = world.posts.draft(call.me.id, peer, action=action)
    notice.reply_uid = post.uid
    notice.reply = types.InputReplyToMessage(0)
    world.posts.send(notice)
    return world.updates.answer(call.me.id)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.ToggleTodoCompletedRequest: _toggle,
        messages.AppendTodoListRequest: _append,
    }
)
