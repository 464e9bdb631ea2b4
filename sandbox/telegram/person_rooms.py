# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody does to rooms at their client: rights, pins, members, appearance."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from telethon.tl import functions, types

channels, messages = functions.channels, functions.messages


class RoomDoings(ABC):
    """The part of a `Person` that is about rooms.

    `chat` and `who` are names as `entity` takes them; flags are named as in TL.
    """

    client: Any

    @abstractmethod
    async def entity(self, name: str | int) -> Any:
        """Find a chat by id, phone, username or title."""

    # -- rights

    async def promote(self, chat: str | int, who: str | int, rank: str = "", **rights: bool) -> Any:
        """Give an administrator's rights in a supergroup or channel; none: take them away."""
        chosen = types.ChatAdminRights(**rights)
        return await self.client(
            channels.EditAdminRequest(
                await self.entity(chat), await self.entity(who), chosen, rank=rank
            )
        )

    async def promote_in_group(
        self, chat: str | int, who: str | int, *, is_admin: bool = True
    ) -> None:
        """Make somebody an administrator of a basic group, or ordinary again."""
        target, user = await self.entity(chat), await self.entity(who)
        await self.client(messages.EditChatAdminRequest(target.chat_id, user, is_admin))

    async def restrict(
        self, chat: str | int, who: str | int, until: datetime | None = None, **denied: bool
    ) -> Any:
        """Take rights from a member of a supergroup; none: give all of them back."""
        taken = types.ChatBannedRights(until_date=until, **denied)
        return await self.client(
            channels.EditBannedRequest(await self.entity(chat), await self.entity(who), taken)
        )

    async def ban(self, chat: str | int, who: str | int, until: datetime | None = None) -> Any:
        """Remove somebody from a supergroup or channel and keep them out."""
        return await self.restrict(chat, who, until, view_messages=True)

    async def deny_all(self, chat: str | int, **denied: bool) -> Any:
        """Set what ordinary members may not do."""
        taken = types.ChatBannedRights(until_date=None, **denied)
        return await self.client(
            messages.EditChatDefaultBannedRightsRequest(await self.entity(chat), taken)
        )

    async def participant(self, chat: str | int, who: str | int) -> Any:
        """Return how the service shows a member of a supergroup or channel."""
        request = channels.GetParticipantRequest(await self.entity(chat), await self.entity(who))
        return (await self.client(request)).participant

    # -- looks

    async def set_title(self, chat: str | int, title: str) -> None:
        """Rename a room."""
        target = await self.entity(chat)
        if isinstance(target, types.InputPeerChat):
            await self.client(messages.EditChatTitleRequest(target.chat_id, title))
        else:
            await self.client(channels.EditTitleRequest(target, title))

    async def set_about(self, chat: str | int, about: str) -> None:
        """Change the description of a room."""
        await self.client(messages.EditChatAboutRequest(await self.entity(chat), about))

    async def set_photo(self, chat: str | int, data: bytes | None) -> None:
        """Give a room a picture (the bytes of a file), or take it away."""
        target = await self.entity(chat)
        photo: Any = types.InputChatPhotoEmpty()
        if data is not None:
            uploaded = await self.client.upload_file(data, file_name="photo.png")
            photo = types.InputChatUploadedPhoto(file=uploaded)
        if isinstance(target, types.InputPeerChat):
            await self.client(messages.EditChatPhotoRequest(target.chat_id, photo))
        else:
            await self.client(channels.EditPhotoRequest(target, photo))

    # -- members

    async def invite(self, chat: str | int, *who: str | int) -> list[int]:
        """Bring people in; returns the ids of those who do not let themselves be added."""
        target, users = await self.entity(chat), [await self.entity(one) for one in who]
        if not isinstance(target, types.InputPeerChat):
            answer = await self.client(channels.InviteToChannelRequest(target, users))
            return [one.user_id for one in answer.missing_invitees]
        missing: list[int] = []
        for user in users:
            request = messages.AddChatUserRequest(target.chat_id, user, fwd_limit=0)
            missing += [one.user_id for one in (await self.client(request)).missing_invitees]
        return missing

    async def kick(self, chat: str | int, who: str | int) -> None:
        """Remove somebody, who may come back."""
        await self.client.kick_participant(await self.entity(chat), await self.entity(who))

    async def leave(self, chat: str | int) -> None:
        """Leave a room."""
        await self.client.kick_participant(await self.entity(chat), "me")

    async def invite_link(self, chat: str | int) -> str:
        """Return the last part of the own permanent invite link."""
        request = messages.ExportChatInviteRequest(await self.entity(chat))
        return str((await self.client(request)).link).rpartition("+")[2]

    async def join(self, link: str) -> None:
        """Follow an invite link, by its last part."""
        await self.client(messages.ImportChatInviteRequest(link))

    async def migrate(self, chat: str | int) -> int:
        """Turn a basic group into a supergroup; returns its id."""
        target = await self.entity(chat)
        answer = await self.client(messages.MigrateChatRequest(target.chat_id))
        return int(next(one.id for one in answer.chats if isinstance(one, types.Channel)))

    # -- pins

    async def pin(
        self, chat: str | int, message_id: int, *, silent: bool = False, one_side: bool = False
    ) -> Any:
        """Pin a message; with `one_side` only for oneself, in a direct chat."""
        return await self.client(
            messages.UpdatePinnedMessageRequest(
                await self.entity(chat), message_id, silent=silent, pm_oneside=one_side
            )
        )

    async def unpin(
        self, chat: str | int, message_id: int | None = None, *, one_side: bool = False
    ) -> Any:
        """Unpin one message, or all of them."""
        target = await self.entity(chat)
        if message_id is None:
            return await self.client(messages.UnpinAllMessagesRequest(target))
        return await self.client(
            messages.UpdatePinnedMessageRequest(target, message_id, unpin=True, pm_oneside=one_side)
        )

    async def pinned(self, chat: str | int) -> list[int]:
        """Return the ids of the pinned messages, newest first."""
        only = types.InputMessagesFilterPinned()
        found = await self.client.get_messages(await self.entity(chat), limit=100, filter=only)
        return [message.id for message in found]
