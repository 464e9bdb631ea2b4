# SPDX-License-Identifier: AGPL-3.0-or-later
"""neonize (whatsmeow) as it comes from PyPI, for several accounts in one process."""

import asyncio
import base64
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from neonize._binder import ProxySettings
from neonize.aioze import events
from neonize.aioze.client import NewAClient
from neonize.proto.Neonize_pb2 import GroupParent, NewsletterRole
from neonize.utils.enum import (
    ChatPresence,
    ChatPresenceMedia,
    ParticipantChange,
    ReceiptType,
)
from neonize.utils.jid import Jid2String, build_jid

from tests.sandbox_whatsapp.peer_protocol import serve, tell


class Accounts:
    """The clients by the names the test gives them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clients: dict[str, Any] = {}
        self._messages: dict[str, Any] = {}

    async def connect(self, who: str) -> None:
        client = NewAClient(str(self._folder / f"{who}.db"), uuid=who)
        self._clients[who] = client
        for name in events.__all__:
            if name != "QREv":
                client.event(getattr(events, name))(self._teller(who, name))

        async def show(_: Any, code: bytes) -> None:
            tell("qr", who=who, code=code.decode())

        client.event.qr(show)
        await client.connect(ProxySettings(proxy_address=os.environ["https_proxy"]))

    def _teller(self, who: str, name: str) -> Any:
        async def handle(_: Any, event: Any) -> None:
            fields: dict[str, Any] = {"who": who}
            if name == "MessageEv":
                self._messages[event.Info.ID] = event
                message = event.Message
                source = event.Info.MessageSource
                fields |= {
                    "id": event.Info.ID,
                    "text": message.conversation or message.extendedTextMessage.text,
                    "chat": Jid2String(source.Chat),
                    "from_me": source.IsFromMe,
                    "name": event.Info.Pushname,
                    "file": message.documentMessage.fileName,
                }
            else:
                fields["said"] = str(event)
            tell(name.removesuffix("Ev"), **fields)

        return handle

    async def pair_code(self, who: str, phone: str) -> str:
        return str(await self._clients[who].PairPhone(phone, False))

    async def send(self, who: str, to: str, text: str) -> str:
        return str((await self._clients[who].send_message(_jid(to), text)).ID)

    async def send_file(self, who: str, to: str, data: str, name: str) -> str:
        client = self._clients[who]
        message = await client.build_document_message(
            base64.b64decode(data), filename=name, mimetype="application/octet-stream"
        )
        return str((await client.send_message(_jid(to), message)).ID)

    async def download(self, who: str, id: str) -> str:  # noqa: A002
        data = await self._clients[who].download_any(self._messages[id].Message)
        return base64.b64encode(data).decode()

    async def read(self, who: str, id: str) -> None:  # noqa: A002
        source = self._messages[id].Info.MessageSource
        await self._clients[who].mark_read(
            id, chat=source.Chat, sender=source.Sender, receipt=ReceiptType.READ
        )

    async def type(self, who: str, to: str) -> None:
        await self._clients[who].send_chat_presence(
            _jid(to),
            ChatPresence.CHAT_PRESENCE_COMPOSING,
            ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
        )

    async def create_group(self, who: str, subject: str, members: list[str]) -> str:
        group = await self._clients[who].create_group(subject, [_jid(one) for one in members])
        return str(Jid2String(group.JID))

    async def participants(self, who: str, group: str, members: list[str], change: str) -> None:
        await self._clients[who].update_group_participants(
            _jid(group), [_jid(one) for one in members], ParticipantChange[change]
        )

    async def rename_group(self, who: str, group: str, subject: str) -> None:
        await self._clients[who].set_group_name(_jid(group), subject)

    async def announce_group(self, who: str, group: str, announce: bool) -> None:
        await self._clients[who].set_group_announce(_jid(group), announce)

    async def group(self, who: str, group: str) -> dict[str, Any]:
        info = await self._clients[who].get_group_info(_jid(group))
        return {
            "subject": info.GroupName.Name,
            "announce": info.GroupAnnounce.IsAnnounce,
            "community": str(Jid2String(info.GroupLinkedParent.LinkedParentJID)),
            "incognito": info.GroupIncognito.IsIncognito,
            "members": {one.PhoneNumber.User: one.IsAdmin for one in info.Participants},
        }

    async def create_community(self, who: str, subject: str) -> str:
        parent = GroupParent(IsParent=True, DefaultMembershipApprovalMode="request_required")
        group = await self._clients[who].create_group(subject, [], group_parent=parent)
        return str(Jid2String(group.JID))

    async def link_group(self, who: str, community: str, group: str, linked: bool) -> None:
        client = self._clients[who]
        change = client.link_group if linked else client.unlink_group
        await change(_jid(community), _jid(group))

    async def community(self, who: str, community: str) -> dict[str, Any]:
        client, jid = self._clients[who], _jid(community)
        groups = await client.get_sub_groups(jid)
        return {
            "is_one": (await client.get_group_info(jid)).GroupParent.IsParent,
            "groups": {
                str(Jid2String(one.JID)): one.GroupIsDefaultSub.IsDefaultSubGroup for one in groups
            },
        }

    async def open_channel(self, who: str, name: str, about: str) -> str:
        made = await self._clients[who].create_newsletter(name, about, b"")
        return str(Jid2String(made.ID))

    async def follow(self, who: str, channel: str, follow: bool) -> None:
        client = self._clients[who]
        change = client.follow_newsletter if follow else client.unfollow_newsletter
        await change(_jid(channel))

    async def mute_channel(self, who: str, channel: str, muted: bool) -> None:
        await self._clients[who].newsletter_toggle_mute(_jid(channel), muted)

    async def channels(self, who: str) -> dict[str, str]:
        found = await self._clients[who].get_subscribed_newletters()
        return {str(Jid2String(one.ID)): one.ThreadMeta.Name.Text for one in found}

    async def channel(self, who: str, channel: str) -> dict[str, Any]:
        found = await self._clients[who].get_newsletter_info(_jid(channel))
        about = found.ThreadMeta
        return {
            "name": about.Name.Text,
            "about": about.Description.Text,
            "followers": about.SubscriberCount,
            "role": NewsletterRole.Name(found.ViewerMeta.Role),
        }

    async def posts(self, who: str, channel: str) -> list[dict[str, Any]]:
        found = await self._clients[who].get_newsletter_messages(_jid(channel), 50, 0)
        return [
            {
                "number": one.MessageServerID,
                "text": one.Message.extendedTextMessage.text or one.Message.conversation,
                "views": one.ViewsCount,
                "reactions": {react.type: react.count for react in one.ReactionCounts},
            }
            for one in found
        ]

    async def watch_channel(self, who: str, channel: str) -> int:
        return int(await self._clients[who].newsletter_subscribe_live_updates(_jid(channel)))

    async def react_in_channel(self, who: str, channel: str, number: int, emoji: str) -> None:
        client = self._clients[who]
        new = await client.generate_message_id()
        await client.newsletter_send_reaction(_jid(channel), number, emoji, new)

    async def revoke(self, who: str, chat: str, id: str) -> None:  # noqa: A002
        client = self._clients[who]
        await client.revoke_message(_jid(chat), (await client.get_me()).JID, id)

    async def save_contact(self, who: str, whom: str, name: str) -> None:
        await self._clients[who].contact.put_contact_name(_jid(whom), name, name)

    async def invite_link(self, who: str, group: str) -> str:
        return str(await self._clients[who].get_group_invite_link(_jid(group)))

    async def join(self, who: str, link: str) -> str:
        return str(Jid2String(await self._clients[who].join_group_with_link(link)))

    async def leave(self, who: str, group: str) -> None:
        await self._clients[who].leave_group(_jid(group))

    async def set_group_picture(self, who: str, group: str, data: str) -> str:
        return str(await self._clients[who].set_group_photo(_jid(group), base64.b64decode(data)))

    async def picture(self, who: str, of: str) -> str:
        return str((await self._clients[who].get_profile_picture(_jid(of))).DirectPath)

    async def watch(self, who: str, whom: str) -> None:
        await self._clients[who].subscribe_presence(_jid(whom))

    async def pinned(self, who: str, chat: str) -> bool:
        settings = await self._clients[who].chat_settings.get_chat_settings(_jid(chat))
        return bool(settings.Pinned)

    async def disconnect(self, who: str) -> None:
        await self._clients[who].disconnect()

    async def reconnect(self, who: str) -> None:
        await self._clients[who].stop()
        await self.connect(who)


def _jid(text: str) -> Any:
    user, _, server = text.partition("@")
    return build_jid(user.removeprefix("+"), server or "s.whatsapp.net")


async def _main() -> None:
    # Every client blocks one thread for as long as it lives.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    accounts = Accounts(Path(sys.argv[1]))
    names = [name for name in vars(Accounts) if not name.startswith("_")]
    await serve({name: getattr(accounts, name) for name in names})


asyncio.run(_main())
