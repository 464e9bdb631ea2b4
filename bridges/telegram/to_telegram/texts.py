# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts of people as Telegram wants them, with everybody and everything in them addressed."""

import re
from collections.abc import Callable
from typing import Any

from telethon.tl.types import (
    InputMessageEntityMentionName,
    MessageEntityMentionName,
    PeerChannel,
    PeerUser,
)

from bridges.core.content import FormattedText, LocalMedia, OutgoingContent, Text
from bridges.core.errors import Rejected
from bridges.core.formatting.addresses import (
    chat_of_address,
    message_of_address,
    user_of_address,
)
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.formatting import Links, TelegramText
from bridges.telegram.peers import Peers
from bridges.telegram.store.entities import Entities
from bridges.telegram.to_telegram.pieces import Piece, Writing, pieces_of, texts_of

_ADDRESS = re.compile(r'href="(karvon:[^"]*)"')
_MOST_ADDRESSES = 100
_T_ME = "https://t.me/"
_PRIVATE = "https://t.me/c/"


class Texts:
    """Converts texts for one login. ``is_premium`` tells whether it has Telegram Premium."""

    def __init__(self, peers: Peers, entities: Entities, is_premium: Callable[[], bool]) -> None:
        self._peers = peers
        self._entities = entities
        self._is_premium = is_premium

    async def pieces(self, content: OutgoingContent) -> tuple[Piece, ...]:
        """The messages that carry ``content``; none if there is nothing to see in it."""
        return pieces_of(content, await self._writing(_words_in(content)))

    async def of(self, text: Text) -> list[TelegramText]:
        """The texts that carry a text."""
        return texts_of(text, await self._writing(text.text))

    async def addressed(self, text: TelegramText) -> list[Any]:
        """A text's entities with access hashes; whom this login cannot name is not mentioned."""
        entities = []
        for entity in text.entities:
            if not isinstance(entity, MessageEntityMentionName):
                entities.append(entity)
                continue
            try:
                user = await self._peers.user(entity.user_id)
            except Rejected:
                continue
            entities.append(InputMessageEntityMentionName(entity.offset, entity.length, user))
        return entities

    async def _writing(self, words: FormattedText | None) -> Writing:
        links = Links()
        if words is not None and words.html is not None:
            links = await self._links(words.html)
        return Writing(links, self._is_premium())

    async def _links(self, html: str) -> Links:
        """How the people, chats and messages are linked that a text points to."""
        addresses = dict.fromkeys(found[1] for found in _ADDRESS.finditer(html))
        usernames: dict[RemoteUserID, str] = {}
        pages: dict[ChatID, str] = {}
        for address in list(addresses)[:_MOST_ADDRESSES]:
            user, chat = user_of_address(address), _chat_in(address)
            if user is not None and (username := await self._instead_of(user)):
                usernames[user] = username
            if chat is not None and (page := await self._page(chat)):
                pages[chat] = page

        def message_url(chat: ChatID, message: MessageID) -> str | None:
            return f"{pages[chat]}/{message}" if chat in pages else None

        def chat_url(chat: ChatID) -> str | None:
            page = pages.get(chat)
            return None if page is None or page.startswith(_PRIVATE) else page

        return Links(usernames=usernames, message_url=message_url, chat_url=chat_url)

    async def _instead_of(self, user: RemoteUserID) -> str | None:
        """The username of somebody whom Telegram does not let us mention by their number."""
        try:
            peer = ids.sender_peer(user)
        except ids.UnknownID:
            return None
        is_person = isinstance(peer, PeerUser)
        if is_person and await self._entities.input_peer(ids.marked(peer)) is not None:
            return None
        return await self._username(peer)

    async def _page(self, chat: ChatID) -> str | None:
        """Where a chat is to be found on the web; of one that is not public, only its messages."""
        try:
            peer = ids.chat_peer(ChatKey(chat))
        except ids.UnknownID:
            return None
        username = await self._username(peer)
        if username:
            return f"{_T_ME}{username}"
        return f"{_PRIVATE}{peer.channel_id}" if isinstance(peer, PeerChannel) else None

    async def _username(self, peer: ids.Peer) -> str | None:
        marked = ids.marked(peer)
        entity = (await self._entities.get([marked])).get(marked)
        return None if entity is None else entity.username or None


def _chat_in(address: str) -> ChatID | None:
    message = message_of_address(address)
    return chat_of_address(address) if message is None else message[0]


def _words_in(content: OutgoingContent) -> FormattedText | None:
    match content:
        case Text():
            return content.text
        case LocalMedia():
            return content.caption
    return None
