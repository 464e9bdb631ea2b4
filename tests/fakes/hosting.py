# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody does to a chat of FakeNetwork: its properties, members, rights and pins.

Used by phones and by sessions of the bridge alike. Whoever lacks the right gets `Rejected`.
"""

from collections.abc import Iterable, Mapping

from attrs import evolve

from bridges.core.chat import NO_AVATAR
from bridges.core.errors import Rejected
from bridges.core.events import ChatGone, RemotePins
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.rights import EVERYBODY, RESTRICTED, ChatRights
from bridges.core.text import user_text
from tests.fakes.world import Account, Chat, World

CREATOR = 95
ADMIN = 70
"""Most administrators may not remove what others wrote, nor make others administrators."""
FULL_ADMIN = 90
"""Some may do everything."""


class Hosting:
    """One person's hands on chats."""

    def __init__(self, world: World, account: Account) -> None:
        self._world = world
        self._account = account

    # -- Properties

    def rename(self, chat: Chat, title: str) -> None:
        """Give a chat another title."""
        self._require(chat, chat.rights.name)
        if not title:
            raise Rejected("FAKE.NO_TITLE", user_text("A group must have a name."))
        chat.title = title
        self._world.change_chat(chat)

    def describe(self, chat: Chat, topic: str) -> None:
        """Give a chat another description."""
        self._require(chat, chat.rights.topic)
        chat.topic = topic
        self._world.change_chat(chat)

    def picture(self, chat: Chat, picture: bytes | None) -> None:
        """Give a chat another picture, or none."""
        self._require(chat, chat.rights.avatar)
        chat.avatar = NO_AVATAR if picture is None else self._world.keep_avatar(picture)
        self._world.change_chat(chat)

    # -- Members

    def add(self, chat: Chat, user: RemoteUserID) -> None:
        """Bring somebody in."""
        self._require(chat, chat.rights.invite)
        if user in chat.banned:
            raise Rejected("FAKE.BANNED", user_text("This person is banned."))
        chat.members.setdefault(user, EVERYBODY)
        self._world.change_chat(chat)

    def remove(self, chat: Chat, user: RemoteUserID) -> None:
        """Take somebody out; they may come back."""
        self._require_above(chat, chat.rights.kick, user)
        self._take_out(chat, user)

    def ban(self, chat: Chat, user: RemoteUserID) -> None:
        """Take somebody out for good."""
        self._require_above(chat, chat.rights.ban, user)
        chat.banned.add(user)
        self._take_out(chat, user)

    def unban(self, chat: Chat, user: RemoteUserID) -> None:
        """Let somebody come back who was banned."""
        self._require(chat, chat.rights.ban)
        chat.banned.discard(user)
        self._world.change_chat(chat)

    def leave(self, chat: Chat) -> None:
        """Go."""
        self._take_out(chat, self._account.user)

    def _take_out(self, chat: Chat, user: RemoteUserID) -> None:
        if chat.members.pop(user, None) is not None:
            account = self._world.accounts[user]
            self._world.tell(account, ChatGone(self._world.key(chat, account)))
            if chat.space is not None:
                self._world.tell(account, ChatGone(ChatKey(chat.space)))
        self._world.change_chat(chat)

    # -- Rights

    def set_power(
        self, chat: Chat, powers: Mapping[RemoteUserID, int], rights: ChatRights | None = None
    ) -> None:
        """Make members administrators, ordinary or restricted; change what everybody may do."""
        self._require(chat, chat.rights.promote)
        for user, power in powers.items():
            if user not in chat.members:
                raise Rejected("FAKE.NO_MEMBER", user_text("This person is not in the chat."))
            chat.members[user] = max(RESTRICTED, min(power, FULL_ADMIN))
        chat.rights = rights or chat.rights
        self._world.change_chat(chat)

    def lock(self, chat: Chat, locked: bool) -> None:
        """Let only administrators write, or everybody."""
        write = ADMIN if locked else EVERYBODY
        self.set_power(chat, {}, evolve(chat.rights, write=write))

    # -- Pins

    def pin(self, chat: Chat, messages: Iterable[MessageID]) -> None:
        """Pin messages."""
        self._require(chat, chat.rights.pins)
        added = [one for one in messages if one in chat.messages and one not in chat.pinned]
        chat.pinned += added
        self._tell_pins(chat, added, pinned=True)

    def unpin(self, chat: Chat, messages: Iterable[MessageID]) -> None:
        """Take pins away."""
        self._require(chat, chat.rights.pins)
        gone = [one for one in messages if one in chat.pinned]
        chat.pinned = [one for one in chat.pinned if one not in gone]
        self._tell_pins(chat, gone, pinned=False)

    def unpin_all(self, chat: Chat) -> None:
        """Take all pins away."""
        self.unpin(chat, list(chat.pinned))

    def _tell_pins(self, chat: Chat, messages: list[MessageID], *, pinned: bool) -> None:
        if messages:
            told = tuple(messages)
            self._world.publish(
                chat, lambda who: RemotePins(self._world.key(chat, who), told, pinned)
            )

    # -- Inside

    def _require(self, chat: Chat, level: int) -> None:
        if chat.members.get(self._account.user, RESTRICTED) < level:
            raise Rejected("FAKE.NOT_ALLOWED", user_text("You have no right to do that."))

    def _require_above(self, chat: Chat, level: int, user: RemoteUserID) -> None:
        self._require(chat, level)
        if chat.members.get(user, RESTRICTED) >= chat.members[self._account.user]:
            raise Rejected("FAKE.NOT_ALLOWED", user_text("You have no power over this person."))
