# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bots: how they log in and how somebody starts one. https://core.telegram.org/api/bots."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import account, auth, contacts, messages

from sandbox.telegram import inputs
from sandbox.telegram.handlers import drafts
from sandbox.telegram.records import Account, Kind
from sandbox.telegram.rpc import Call, Handlers, bad_request

NOT_FOR_BOTS = frozenset(
    {
        account.UpdateStatusRequest,
        contacts.GetContactsRequest,
        contacts.SearchRequest,
        messages.GetDialogsRequest,
        messages.GetHistoryRequest,
        messages.GetPeerDialogsRequest,
        messages.ImportChatInviteRequest,
        messages.ReadHistoryRequest,
        messages.SearchRequest,
    }
)
"""What bots are refused with BOT_METHOD_INVALID."""


def _log_in(call: Call, request: Any) -> Any:
    if not request.api_id or not request.api_hash:
        raise bad_request("API_ID_INVALID")
    bot = next((one for one in call.world.accounts if _has_token(one, request)), None)
    if bot is None:
        raise bad_request("ACCESS_TOKEN_INVALID")
    call.world.logins.bind(call.key, bot)
    return types.auth.Authorization(call.world.render.user(bot.id, bot))


def _has_token(one: Account, request: Any) -> bool:
    return one.bot and not one.deleted and one.bot_token == request.bot_auth_token


def _start(call: Call, request: Any) -> Any:
    me, bot, peer = call.me.id, inputs.account(call, request.bot), inputs.peer(call, request.peer)
    if not bot.bot:
        raise bad_request("BOT_INVALID")
    command = "/start" if peer.kind is Kind.USER else f"/start@{bot.username or ''}"
    text = f"{command} {request.start_param}".strip()
    call.world.posts.check_random_id(me, request.random_id)
    call.world.posts.check_sendable(me, peer)
    entities = [types.MessageEntityBotCommand(0, len(command))]
    post = call.world.posts.draft(me, peer, text=text, entities=entities)
    return drafts.sent_answer(call, [drafts.deliver(call, post, request.random_id)])


HANDLERS: Handlers = MappingProxyType(
    {auth.ImportBotAuthorizationRequest: _log_in, messages.StartBotRequest: _start}
)
