# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of an account's chats and contacts."""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve
from telethon import utils
from telethon.tl import types as tl
from telethon.tl.functions.contacts import GetContactsRequest
from telethon.tl.functions.messages import GetPeerDialogsRequest
from telethon.tl.functions.users import GetUsersRequest

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.chat import ChatKind, KnownChat
from bridges.core.clock import Clock
from bridges.core.formatting.names import clean_name
from bridges.core.ids import ChatKey, LoginID
from bridges.telegram import ids
from bridges.telegram.chat_info import chat_kind, is_broadcast
from bridges.telegram.connection import Caller
from bridges.telegram.dialog_settings import DialogSettings
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.settings import ARCHIVE
from bridges.telegram.history import dialogs
from bridges.telegram.peers import Peers
from bridges.telegram.user_info import DELETED, SAVED_MESSAGES, full_name, network_account


class ChatList:
    """Lists chats for one login."""

    def __init__(
        self, login: LoginID, call: Caller, peers: Peers, settings: DialogSettings, clock: Clock
    ) -> None:
        self._login = login
        self._call = call
        self._peers = peers
        self._settings = settings
        self._clock = clock

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """See ``ListsChats``."""
        found: list[KnownChat] = []
        for page in await dialogs(self._call, limit):
            self._settings.note(page)
            found += self._listed(page)
        return found[:limit]

    async def glance(self, chat: ChatKey) -> KnownChat:
        """See ``GlancesAtChats``."""
        peer = tl.InputDialogPeer(await self._peers.chat(chat))
        listed = self._listed(await self._call(GetPeerDialogsRequest([peer])))
        if not listed:
            raise refused("PEER_ID_INVALID")
        return listed[0]

    async def contacts(self) -> Sequence[KnownChat]:
        """See ``ListsContacts``."""
        listed = [known_chat(self._login, one) for one in await self._saved()]
        return sorted(listed, key=lambda one: (one.name.casefold(), one.key.chat))

    async def own_account(self) -> NetworkAccount:
        """See ``TellsAccounts``."""
        found = await self._call(GetUsersRequest([tl.InputUserSelf()]))
        me = next((one for one in found if isinstance(one, tl.User)), None)
        if me is None:
            raise refused("USER_ID_INVALID")
        return network_account(me)

    async def known_accounts(self) -> Sequence[AccountContact]:
        """See ``TellsAccounts``."""
        return [
            AccountContact(ids.chat_key(utils.get_peer(one), self._login), network_account(one))
            for one in await self._saved()
        ]

    async def _saved(self) -> list[tl.User]:
        answer = await self._call(GetContactsRequest(hash=0))
        return [one for one in answer.users if isinstance(one, tl.User) and not one.deleted]

    def _listed(self, page: Any) -> list[KnownChat]:
        things = by_id((*page.users, *page.chats))
        found = []
        for dialog in page.dialogs:
            thing = things.get(ids.marked(dialog.peer))
            if isinstance(dialog, tl.Dialog) and thing is not None and is_open(thing):
                aside = self._is_set_aside(dialog, thing)
                found.append(evolve(known_chat(self._login, thing), set_aside=aside))
        return found

    def _is_set_aside(self, dialog: tl.Dialog, thing: Any) -> bool:
        """Whether a chat is archived, or a channel that is muted.

        Telegram takes a chat out of the archive when something is said in it, unless it is muted.
        """
        if dialog.folder_id == ARCHIVE:
            return True
        until = dialog.notify_settings.mute_until
        return is_broadcast(thing) and until is not None and until > self._clock.now()


def known_chat(login: LoginID, thing: Any) -> KnownChat:
    """A ``User``, ``Chat`` or ``Channel`` as a list shows it to the account."""
    key = ids.chat_key(utils.get_peer(thing), login)
    username = getattr(thing, "username", None)
    detail = f"@{username}" if username else ""
    if isinstance(thing, tl.User):
        name = DELETED if thing.deleted else full_name(thing)
        if thing.is_self:
            name, detail = SAVED_MESSAGES, ""
        return KnownChat(key, name or detail or str(thing.id), ChatKind.DIRECT, detail)
    return KnownChat(key, clean_name(thing.title), chat_kind(thing), detail)


def is_open(thing: Any) -> bool:
    """Whether there is a chat to be had: not left, not forbidden, not migrated away."""
    if isinstance(thing, tl.Chat):
        return not (thing.left or thing.deactivated)
    if isinstance(thing, tl.Channel):
        return True
    return isinstance(thing, tl.User)


def by_id(things: Iterable[Any]) -> dict[int, Any]:
    """People and chats by their marked ids."""
    return {utils.get_peer_id(one): one for one in things}
