# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding chats: the account's own, by name, and by what people write on a card."""

import re
from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl
from telethon.tl.functions.contacts import (
    ResolvePhoneRequest,
    ResolveUsernameRequest,
    SearchRequest,
)
from telethon.tl.functions.users import GetUsersRequest

from bridges.core.chat import KnownChat
from bridges.core.errors import Rejected
from bridges.core.formatting.names import clean_name
from bridges.core.ids import LoginID
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.chat_list import by_id, is_open, known_chat
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.peers import Peers

_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t|telegram)\.(?:me|dog)/(?P<path>[^?#]*)(?:[?#].*)?", re.IGNORECASE
)
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_RESOLVE_LINK = re.compile(r"tg://resolve\?domain=(?P<name>[A-Za-z0-9_]+)", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s().-]{7,24}")


class ChatFinder:
    """Finds chats for one login."""

    def __init__(self, login: LoginID, call: Caller, peers: Peers) -> None:
        self._login = login
        self._call = call
        self._peers = peers

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """See ``SearchesChats``: the account's own chats and contacts first, then public ones."""
        answer = await self._call(SearchRequest(q=query, limit=limit))
        things = by_id((*answer.users, *answer.chats))
        peers = [ids.marked(one) for one in (*answer.my_results, *answer.results)]
        wanted = dict.fromkeys(peers)
        found = [things[one] for one in wanted if one in things and is_open(things[one])]
        return [known_chat(self._login, one) for one in found][:limit]

    async def resolve(self, identifier: str) -> KnownChat:
        """See ``ResolvesIdentifiers``: @username, t.me link, phone number or numeric id."""
        text = identifier.strip()
        link = _LINK.fullmatch(text)
        if link is not None:
            return await self._resolve_link(link["path"])
        domain = _RESOLVE_LINK.match(text)
        if domain is not None:
            return await self._username(domain["name"])
        if text.isascii() and text.isdigit() and not text.startswith("0"):
            known = await self._numeric(int(text))
            if known is not None:
                return known
        if _PHONE.fullmatch(text):
            return await self._phone(text)
        if _USERNAME.fullmatch(text.removeprefix("@")):
            return await self._username(text.removeprefix("@"))
        raise Rejected(
            "TELEGRAM.UNKNOWN_IDENTIFIER",
            user_text(
                "{identifier} is neither a username (@name), nor a link (https://t.me/name), nor a "
                "phone number (+992 90 123 45 67).",
                identifier=clean_name(identifier),
            ),
        )

    async def _resolve_link(self, path: str) -> KnownChat:
        first = path.strip("/").split("/")[0]
        if first.startswith("+") and first[1:].isdigit():
            return await self._phone(first)
        if first.startswith("+") or first == "joinchat":
            raise Rejected(
                "TELEGRAM.INVITATION",
                user_text(
                    "This is an invitation. Join the chat in a Telegram app; it appears here."
                ),
            )
        return await self._username(first)

    async def _username(self, name: str) -> KnownChat:
        if not _USERNAME.fullmatch(name):
            raise refused("USERNAME_INVALID")
        return self._first(await self._call(ResolveUsernameRequest(name)))

    async def _phone(self, text: str) -> KnownChat:
        digits = "".join(one for one in text if one.isdigit())
        return self._first(await self._call(ResolvePhoneRequest(digits)))

    async def _numeric(self, number: int) -> KnownChat | None:
        """Somebody this login has met, by the number that is also the ghost's."""
        try:
            found = await self._call(GetUsersRequest([await self._peers.user(number)]))
        except Rejected:
            return None
        users = [one for one in found if isinstance(one, tl.User)]
        return known_chat(self._login, users[0]) if users else None

    def _first(self, answer: Any) -> KnownChat:
        thing = by_id((*answer.users, *answer.chats)).get(ids.marked(answer.peer))
        if thing is None or isinstance(thing, tl.ChannelForbidden | tl.ChatForbidden):
            raise refused("CHANNEL_PRIVATE")
        return known_chat(self._login, thing)
