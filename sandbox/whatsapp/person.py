# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody who uses the network: a genuine client with a memory of what it has received."""

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from attrs import frozen
from cryptography.exceptions import InvalidTag
from pyaileys.proto import WAProto_pb2
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.history import OldChat, OldMessage
from sandbox.whatsapp.jids import LID_SERVER, Jid
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.person_channels import ChannelDoings
from sandbox.whatsapp.person_client import Arrival, PersonClient, element
from sandbox.whatsapp.person_communities import CommunityDoings
from sandbox.whatsapp.person_files import Files
from sandbox.whatsapp.person_groups import GroupDoings
from sandbox.whatsapp.person_polls import answer_hash, opened, seal, seal_change, seal_reaction
from sandbox.whatsapp.person_settings import SettingDoings
from sandbox.whatsapp.person_status import StatusDoings
from sandbox.whatsapp.person_view import Shown, View, unwrapped
from sandbox.whatsapp.records import Account, Device

_SECRET = 32
_MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "ptv",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "contactMessage": "vcard",
}
_Protocol = WAProto_pb2.Message.ProtocolMessage
_CHANGED, _TAKEN_AWAY, _TAKEN_AWAY_BY_ADMIN = "1", "7", "8"


@frozen
class Typing:
    """Somebody's state in a chat: composing or paused."""

    chat: Jid
    person: str
    state: str


class Person:
    """A person with a linked device of their own. Chats are named by `Jid`, direct ones by LID.

    Attributes:
        view: the chats as they are now.
        typing: what was said about typing, oldest first.
        groups: groups and pictures.
        communities: what gathers groups.
        channels: what many follow and few write.
        status: posts that are seen for a day.
        settings: what is set for chats, and contacts.
        files: the media host.
    """

    def __init__(
        self,
        account: Account,
        accounts: Accounts,
        url: str,
        media: str,
        scan: Callable[[str], None],
        share_key: Callable[[Device], Awaitable[None]],
        random_bytes: RandomBytes,
    ) -> None:
        self.account = account
        self.view = View()
        self.typing: list[Typing] = []
        self.files = Files(media)
        self._accounts = accounts
        self._random = random_bytes
        self.client = PersonClient(
            account, accounts, url, scan=scan, arrived=self._arrived, heard=self._heard
        )
        self.groups = GroupDoings(self.client, self.files, random_bytes)
        self.communities = CommunityDoings(self.client, random_bytes)
        self.channels = ChannelDoings(self.client, self.files)
        self.status = StatusDoings(self.client, self.files, random_bytes, self._show)
        self.settings = SettingDoings(
            self.client, lambda: share_key(self.client.device), random_bytes
        )

    async def start(self) -> None:
        """Connect and be there for others."""
        await self.client.start()
        await self.client.tell("presence", {"type": "available", "name": self.account.name})

    async def close(self) -> None:
        """Disconnect."""
        await self.client.close()

    @property
    def jid(self) -> Jid:
        """The own address by LID."""
        return self.account.jid()

    # -- messages

    async def send(
        self,
        chat: Jid,
        text: str,
        *,
        reply_to: Shown | None = None,
        mentions: Iterable[Jid] = (),
    ) -> Shown:
        """Write a text; `*bold*` and the like are for clients to make something of."""
        message = WAProto_pb2.Message()
        message.extendedTextMessage.text = text
        context = message.extendedTextMessage.contextInfo
        context.mentionedJid.extend(map(str, mentions))
        if reply_to is not None:
            context.stanzaId = reply_to.id
            context.participant = str(reply_to.wire_author)
            context.quotedMessage.CopyFrom(reply_to.message)
        return await self.send_message(chat, message)

    async def send_file(self, chat: Jid, part: str, data: bytes, mime: str, **fields: Any) -> Shown:
        """Send a file; `part` is the name in ``Message`` and `fields` are more of its fields."""
        message = WAProto_pb2.Message()
        about = await self.files.put(_kind_of(part), data, mime)
        about["mediaKeyTimestamp"] = int(time.time())
        holder = message
        if part == "documentMessage" and fields.get("caption"):
            holder = message.documentWithCaptionMessage.message
        for name, value in (about | fields).items():
            setattr(getattr(holder, part), name, value)
        return await self.send_message(chat, message)

    async def send_place(self, chat: Jid, latitude: float, longitude: float, name: str) -> Shown:
        """Send a place on the map."""
        message = WAProto_pb2.Message()
        message.locationMessage.degreesLatitude = latitude
        message.locationMessage.degreesLongitude = longitude
        message.locationMessage.name = name
        return await self.send_message(chat, message)

    async def send_contact(self, chat: Jid, name: str, vcard: str) -> Shown:
        """Send somebody's card."""
        message = WAProto_pb2.Message()
        message.contactMessage.displayName = name
        message.contactMessage.vcard = vcard
        return await self.send_message(chat, message)

    async def send_poll(
        self, chat: Jid, question: str, *answers: str, max_selections: int = 1
    ) -> Shown:
        """Begin a poll; 0 selections means any number."""
        message = WAProto_pb2.Message()
        poll = message.pollCreationMessageV3 if max_selections == 1 else message.pollCreationMessage
        poll.name = question
        poll.selectableOptionsCount = max_selections
        for answer in answers:
            poll.options.add().optionName = answer
        return await self.send_message(chat, message, kind="poll")

    async def send_message(self, chat: Jid, message: Any, *, kind: str = "") -> Shown:
        """Send any message and return it as it is shown here."""
        message.messageContextInfo.messageSecret = self._random(_SECRET)
        part = next((one for one in _MEDIA if unwrapped(message).HasField(one)), "")
        await self._with_timer(chat, message)
        sent = await self.client.send(
            chat, message, kind=kind or ("media" if part else "text"), media=_MEDIA.get(part, "")
        )
        shown = self._show(sent, chat, message)
        assert shown is not None
        return shown

    async def edit(self, shown: Shown, text: str, *, sealed: bool = False) -> None:
        """Change an own text or caption; `sealed` as newer apps do, which pyaileys cannot read."""
        changed = WAProto_pb2.Message()
        if shown.file is None:
            changed.extendedTextMessage.text = text
        else:
            getattr(changed, shown.file_kind).CopyFrom(shown.file)
            getattr(changed, shown.file_kind).caption = text
        message = self._about(shown, _Protocol.MESSAGE_EDIT)
        message.protocolMessage.editedMessage.CopyFrom(changed)
        message.protocolMessage.timestampMs = int(time.time() * 1000)
        if sealed:
            key = message.protocolMessage.key
            message = seal_change(shown.id, self.jid, shown.secret, message, self._random)
            message.secretEncryptedMessage.targetMessageKey.CopyFrom(key)
        self._show(await self.client.send(shown.chat, message, edit=_CHANGED), shown.chat, message)

    async def revoke(self, shown: Shown) -> None:
        """Take a message away for everybody; others' only as an administrator of the group."""
        message = self._about(shown, _Protocol.REVOKE)
        edit = _TAKEN_AWAY if shown.mine else _TAKEN_AWAY_BY_ADMIN
        self._show(await self.client.send(shown.chat, message, edit=edit), shown.chat, message)

    async def react(self, shown: Shown, emoji: str | None, *, sealed: bool = False) -> None:
        """Have this as the only reaction, or none; `sealed` in a community's announcements."""
        message = WAProto_pb2.Message()
        message.reactionMessage.key.CopyFrom(self._key(shown))
        message.reactionMessage.text = emoji or ""
        message.reactionMessage.senderTimestampMs = int(time.time() * 1000)
        if sealed:
            inside = message.reactionMessage
            message = seal_reaction(
                shown.id, shown.wire_author, shown.secret, self.jid, inside, self._random
            )
        sent = await self.client.send(shown.chat, message, kind="reaction")
        self._show(sent, shown.chat, message)

    async def pin(self, shown: Shown, *, pinned: bool = True) -> None:
        """Pin a message for everybody, or take the pin away."""
        message = WAProto_pb2.Message()
        pin = message.pinInChatMessage
        pin.key.CopyFrom(self._key(shown))
        kinds = WAProto_pb2.Message.PinInChatMessage
        pin.type = kinds.PIN_FOR_ALL if pinned else kinds.UNPIN_FOR_ALL
        pin.senderTimestampMs = int(time.time() * 1000)
        self._show(await self.client.send(shown.chat, message, edit="2"), shown.chat, message)

    async def vote(self, shown: Shown, *answers: str) -> None:
        """Choose answers of a poll by their text; none takes the vote back."""
        message = WAProto_pb2.Message()
        update = message.pollUpdateMessage
        update.pollCreationMessageKey.CopyFrom(self._key(shown))
        chosen = [answer_hash(one) for one in answers]
        vote = seal(shown.id, shown.wire_author, shown.secret, self.jid, chosen, self._random)
        update.vote.CopyFrom(vote)
        update.senderTimestampMs = int(time.time() * 1000)
        await self.client.send(shown.chat, message, kind="poll")
        shown.votes[self.account.lid] = frozenset(chosen)

    def votes(self, shown: Shown) -> dict[str, frozenset[str]]:
        """What everybody has chosen in a poll, by LID."""
        names = {answer_hash(one.optionName): one.optionName for one in shown.poll.options}
        return {
            voter: frozenset(names[one] for one in chosen if one in names)
            for voter, chosen in shown.votes.items()
            if chosen
        }

    async def let_disappear(self, chat: Jid, seconds: int) -> None:
        """Have new messages of a chat disappear after some seconds; 0 lets them stay."""
        if chat.is_group:
            await self.groups.let_disappear(chat, seconds)
            return
        message = WAProto_pb2.Message()
        message.protocolMessage.type = _Protocol.EPHEMERAL_SETTING
        message.protocolMessage.ephemeralExpiration = seconds
        self._show(await self.client.send(chat, message), chat, message)

    async def download(self, shown: Shown) -> bytes:
        """The file of a message."""
        return await self.files.get(shown)

    async def past(self) -> list[OldChat]:
        """All chats, as the phone hands them to a new device."""
        chats = []
        for chat in self.view.chats():
            name = (await self.groups.see(chat)).subject if chat.is_group else ""
            shown = self.view.messages(chat)
            unread = [one for one in shown if not one.mine and self.account.lid not in one.read_by]
            old = [_old(one) for one in reversed(shown)]
            known = self.settings.known(chat)
            other = None if chat.is_group else self._accounts.at(chat)
            chats.append(
                OldChat(
                    chat,
                    name,
                    old,
                    len(unread),
                    known.archived,
                    known.pinned,
                    known.muted,
                    owner=self.jid,
                    number=None if other is None else other.jid(lid=False),
                )
            )
        return chats

    # -- being there

    async def read(self, shown: Shown) -> None:
        """Tell the author, and the own devices, that the chat was read up to a message."""
        chat = self.view.messages(shown.chat)
        unread = [
            one
            for one in chat[: chat.index(shown) + 1]
            if not one.mine and self.account.lid not in one.read_by
        ]
        for one in unread or ([] if shown.mine else [shown]):
            attrs = {"id": one.id, "type": "read", "to": str(one.chat)}
            if one.chat.is_shared:
                attrs["participant"] = str(one.wire_author)
            else:
                attrs["to"] = str(one.wire_author)
            await self.client.tell("receipt", {**attrs, "t": str(int(time.time()))})
            one.read_by.add(self.account.lid)

    async def type(self, chat: Jid, *, typing: bool = True) -> None:
        """Begin to type, or stop."""
        state = element("composing" if typing else "paused")
        await self.client.tell("chatstate", {"to": str(chat), "from": str(self.jid)}, state)

    async def rename(self, name: str) -> None:
        """Change the own name, which others see with the next message."""
        await self.client.tell("presence", {"type": "available", "name": name})

    # -- how it works

    def _about(self, shown: Shown, kind: int) -> Any:
        message = WAProto_pb2.Message()
        message.protocolMessage.key.CopyFrom(self._key(shown))
        message.protocolMessage.type = kind
        return message

    def _key(self, shown: Shown) -> Any:
        key = WAProto_pb2.MessageKey(remoteJid=str(shown.chat), fromMe=shown.mine, id=shown.id)
        if shown.chat.is_shared:
            key.participant = str(shown.wire_author)
        return key

    async def _with_timer(self, chat: Jid, message: Any) -> None:
        seconds = self.view.timers.get(chat, 0)
        if chat.is_group:
            seconds = (await self.groups.see(chat)).expiration
        if seconds and message.HasField("extendedTextMessage"):
            message.extendedTextMessage.contextInfo.expiration = seconds

    def _show(self, message_id: str, chat: Jid, message: Any) -> Shown | None:
        now = int(time.time())
        self.view.take(Arrival(message_id, chat, self.jid, self.jid, message, now, mine=True))
        return self.view.find(chat, message_id)

    def _arrived(self, arrival: Arrival) -> None:
        self.view.take(arrival)
        for voted, update in self.view.poll_votes:
            self._count(voted, update)
        self.view.poll_votes.clear()

    def _count(self, voted: Arrival, update: Any) -> None:
        shown = self.view.find(voted.chat, update.pollCreationMessageKey.id)
        if shown is None:
            return
        for author in (shown.wire_author, shown.author):
            for voter in (voted.wire_author, voted.author):
                try:
                    chosen = opened(shown.id, author, shown.secret, voter, update.vote)
                except InvalidTag:
                    continue
                shown.votes[voted.author.user] = chosen
                return

    def _heard(self, stanza: BinaryNode) -> None:
        if stanza.tag == "message":
            self.channels.take(stanza)
        elif stanza.tag == "receipt" and stanza.attrs.get("type") == "read":
            self._was_read(stanza)
        elif stanza.tag == "chatstate" and isinstance(stanza.content, list):
            sender = Jid.parse(stanza.attrs.get("participant") or stanza.attrs["from"])
            person = self.client.lid(sender).bare
            chat = Jid.parse(stanza.attrs["from"])
            where = chat if chat.is_group else person
            self.typing.append(Typing(where, person.user, stanza.content[0].tag))

    def _was_read(self, stanza: BinaryNode) -> None:
        ids = [stanza.attrs["id"]]
        for one in stanza.content if isinstance(stanza.content, list) else ():
            ids += [item.attrs["id"] for item in one.content or ()]
        reader = Jid.parse(stanza.attrs.get("participant") or stanza.attrs["from"])
        self.view.read(self.client.lid(reader).bare, ids)


def _old(one: Shown) -> OldMessage:
    message = WAProto_pb2.Message()
    message.CopyFrom(one.message)
    if one.secret:
        message.messageContextInfo.messageSecret = one.secret
    author = one.author if one.chat.is_group and not one.mine else None
    reactions = {Jid(lid, LID_SERVER): emoji for lid, emoji in one.reactions.items()}
    return OldMessage(one.id, one.text, one.time, one.mine, author, message, reactions)


def _kind_of(part: str) -> str:
    return "video" if part == "ptvMessage" else part.removesuffix("Message")
