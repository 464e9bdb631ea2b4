# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reacting to messages, and asking who reacts (https://core.telegram.org/api/reactions)."""

from collections.abc import Callable
from typing import Any

from telethon.tl.functions.channels import GetFullChannelRequest
from telethon.tl.functions.messages import (
    GetAvailableReactionsRequest,
    GetFullChatRequest,
    GetMessageReactionsListRequest,
    GetMessagesReactionsRequest,
    SendReactionRequest,
)
from telethon.tl.types import (
    ChatReactionsNone,
    ChatReactionsSome,
    InputPeerChat,
    UpdateMessageReactions,
)

from bridges.core.errors import BridgeError, Rejected
from bridges.core.events import RemoteReactions
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingReactions
from bridges.core.text import UserText, user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.emoji import emoji_of, reaction_of
from bridges.telegram.from_telegram.reactions import MOST_NAMED, reactions_listed, reactions_to
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.peers import Peers, input_channel

REACTIONS = 1
PREMIUM_REACTIONS = 3
"""How many reactions one person may give to one message."""

_NOT_LISTED = "TELEGRAM.BROADCAST_FORBIDDEN"
_SAME = "TELEGRAM.MESSAGE_NOT_MODIFIED"
_NOT_ALLOWED = "TELEGRAM.REACTION_INVALID"
_MOST_SHOWN = 16


class Reacting:
    """Reacts for one login. ``is_premium`` tells whether it has Telegram Premium."""

    def __init__(
        self, call: Caller, peers: Peers, around: Surroundings, is_premium: Callable[[], bool]
    ) -> None:
        self._call = call
        self._peers = peers
        self._around = around
        self._is_premium = is_premium

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """See ``HandlesReactions``. The newest ones stay: one, or three with Telegram Premium."""
        most = PREMIUM_REACTIONS if self._is_premium() else REACTIONS
        kept = reactions.emojis[-most:]
        peer = await self._peers.chat(reactions.chat)
        number = ids.message_number(reactions.target)
        chosen = [reaction_of(one) for one in kept]
        try:
            await self._call(SendReactionRequest(peer, number, reaction=chosen, add_to_recent=True))
        except BridgeError as error:
            if error.code == _NOT_ALLOWED:
                raise Rejected(error.code, await self._what_is_allowed(peer)) from error
            if error.code != _SAME:
                raise
        return kept

    async def reactions_to(self, chat: ChatKey, message: MessageID) -> RemoteReactions:
        """See ``ListsReactions``."""
        peer, number = await self._peers.chat(chat), ids.message_number(message)
        try:
            answer = await self._call(
                GetMessageReactionsListRequest(peer, number, limit=MOST_NAMED)
            )
        except Rejected as error:
            if error.code != _NOT_LISTED:
                raise
            return await self._counted(chat, message, peer, number)
        return reactions_listed(chat, message, answer, self._around)

    async def _counted(
        self, chat: ChatKey, message: MessageID, peer: Any, number: int
    ) -> RemoteReactions:
        """How often each was given, and which of them are ours."""
        answer = await self._call(GetMessagesReactionsRequest(peer, [number]))
        for update in answer.updates:
            if isinstance(update, UpdateMessageReactions) and update.msg_id == number:
                return reactions_to(chat, update.peer, number, update.reactions, self._around)
        return RemoteReactions(chat, message, (), complete=True)

    async def _what_is_allowed(self, peer: Any) -> UserText:
        """Why a reaction was refused, as precisely as it can be had."""
        try:
            allowed = await self._allowed(peer)
        except BridgeError:
            allowed = None
        if allowed is None:
            return user_text("This chat does not allow this reaction; choose another one.")
        if not allowed:
            return user_text("This chat does not allow reactions.")
        return user_text(
            "This chat does not allow this reaction; choose one of {emoji}.",
            emoji=" ".join(allowed[:_MOST_SHOWN]),
        )

    async def _allowed(self, peer: Any) -> list[str] | None:
        """The emoji a chat allows, empty if none; None if that is not known."""
        set_for_chat = await self._set_for(peer)
        if isinstance(set_for_chat, ChatReactionsNone):
            return []
        if isinstance(set_for_chat, ChatReactionsSome):
            return _plain(set_for_chat.reactions)
        answer = await self._call(GetAvailableReactionsRequest(hash=0))
        return [one.reaction for one in answer.reactions if not one.inactive and not one.premium]

    async def _set_for(self, peer: Any) -> Any:
        channel = input_channel(peer)
        if channel is not None:
            answer = await self._call(GetFullChannelRequest(channel))
        elif isinstance(peer, InputPeerChat):
            answer = await self._call(GetFullChatRequest(peer.chat_id))
        else:
            return None
        return answer.full_chat.available_reactions


def _plain(reactions: list[Any]) -> list[str]:
    """Those among them that can be written."""
    found = [emoji_of(one) for one in reactions]
    return [one for one in found if one is not None and not one.startswith("karvon:")]
