# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix power levels as Telegram's rights; the ladder is in ``bridges.telegram.rights``.

Somebody gets the rights of their step and of those below it. In a group everybody's rights are a
choice of what ordinary members may not do.
"""

from typing import Any

from telethon.tl import types as tl
from telethon.tl.functions import channels, messages

from bridges.core.errors import BridgeError, Rejected
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPower
from bridges.core.rights import EVERYBODY, ChatRights
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.rights import ADMIN, BAN, INFO, INVITE, PIN, PROMOTE, REDACT, group_rights
from bridges.telegram.to_telegram.requests import only_in_groups, unless

_SAME = frozenset({"TELEGRAM.CHAT_NOT_MODIFIED"})
_WRITING = (
    "send_messages",
    "send_media",
    "send_stickers",
    "send_gifs",
    "send_games",
    "send_inline",
    "embed_links",
    "send_polls",
    "send_photos",
    "send_videos",
    "send_roundvideos",
    "send_audios",
    "send_voices",
    "send_docs",
    "send_plain",
)
"""What Telegram takes away together with the right to write."""


def admin_rights(level: int, giver: Any, *, is_channel: bool) -> tl.ChatAdminRights:
    """The rights of an administrator at a level, which is ``ADMIN`` or above.

    ``giver`` has these ``ChatAdminRights`` and can give no others; None gives everything. Who would
    have none of the rights of the ladder gets the one that only makes an administrator of them.
    """
    steps = {
        "post_messages": is_channel,
        "edit_messages": is_channel and level >= PIN,
        "invite_users": level >= INVITE,
        "pin_messages": not is_channel and level >= PIN,
        "change_info": level >= INFO,
        "ban_users": level >= BAN,
        "delete_messages": level >= REDACT,
        "add_admins": level >= PROMOTE,
    }
    given = {name for name, on in steps.items() if on and (giver is None or getattr(giver, name))}
    return tl.ChatAdminRights(**dict.fromkeys(given or {"other"}, True))


def default_bans(rights: ChatRights, now: Any) -> tl.ChatBannedRights:
    """What members shall not do by these rights; what Matrix has no word for stays as it is ``now``."""
    known = group_rights(now)
    bans: dict[str, bool] = {name: True for name, on in now.to_dict().items() if on is True}
    if (rights.write > EVERYBODY) != (known.write > EVERYBODY):
        bans |= dict.fromkeys(_WRITING, rights.write > EVERYBODY)
    bans["send_reactions"] = rights.react > EVERYBODY
    bans["invite_users"] = rights.invite > EVERYBODY
    bans["pin_messages"] = rights.pins > EVERYBODY
    changed = [
        level
        for level, old in (
            (rights.name, known.name),
            (rights.topic, known.topic),
            (rights.avatar, known.avatar),
        )
        if level != old
    ]
    bans["change_info"] = max(changed, default=known.name) > EVERYBODY
    return tl.ChatBannedRights(None, **{name: True for name, on in bans.items() if on})


class RightActions:
    """Gives rights for one login."""

    def __init__(self, call: Caller, peers: Peers) -> None:
        self._call = call
        self._peers = peers

    async def set_power(self, power: OutgoingPower) -> None:
        """See ``HandlesPower``."""
        peer = await self._peers.chat(power.chat)
        channel = input_channel(peer)
        if channel is None:
            if not isinstance(peer, tl.InputPeerChat):
                raise only_in_groups()
            for user, level in power.users.items():
                await self._set_in_group(peer.chat_id, user, level)
        elif power.users:
            found = await self._chat(power.chat, peer)
            for user, level in power.users.items():
                await self._set_in_channel(channel, found, user, level)
        if power.rights is not None:
            await self._set_rights(power.chat, peer, power.rights)

    async def _set_in_group(self, chat: int, user: RemoteUserID, level: int) -> None:
        if level < EVERYBODY:
            raise Rejected(
                "TELEGRAM.NO_RESTRICTIONS",
                user_text("Only in supergroups can single members be kept from writing."),
            )
        who = await self._peers.user(_person(user).user_id)
        await self._call(messages.EditChatAdminRequest(chat, who, is_admin=level >= ADMIN))

    async def _set_in_channel(
        self, channel: Any, found: Any, user: RemoteUserID, level: int
    ) -> None:
        """Somebody is an administrator or restricted, never both: the other is taken first."""
        who = await self._peers.user(_person(user).user_id)
        now = await self._participant(channel, user)
        is_admin = isinstance(now, tl.ChannelParticipantAdmin | tl.ChannelParticipantCreator)
        if level >= ADMIN:
            giver = None if found.creator else found.admin_rights
            rights = admin_rights(level, giver, is_channel=bool(found.broadcast))
            rank = getattr(now, "rank", None) or ""
            await self._call(channels.EditAdminRequest(channel, who, rights, rank=rank))
            return
        if is_admin:
            nothing = tl.ChatAdminRights()
            await self._call(channels.EditAdminRequest(channel, who, nothing, rank=""))
        if level < EVERYBODY or isinstance(now, tl.ChannelParticipantBanned):
            bans = tl.ChatBannedRights(None, send_messages=level < EVERYBODY or None)
            target = await self._peers.of(_person(user))
            await self._call(channels.EditBannedRequest(channel, target, bans))

    async def _participant(self, channel: Any, user: RemoteUserID) -> Any:
        request = channels.GetParticipantRequest(channel, await self._peers.of(_person(user)))
        try:
            return (await self._call(request)).participant
        except BridgeError as error:
            if error.code != "TELEGRAM.USER_NOT_PARTICIPANT":
                raise
        return None

    async def _set_rights(self, chat: ChatKey, peer: Any, rights: ChatRights) -> None:
        found = await self._chat(chat, peer)
        if getattr(found, "broadcast", False):
            raise Rejected(
                "TELEGRAM.NO_SUCH_RIGHT",
                user_text("In a Telegram channel ordinary members have no rights."),
            )
        now = found.default_banned_rights or tl.ChatBannedRights(None)
        bans = default_bans(rights, now)
        request = messages.EditChatDefaultBannedRightsRequest(peer, bans)
        await unless(_SAME, self._call, request)

    async def _chat(self, chat: ChatKey, peer: Any) -> Any:
        channel = input_channel(peer)
        if channel is None:
            answer = await self._call(messages.GetChatsRequest([peer.chat_id]))
        else:
            answer = await self._call(channels.GetChannelsRequest([channel]))
        if not answer.chats or not hasattr(answer.chats[0], "default_banned_rights"):
            raise refused("CHANNEL_PRIVATE")
        return answer.chats[0]


def _person(user: RemoteUserID) -> tl.PeerUser:
    try:
        peer = ids.sender_peer(user)
    except ids.UnknownID:
        raise refused("USER_ID_INVALID") from None
    if not isinstance(peer, tl.PeerUser):
        raise refused("USER_ID_INVALID")
    return peer
