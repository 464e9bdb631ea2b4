# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker's calls with their types; what each does is said where the worker does it.

All raise `WorkerGone` (the connection is lost: it may have been done) and `WorkerRefused`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridges.whatsapp.linked.channel import Channel
from bridges.whatsapp.wire import values
from bridges.whatsapp.wire.messages import WorkerEvent
from bridges.whatsapp.wire.values import (
    ChatSettings,
    Contact,
    Group,
    LinkedAccount,
    Participant,
    Picture,
    Registered,
    Sent,
    Subgroup,
    UserInfo,
)

Message = Mapping[str, Any]
"""One of WhatsApp's messages in protobuf's JSON form."""

_LINKING = 60.0
_FILES = 600.0


class WorkerClient:
    """Speaks to the worker for the whole bridge.

    `files` is the folder both see: paths given to `upload`, `download` and the picture calls must be in
    it. `account` is a name the bridge chose when it began to link.
    """

    def __init__(self, socket: Path, files: Path) -> None:
        self.files = files
        self._channel = Channel(socket)

    def start(self) -> None:
        """Begin to connect; calls raise `WorkerGone` until there is a connection."""
        self._channel.start()

    async def stop(self) -> None:
        """Let go of the worker, which goes on."""
        await self._channel.stop()

    async def connected(self) -> None:
        """Wait until the worker is there."""
        await self._channel.connected()

    async def gone(self) -> None:
        """Wait until the worker is away."""
        await self._channel.gone()

    def events(self) -> AsyncIterator[WorkerEvent]:
        """Yield what happens, for all accounts; to be taken in one place only."""
        return self._channel.events()

    async def acknowledge(self, event: WorkerEvent) -> None:
        """Say that an event is safe here. Raises nothing: unheard, it comes again."""
        await self._channel.acknowledge(event)

    # Accounts

    async def accounts(self) -> list[LinkedAccount]:
        """Return everybody linked at the worker."""
        return values.read(list[LinkedAccount], await self._channel.call("accounts"))

    async def link(self, account: str) -> None:
        """Begin to link by QR code: events ``qr``, then ``linked`` or ``link_ended``."""
        await self._channel.call("link", account, patience=_LINKING)

    async def link_by_code(self, account: str, phone: str) -> str:
        """Begin to link by a code, and return it: ``ABCD-EFGH``. Events as for `link`."""
        code = await self._channel.call("link_by_code", account, {"phone": phone}, _LINKING)
        return values.read(str, code)

    async def connect(self, account: str) -> None:
        """Connect and stay connected, over restarts of the worker too."""
        await self._channel.call("connect", account)

    async def disconnect(self, account: str) -> None:
        """Disconnect and stay so; ends linking that has not succeeded."""
        await self._channel.call("disconnect", account)

    async def logout(self, account: str) -> None:
        """Unlink the device at WhatsApp and forget it."""
        await self._channel.call("logout", account)

    async def forget(self, account: str) -> None:
        """Forget an account with its events; WhatsApp is not told."""
        await self._channel.call("forget", account)

    # Messages

    async def send(self, account: str, chat: str, message: Message, key: str = "") -> Sent:
        """Send. A call with the same `key` as one before is answered, not sent again."""
        return await self._sent("send", account, {"chat": chat, "message": message, "key": key})

    async def edit(
        self,
        account: str,
        chat: str,
        message_id: str,
        message: Message,
        timestamp_ms: int,
        key: str = "",
    ) -> Sent:
        """Replace the content of an own message; `timestamp_ms` is now."""
        with_ = {"chat": chat, "id": message_id, "message": message, "timestamp_ms": timestamp_ms}
        return await self._sent("edit", account, {**with_, "key": key})

    async def revoke(
        self,
        account: str,
        chat: str,
        sender: str,
        message_id: str,
        key: str = "",
    ) -> Sent:
        """Delete a message for everybody."""
        with_ = {"chat": chat, "sender": sender, "id": message_id, "key": key}
        return await self._sent("revoke", account, with_)

    async def react(
        self,
        account: str,
        chat: str,
        sender: str,
        message_id: str,
        emoji: str,
        *,
        sealed: bool = False,
        key: str = "",
    ) -> Sent:
        """Set the own reaction; an empty one takes it back.

        `sealed` in the group in which a community's administrators tell everybody something.
        """
        with_ = {"chat": chat, "sender": sender, "id": message_id, "emoji": emoji, "key": key}
        return await self._sent("react", account, {**with_, "sealed": sealed})

    async def create_poll(
        self,
        account: str,
        chat: str,
        question: str,
        options: Sequence[str],
        *,
        several: bool,
        key: str = "",
    ) -> Sent:
        """Send a poll."""
        with_ = {"chat": chat, "question": question, "options": list(options), "key": key}
        return await self._sent(
            "create_poll", account, {**with_, "selectable": 0 if several else 1}
        )

    async def vote(
        self,
        account: str,
        chat: str,
        sender: str,
        message_id: str,
        options: Sequence[str],
        *,
        from_me: bool,
        key: str = "",
    ) -> Sent:
        """Vote in the poll that `sender` made in message `message_id`: all options chosen now."""
        with_ = {"chat": chat, "sender": sender, "id": message_id, "from_me": from_me, "key": key}
        return await self._sent("vote", account, {**with_, "options": list(options)})

    async def decrypt_vote(self, account: str, event: Mapping[str, Any]) -> list[str]:
        """Open the vote in a ``message`` event's data: base64 SHA-256 of the chosen options."""
        names = ("chat", "sender", "from_me", "id", "message")
        with_ = {name: event[name] for name in names}
        found = await self._channel.call("decrypt_vote", account, with_)
        return values.read(list[str], found.get("selectedOptions", []))

    async def open_sealed(self, account: str, event: Mapping[str, Any]) -> Message:
        """Open what a ``message`` event has sealed with an earlier message's secret.

        Returns the message it stands for. Raises `WorkerRefused` (``UNREADABLE``).
        """
        names = ("sender", "sender_alt", "from_me", "message")
        with_ = {name: event[name] for name in names}
        found = await self._channel.call("open_sealed", account, with_)
        return values.read(dict[str, Any], found)

    async def mark_read(
        self,
        account: str,
        chat: str,
        sender: str,
        ids: Sequence[str],
        timestamp: int,
        *,
        played: bool = False,
    ) -> None:
        """Tell `sender` that messages were read (or heard) at `timestamp`, Unix seconds."""
        with_ = {"chat": chat, "sender": sender, "ids": list(ids), "timestamp": timestamp}
        await self._channel.call("mark_read", account, {**with_, "played": played})

    # Chats

    async def typing(
        self, account: str, chat: str, *, composing: bool, audio: bool = False
    ) -> None:
        """Show that one writes or records, or has stopped."""
        with_ = {"chat": chat, "composing": composing, "audio": audio}
        await self._channel.call("typing", account, with_)

    async def presence(self, account: str, *, available: bool) -> None:
        """Show oneself online or away. Refused until the account has a push name."""
        await self._channel.call("presence", account, {"available": available})

    async def watch_presence(self, account: str, user: str) -> None:
        """Ask for ``presence`` events of somebody."""
        await self._channel.call("watch_presence", account, {"user": user})

    async def chat_settings(self, account: str, chats: Sequence[str]) -> dict[str, ChatSettings]:
        """Return how chats are set; those the phone never set are left out."""
        found = await self._channel.call("chat_settings", account, {"chats": list(chats)})
        return values.read(dict[str, ChatSettings], found)

    async def set_disappearing(self, account: str, chat: str, seconds: int) -> None:
        """Have messages disappear; WhatsApp knows 0, 86400, 604800 and 7776000."""
        await self._channel.call("set_disappearing", account, {"chat": chat, "seconds": seconds})

    # Files

    async def download(self, account: str, message: Message, into: Path) -> int:
        """Download the file of a message; returns its bytes. ``STATUS_404``, ``STATUS_410``: gone."""
        with_ = {"message": message, "file": self._name(into)}
        return values.read(int, await self._channel.call("download", account, with_, _FILES))

    async def upload(
        self, account: str, path: Path, kind: str, *, newsletter: bool = False
    ) -> dict[str, str]:
        """Upload a file; returns the fields of the message (``URL``, ``mediaKey`` …) and ``handle``.

        `kind` is image, sticker, video, audio, document, thumbnail or sticker-pack.
        """
        with_ = {"file": self._name(path), "kind": kind, "newsletter": newsletter}
        found = await self._channel.call("upload", account, with_, _FILES)
        return values.read(dict[str, str], found)

    # Groups

    async def group(self, account: str, group: str) -> Group:
        """Return one group."""
        return await self._group("group_info", account, {"group": group})

    async def groups(self, account: str) -> list[Group]:
        """Return every group one is in."""
        return values.read(list[Group], await self._channel.call("groups", account))

    async def create_group(
        self, account: str, name: str, members: Sequence[str], *, community: bool = False
    ) -> Group:
        """Create a group or a community."""
        with_ = {"name": name, "members": list(members), "community": community}
        return await self._group("create_group", account, with_)

    async def leave_group(self, account: str, group: str) -> None:
        """Leave a group."""
        await self._channel.call("leave_group", account, {"group": group})

    async def change_members(
        self, account: str, group: str, members: Sequence[str], change: str
    ) -> list[Participant]:
        """Do `change`: add, remove, promote, demote; look at each one's `error`."""
        with_ = {"group": group, "members": list(members), "change": change}
        done = await self._channel.call("change_members", account, with_)
        return values.read(list[Participant], done)

    async def set_group_name(self, account: str, group: str, name: str) -> None:
        """Rename a group."""
        await self._channel.call("set_group_name", account, {"group": group, "name": name})

    async def set_group_topic(self, account: str, group: str, topic: str) -> None:
        """Describe a group."""
        await self._channel.call("set_group_topic", account, {"group": group, "topic": topic})

    async def set_group_photo(self, account: str, group: str, jpeg: Path) -> str:
        """Set a group's picture; returns its id."""
        with_ = {"group": group, "file": self._name(jpeg)}
        return values.read(str, await self._channel.call("set_group_photo", account, with_))

    async def set_group_announce(self, account: str, group: str, *, announce: bool) -> None:
        """Let only administrators write, or everybody."""
        with_ = {"group": group, "announce": announce}
        await self._channel.call("set_group_announce", account, with_)

    async def set_group_locked(self, account: str, group: str, *, locked: bool) -> None:
        """Let only administrators change what describes the group, or everybody."""
        await self._channel.call("set_group_locked", account, {"group": group, "locked": locked})

    async def group_link(self, account: str, group: str, *, revoke: bool = False) -> str:
        """Return the link to join, or make a new one."""
        with_ = {"group": group, "revoke": revoke}
        return values.read(str, await self._channel.call("group_link", account, with_))

    async def join_group(self, account: str, link: str) -> str:
        """Join by link; returns the group's address."""
        return values.read(str, await self._channel.call("join_group", account, {"link": link}))

    async def group_from_link(self, account: str, link: str) -> Group:
        """Return what a link leads to."""
        return await self._group("group_from_link", account, {"link": link})

    async def join_requests(self, account: str, group: str) -> list[str]:
        """Return who waits to be let in."""
        found = await self._channel.call("join_requests", account, {"group": group})
        return values.read(list[str], found)

    async def subgroups(self, account: str, community: str) -> list[Subgroup]:
        """Return a community's groups."""
        found = await self._channel.call("subgroups", account, {"group": community})
        return values.read(list[Subgroup], found)

    async def community_members(self, account: str, community: str) -> list[str]:
        """Return everybody in a community."""
        found = await self._channel.call("community_members", account, {"group": community})
        return values.read(list[str], found)

    # People

    async def contacts(self, account: str) -> list[Contact]:
        """Return every known name. There are no events for changes: ask from time to time."""
        return values.read(list[Contact], await self._channel.call("contacts", account))

    async def user_info(self, account: str, users: Sequence[str]) -> list[UserInfo]:
        """Ask WhatsApp about people."""
        found = await self._channel.call("user_info", account, {"users": list(users)})
        return values.read(list[UserInfo], found)

    async def on_whatsapp(self, account: str, phones: Sequence[str]) -> list[Registered]:
        """Look numbers up; more than a few at once endanger the account."""
        found = await self._channel.call("on_whatsapp", account, {"phones": list(phones)})
        return values.read(list[Registered], found)

    async def lid_of(self, account: str, phone: str) -> str:
        """Return the LID of ``<number>@s.whatsapp.net`` if it is known, else an empty text."""
        return values.read(str, await self._channel.call("lid_of", account, {"phone": phone}))

    async def phone_of(self, account: str, lid: str) -> str:
        """Return the number's address of a LID if it is known, else an empty text."""
        return values.read(str, await self._channel.call("phone_of", account, {"lid": lid}))

    async def picture(
        self,
        account: str,
        of: str,
        *,
        preview: bool = False,
        known: str = "",
        community: bool = False,
    ) -> Picture | None:
        """Return where somebody's or a group's picture is; None: there is none, or it is `known`."""
        with_ = {"of": of, "preview": preview, "known": known, "community": community}
        found = await self._channel.call("picture", account, with_)
        return values.read(Picture, found) if found is not None else None

    async def fetch_picture(
        self, account: str, of: str, into: Path, *, community: bool = False
    ) -> str:
        """Write somebody's or a group's picture into a file; returns its id."""
        with_ = {"of": of, "file": self._name(into), "community": community}
        return values.read(str, await self._channel.call("fetch_picture", account, with_, _FILES))

    async def set_own_picture(self, account: str, jpeg: Path) -> str:
        """Set one's picture; returns its id."""
        with_ = {"file": self._name(jpeg)}
        return values.read(str, await self._channel.call("set_own_picture", account, with_))

    async def set_push_name(self, account: str, name: str) -> None:
        """Set the name one shows to others."""
        await self._channel.call("set_push_name", account, {"name": name})

    async def set_about(self, account: str, text: str) -> None:
        """Set one's about text."""
        await self._channel.call("set_about", account, {"text": text})

    async def blocked(self, account: str) -> list[str]:
        """Return who is blocked."""
        return values.read(list[str], await self._channel.call("blocked", account))

    async def block(self, account: str, user: str, *, block: bool) -> list[str]:
        """Block somebody, or no longer; returns who is blocked then."""
        found = await self._channel.call("block", account, {"user": user, "block": block})
        return values.read(list[str], found)

    async def privacy(self, account: str) -> dict[str, Any]:
        """Return the account's privacy settings."""
        return values.read(dict[str, Any], await self._channel.call("privacy", account))

    # Newsletters

    async def newsletters(self, account: str) -> list[dict[str, Any]]:
        """Return every channel one follows."""
        found = await self._channel.call("newsletters", account)
        return values.read(list[dict[str, Any]], found)

    async def newsletter(self, account: str, newsletter: str) -> dict[str, Any]:
        """Return one channel."""
        found = await self._channel.call("newsletter_info", account, {"newsletter": newsletter})
        return values.read(dict[str, Any], found)

    async def newsletter_messages(
        self, account: str, newsletter: str, count: int, before: int = 0
    ) -> list[dict[str, Any]]:
        """Return messages of a channel before a number (0: the newest)."""
        with_ = {"newsletter": newsletter, "count": count, "before": before}
        found = await self._channel.call("newsletter_messages", account, with_)
        return values.read(list[dict[str, Any]], found)

    async def follow_newsletter(self, account: str, newsletter: str, *, follow: bool) -> None:
        """Follow a channel, or no longer."""
        with_ = {"newsletter": newsletter, "follow": follow}
        await self._channel.call("follow_newsletter", account, with_)

    async def watch_newsletter(self, account: str, newsletter: str) -> int:
        """Ask for ``newsletter_live_update`` events; returns for how many seconds they come."""
        with_ = {"newsletter": newsletter}
        return values.read(int, await self._channel.call("watch_newsletter", account, with_))

    async def react_in_newsletter(
        self, account: str, newsletter: str, server_id: int, emoji: str
    ) -> None:
        """React to a message of a channel; an empty reaction takes it back."""
        with_ = {"newsletter": newsletter, "server_id": server_id, "emoji": emoji}
        await self._channel.call("newsletter_react", account, with_)

    async def _sent(self, name: str, account: str, arguments: Mapping[str, Any]) -> Sent:
        return values.read(Sent, await self._channel.call(name, account, arguments, 120.0))

    async def _group(self, name: str, account: str, arguments: Mapping[str, Any]) -> Group:
        return values.read(Group, await self._channel.call(name, account, arguments))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.files))
