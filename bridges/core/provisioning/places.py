# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a chat is on Matrix and what is there of it, for who has older messages of it."""

from http import HTTPStatus
from typing import Any

from mautrix.types import UserID

from bridges.core.history.store import HistoryStore
from bridges.core.ids import SHARED, ChatID, ChatKey, RemoteUserID
from bridges.core.provisioning.refusal import Refusal
from bridges.core.sessions import Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import Portal, PortalStore

Json = dict[str, Any]

_BETWEEN_LOOKS = 10.0
"""Seconds after which it is worth asking again."""


class ChatPlaces:
    """Knows the rooms of chats of which the messages are numbered (``NetworkInfo.rising_ids``)."""

    def __init__(
        self,
        sessions: Sessions,
        portals: PortalStore,
        messages: MessageStore,
        history: HistoryStore,
        handovers: HandoverStore,
        *,
        rising_ids: bool,
    ) -> None:
        self._sessions = sessions
        self._portals = portals
        self._messages = messages
        self._history = history
        self._handovers = handovers
        self._rising_ids = rising_ids

    async def of(self, user: UserID, chat: ChatID, account: RemoteUserID | None) -> Json:
        """A chat of a person's as ``{room, first}``: the lowest message id that is known there.

        Args:
            user: whose room it has to be, and nobody else's who has a login here: what one of them has
                is not for all.
            chat: as the network's bridge calls it.
            account: whose numbers of messages are meant; None: only chats are, in which all accounts
                have the same.

        Raises ``Refusal``: there is none; the room is not this chat's alone, or its messages have no
        order; or it is not complete yet, and can be asked for again.
        """
        portal = await self._portal(user, chat, account)
        if portal is None or portal.room is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NO_ROOM", "This person has no room of this chat.")
        if not self._rising_ids or not await self._is_plain(portal):
            raise Refusal(
                HTTPStatus.CONFLICT,
                "NOT_ALONE",
                "The room is not this chat's and this person's alone, or its messages have no order.",
            )
        if await self._history.is_wanted(portal.key):
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "COMING",
                "What was said before is still being brought into the room.",
                _BETWEEN_LOOKS,
            )
        first = await self._messages.first_by_number(portal.key)
        if first is None:
            raise Refusal(HTTPStatus.CONFLICT, "EMPTY", "Nothing was said in the room yet.")
        return {"room": portal.room, "first": first.id}

    async def _portal(
        self, user: UserID, chat: ChatID, account: RemoteUserID | None
    ) -> Portal | None:
        for active in self._sessions.of(user):
            login = active.record
            for receiver in (SHARED, login.id) if login.user == account else (SHARED,):
                portal = await self._portals.get(ChatKey(chat, receiver))
                if portal is None or portal.room is None:
                    continue
                if login.id in {one.login for one in await self._portals.logins_in(portal.key)}:
                    return portal
        return None

    async def _is_plain(self, portal: Portal) -> bool:
        """Whether a room holds one chat, and one person here has it."""
        people = set()
        for part in await self._portals.logins_in(portal.key):
            active = self._sessions.get(part.login)
            people.add(None if active is None else active.record.owner)
        return (
            len(people) == 1
            and portal.successor is None
            and not await self._portals.continues_another(portal.key)
            and await self._handovers.of(portal.key) is None
            and await self._messages.are_in_one_room(portal.key)
        )
