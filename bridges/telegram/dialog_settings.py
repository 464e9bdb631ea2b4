# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people set for their chats: asked of Telegram, and set there."""

import logging
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from telethon.tl import types as tl
from telethon.tl.functions.account import UpdateNotifySettingsRequest
from telethon.tl.functions.folders import EditPeerFoldersRequest
from telethon.tl.functions.messages import (
    GetPeerDialogsRequest,
    MarkDialogUnreadRequest,
    ToggleDialogPinRequest,
)

from bridges.core.chat import ChatSettings
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError
from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.from_telegram.settings import (
    ARCHIVE,
    FOR_EVER,
    dialog_settings,
)
from bridges.telegram.peers import Peers

_log = logging.getLogger(__name__)

_REMEMBERED = 200
_MAIN_FOLDER = 0
_NOW = datetime.fromtimestamp(0, UTC)


class DialogSettings:
    """The settings of one login's chats."""

    def __init__(self, call: Caller, peers: Peers, clock: Clock) -> None:
        self._call = call
        self._peers = peers
        self._clock = clock
        self._listed: OrderedDict[int, ChatSettings] = OrderedDict()

    def note(self, page: Any) -> None:
        """Remember what a list of dialogs says, for chats that get a room soon."""
        for dialog in page.dialogs:
            if isinstance(dialog, tl.Dialog):
                self._listed[ids.marked(dialog.peer)] = dialog_settings(dialog)
        while len(self._listed) > _REMEMBERED:
            self._listed.popitem(last=False)

    async def of(self, peer: ids.Peer) -> ChatSettings | None:
        """What is set for a chat; None if Telegram does not say, which is no reason to wait."""
        listed = self._listed.pop(ids.marked(peer), None)
        if listed is not None:
            return listed
        try:
            target = tl.InputDialogPeer(await self._peers.of(peer))
            answer = await self._call(GetPeerDialogsRequest([target]))
        except BridgeError as error:
            _log.info("The settings of a chat are not known: %s", error.code)
            return None
        found = [one for one in answer.dialogs if isinstance(one, tl.Dialog)]
        return dialog_settings(found[0]) if found else None

    async def set(self, chat: ChatKey, settings: ChatSettings) -> ChatSettings:
        """See ``HandlesChatSettings``. A topic is only muted: the rest belongs to its forum."""
        peer = await self._peers.chat(chat)
        if settings.muted_until is not None:
            await self._mute(peer, chat, settings)
        if ids.topic_number(chat) is not None:
            return evolve(settings, archived=None, pinned=None, unread=None)
        if settings.archived is not None:
            folder = ARCHIVE if settings.archived else _MAIN_FOLDER
            await self._call(EditPeerFoldersRequest([tl.InputFolderPeer(peer, folder)]))
        if settings.pinned is not None:
            request = ToggleDialogPinRequest(tl.InputDialogPeer(peer), pinned=settings.pinned)
            await self._call(request)
        if settings.unread is not None:
            unread = MarkDialogUnreadRequest(tl.InputDialogPeer(peer), unread=settings.unread)
            await self._call(unread)
        return settings

    async def _mute(self, peer: Any, chat: ChatKey, settings: ChatSettings) -> None:
        topic = ids.topic_number(chat)
        place: Any = tl.InputNotifyPeer(peer)
        if topic is not None:
            place = tl.InputNotifyForumTopic(peer, topic)
        muted = settings.muted_until is not None and settings.muted_until > self._clock.now()
        until = FOR_EVER if muted else _NOW
        change = tl.InputPeerNotifySettings(mute_until=until)
        await self._call(UpdateNotifySettingsRequest(place, change))
