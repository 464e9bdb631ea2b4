# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does on FakeNetwork, and what they find in their chats."""

from datetime import timedelta

from bridges.core.chat import NO_AVATAR, ChatKind
from bridges.core.content import (
    FormattedText,
    MediaInfo,
    MediaKind,
    Poll,
    PollAnswer,
    RemotePart,
    Text,
)
from bridges.core.ids import MessageID
from bridges.core.rights import EVERYBODY
from tests.fakes import polls
from tests.fakes.faults import Faults
from tests.fakes.hosting import CREATOR, Hosting
from tests.fakes.phone_topology import TopologyPhone
from tests.fakes.world import Account, Chat, Message, World


class FakePhone(TopologyPhone):
    """A person's own client. Everything happens at once.

    Attributes:
        account: the person.
        hosting: what they do to groups and channels.
    """

    def __init__(self, world: World, account: Account) -> None:
        self.account = account
        self.hosting = Hosting(world, account)
        self._world = world

    @property
    def faults(self) -> Faults:
        """Errors that wait for requests of this person's session in the bridge."""
        return self.account.faults

    # -- Chats

    def chat_with(self, other: "FakePhone") -> Chat:
        """The direct chat with somebody."""
        return self._world.direct(self.account.user, other.account.user)

    def creates(self, kind: ChatKind, title: str, *others: "FakePhone") -> Chat:
        """Make a group or channel with these people in it."""
        members = {self.account.user: CREATOR}
        members |= {one.account.user: EVERYBODY for one in others}
        chat = self._world.add_chat(kind, title, members)
        self._world.change_chat(chat)
        return chat

    def saves(self, other: "FakePhone", name: str) -> None:
        """Put somebody into the own address book."""
        self.account.contacts[other.account.user] = name
        self._world.change_chat(self.chat_with(other))

    # -- Messages

    def says(
        self,
        chat: Chat,
        body: str,
        html: str | None = None,
        *,
        reply_to: MessageID | None = None,
    ) -> Message:
        """Write a text."""
        part = Text(FormattedText(body, html))
        return self._world.post(chat, self.account.user, (part,), reply_to)

    def sends_file(
        self,
        chat: Chat,
        data: bytes,
        info: MediaInfo,
        kind: MediaKind = MediaKind.FILE,
        caption: str | None = None,
    ) -> Message:
        """Send a file."""
        words = None if caption is None else FormattedText(caption)
        part: RemotePart = self._world.keep_file(data, kind, info, words)
        return self._world.post(chat, self.account.user, (part,))

    def edits(self, chat: Chat, message: MessageID, body: str, html: str | None = None) -> None:
        """Change a text."""
        parts = (Text(FormattedText(body, html)),)
        self._world.edit(chat, chat.messages[message], parts)

    def deletes(self, chat: Chat, message: MessageID) -> None:
        """Delete for everybody."""
        self._world.delete(chat, message, self.account.user)

    def reacts(self, chat: Chat, message: MessageID, *emojis: str) -> None:
        """Set own reactions; none removes them."""
        self._world.react(chat, chat.messages[message], self.account.user, emojis)

    def reads(self, chat: Chat, up_to: MessageID) -> None:
        """Read up to a message."""
        self._world.read(chat, self.account.user, up_to)

    def types(self, chat: Chat, typing: bool = True) -> None:
        """Begin or stop to type."""
        self._world.type(chat, self.account.user, typing)

    def lets_messages_disappear(self, chat: Chat, seconds: int) -> None:
        """Have new messages disappear after some time."""
        chat.lifetime = timedelta(seconds=seconds)

    # -- Polls

    def asks(
        self,
        chat: Chat,
        question: str,
        *answers: str,
        max_selections: int = 1,
        anonymous: bool = False,
    ) -> Message:
        """Begin a poll."""
        given = tuple(PollAnswer(f"a{number}", text) for number, text in enumerate(answers))
        poll = Poll(question, given, max_selections)
        asked = self._world.post(chat, self.account.user, (poll,))
        asked.poll_anonymous = anonymous
        return asked

    def votes(self, chat: Chat, message: MessageID, *answers: str) -> None:
        """Choose answers by their text; none takes the vote back."""
        found = chat.messages[message]
        ids = [one.id for one in polls.poll_of(found).answers if one.text in answers]
        polls.vote(self._world, chat, found, self.account.user, ids)

    def ends_poll(self, chat: Chat, message: MessageID) -> None:
        """End an own poll."""
        polls.end(self._world, chat, chat.messages[message], self.account.user)

    # -- Account

    def is_called(self, name: str) -> None:
        """Change the name."""
        self.account.name = name
        self._world.change_account(self.account)

    def shows(self, picture: bytes | None) -> None:
        """Change or remove the picture."""
        account = self.account
        account.avatar = NO_AVATAR if picture is None else self._world.keep_avatar(picture)
        self._world.change_account(account)

    def deletes_account(self) -> None:
        """Leave the network for ever."""
        self.account.deleted = True
        self._world.change_account(self.account)

    def ends_sessions(self) -> None:
        """Log all other devices out."""
        self._world.revoke(self.account)
