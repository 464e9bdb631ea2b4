# SPDX-License-Identifier: AGPL-3.0-or-later
"""Supergroups and channels of the sandbox in the hands of the conformance suite's people."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import Person as SandboxPerson
from tests.conformance.driver import Chat, Seen
from tests.conformance.hosting import Person

_MEMBERS = 200
_PINS = 100


class TelegramHost:
    """See `tests.conformance.hosting.Host`."""

    def __init__(
        self,
        person: SandboxPerson,
        peer: Callable[[Chat], Awaitable[Any]],
        person_peer: Callable[[Person], Awaitable[Any]],
    ) -> None:
        self._person = person
        self._peer = peer
        self._person_peer = person_peer

    async def set_topic(self, chat: Chat, topic: str) -> None:
        await self._call(functions.messages.EditChatAboutRequest(await self._peer(chat), topic))

    async def add(self, chat: Chat, other: Person) -> None:
        user = await self._person_peer(other)
        await self._call(functions.channels.InviteToChannelRequest(await self._peer(chat), [user]))

    async def ban(self, chat: Chat, other: Person) -> None:
        await self._restrict(chat, other, types.ChatBannedRights(None, view_messages=True))

    async def unban(self, chat: Chat, other: Person) -> None:
        await self._restrict(chat, other, types.ChatBannedRights(None))

    async def leave(self, chat: Chat) -> None:
        await self._call(functions.channels.LeaveChannelRequest(await self._peer(chat)))

    async def promote(self, chat: Chat, other: Person, *, wholly: bool = False) -> None:
        rights = types.ChatAdminRights(
            change_info=True,
            invite_users=True,
            pin_messages=True,
            ban_users=True,
            delete_messages=wholly,
            add_admins=wholly,
        )
        await self._set_admin(chat, other, rights)

    async def demote(self, chat: Chat, other: Person) -> None:
        await self._set_admin(chat, other, types.ChatAdminRights())

    async def silence(self, chat: Chat, other: Person, silent: bool) -> None:
        rights = types.ChatBannedRights(None, send_messages=silent or None)
        await self._restrict(chat, other, rights)

    async def lock(self, chat: Chat, locked: bool) -> None:
        rights = types.ChatBannedRights(
            None,
            send_messages=locked or None,
            change_info=True,
            invite_users=True,
            pin_messages=True,
        )
        peer = await self._peer(chat)
        await self._call(functions.messages.EditChatDefaultBannedRightsRequest(peer, rights))

    async def pin(self, message: Seen) -> None:
        await self._pin(message, unpin=False)

    async def unpin(self, message: Seen) -> None:
        await self._pin(message, unpin=True)

    async def unpin_all(self, chat: Chat) -> None:
        peer = await self._peer(chat)
        await self._call(functions.messages.UnpinAllMessagesRequest(peer))

    async def title(self, chat: Chat) -> str:
        return str((await self._channel(chat)).title)

    async def topic(self, chat: Chat) -> str:
        peer = await self._peer(chat)
        full = await self._call(functions.channels.GetFullChannelRequest(peer))
        return str(full.full_chat.about)

    async def picture(self, chat: Chat) -> bytes | None:
        data: bytes | None = await self._person.client.download_profile_photo(
            await self._channel(chat), bytes
        )
        return data

    async def members(self, chat: Chat) -> set[str]:
        found = await self._participants(chat, types.ChannelParticipantsRecent())
        return {str(one.user_id) for one in found if hasattr(one, "user_id")} | {
            str(one.peer.user_id)
            for one in found
            if isinstance(one, types.ChannelParticipantBanned) and not one.left
        }

    async def banned(self, chat: Chat) -> set[str]:
        return await self._restricted(chat, types.ChannelParticipantsKicked(""))

    async def admins(self, chat: Chat) -> set[str]:
        found = await self._participants(chat, types.ChannelParticipantsAdmins())
        return {str(one.user_id) for one in found}

    async def silenced(self, chat: Chat) -> set[str]:
        return await self._restricted(chat, types.ChannelParticipantsBanned(""))

    async def is_locked(self, chat: Chat) -> bool:
        rights = (await self._channel(chat)).default_banned_rights
        return bool(rights.send_messages)

    async def pinned(self, chat: Chat) -> Sequence[str]:
        found = await self._person.client.get_messages(
            await self._peer(chat), limit=_PINS, filter=types.InputMessagesFilterPinned()
        )
        return [str(one.id) for one in reversed(found)]

    async def _pin(self, message: Seen, *, unpin: bool) -> None:
        request = functions.messages.UpdatePinnedMessageRequest(
            await self._peer(message.chat), int(message.id), unpin=unpin or None
        )
        await self._call(request)

    async def _restrict(self, chat: Chat, other: Person, rights: Any) -> None:
        peer, user = await self._peer(chat), await self._person_peer(other)
        await self._call(functions.channels.EditBannedRequest(peer, user, rights))

    async def _set_admin(self, chat: Chat, other: Person, rights: Any) -> None:
        peer, user = await self._peer(chat), await self._person_peer(other)
        await self._call(functions.channels.EditAdminRequest(peer, user, rights, rank=""))

    async def _channel(self, chat: Chat) -> Any:
        answer = await self._call(functions.channels.GetChannelsRequest([await self._peer(chat)]))
        return answer.chats[0]

    async def _participants(self, chat: Chat, which: Any) -> list[Any]:
        request = functions.channels.GetParticipantsRequest(
            await self._peer(chat), which, offset=0, limit=_MEMBERS, hash=0
        )
        return list((await self._call(request)).participants)

    async def _restricted(self, chat: Chat, which: Any) -> set[str]:
        return {str(one.peer.user_id) for one in await self._participants(chat, which)}

    async def _call(self, request: Any) -> Any:
        return await self._person.client(request)
