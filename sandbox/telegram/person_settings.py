# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody sets for their chats and themselves, at their client."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from telethon.tl import functions, types

account, contacts, messages = functions.account, functions.contacts, functions.messages


class SettingDoings(ABC):
    """The part of a `Person` that only the person sees; `chat` is a name as `entity` takes it."""

    client: Any

    @abstractmethod
    async def entity(self, name: str | int) -> Any:
        """Find a chat by id, phone, username or title."""

    async def mute(self, chat: str | int, until: datetime | None, topic: int = 0) -> None:
        """Silence a chat or topic until a moment; None: not any more."""
        target = await self.entity(chat)
        where = (
            types.InputNotifyForumTopic(target, topic) if topic else types.InputNotifyPeer(target)
        )
        settings = types.InputPeerNotifySettings(mute_until=until)
        await self.client(account.UpdateNotifySettingsRequest(where, settings))

    async def archive(self, chat: str | int, *, archived: bool = True) -> None:
        """Put a chat into the archive, or take it out."""
        peer = types.InputFolderPeer(await self.entity(chat), int(archived))
        await self.client(functions.folders.EditPeerFoldersRequest([peer]))

    async def pin_chat(self, chat: str | int, *, pinned: bool = True) -> None:
        """Pin a chat on top of the list, or unpin it."""
        peer = types.InputDialogPeer(await self.entity(chat))
        await self.client(messages.ToggleDialogPinRequest(peer, pinned=pinned))

    async def mark_unread(self, chat: str | int, *, unread: bool = True) -> None:
        """Mark a chat as unread, or take the mark away."""
        peer = types.InputDialogPeer(await self.entity(chat))
        await self.client(messages.MarkDialogUnreadRequest(peer, unread=unread))

    async def block(self, who: str | int, *, blocked: bool = True) -> None:
        """Keep somebody from writing, or let them again."""
        kind = contacts.BlockRequest if blocked else contacts.UnblockRequest
        await self.client(kind(await self.entity(who)))

    async def set_lifetime(self, chat: str | int, seconds: int) -> None:
        """Let messages of a chat disappear after a time; 0: not any more."""
        await self.client(messages.SetHistoryTTLRequest(await self.entity(chat), seconds))

    async def save_draft(self, chat: str | int, text: str) -> None:
        """Leave a text unsent; an empty one throws it away."""
        await self.client(messages.SaveDraftRequest(await self.entity(chat), text))
