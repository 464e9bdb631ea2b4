# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session may be able to do beyond the contract; the core asks with ``isinstance``.

Each method may raise the errors of ``bridges.core.errors``. What a session cannot do is answered to
the person with a message status, never dropped.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.chat import ChatSettings, Identity, KnownChat
from bridges.core.content import Fetched, RemoteMedia, Unconvertible
from bridges.core.events import RemoteReactions, RemoteReceipt, VotesOf
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.outgoing import (
    MessageTemplate,
    OutgoingEdit,
    OutgoingReactions,
    OutgoingReceipt,
    OutgoingRedaction,
    OutgoingVote,
)


@runtime_checkable
class HandlesEdits(Protocol):
    """Messages can be changed after they were sent."""

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """Replace a message's text; success if it has that text already.

        Returns the stamps that the edits have (``RemoteEdit.stamp``), by which the network's echo of
        them is known, where the network has told them.
        """
        ...


@runtime_checkable
class HandlesRedactions(Protocol):
    """Messages can be removed for everyone."""

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """Remove messages; success if they are gone already."""
        ...


@runtime_checkable
class HandlesReactions(Protocol):
    """Messages can be reacted to."""

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """Set the person's reactions; returns those in effect, which may be fewer."""
        ...


@runtime_checkable
class HandlesPolls(Protocol):
    """There are polls: ``send`` takes them, and these vote in them."""

    async def vote(self, vote: OutgoingVote) -> None:
        """Choose answers of a poll; success if they are chosen already."""
        ...

    async def end_poll(self, chat: ChatKey, poll: MessageID) -> None:
        """End an own poll; success if it has ended already."""
        ...

    async def poll_votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """How people have voted in a poll that is not anonymous, as far as it is told."""
        ...


@runtime_checkable
class ListsReactions(Protocol):
    """Who reacts to a message can be asked for."""

    async def reactions_to(self, chat: ChatKey, message: MessageID) -> RemoteReactions:
        """Everybody's reactions, complete as far as the network tells. Raises ``Rejected``."""
        ...


@runtime_checkable
class HandlesReceipts(Protocol):
    """The network is told what was read."""

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """Mark a chat as read up to a message."""
        ...


@runtime_checkable
class HandlesTyping(Protocol):
    """The network is told who types."""

    @property
    def typing_lasts(self) -> float:
        """Seconds after which the network forgets that somebody types, unless it is told again."""
        ...

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """Say that the person is typing, or has stopped."""
        ...


@runtime_checkable
class HandlesChatSettings(Protocol):
    """What a person sets for a chat is kept by the network."""

    async def set_settings(self, chat: ChatKey, settings: ChatSettings) -> ChatSettings:
        """Set what is known in ``settings``; returns what of it the network keeps for this chat."""
        ...


@runtime_checkable
class HandlesTopics(Protocol):
    """Groups can have sub-chats that people begin."""

    async def new_topic(self, chat: ChatKey, key: str, title: str) -> ChatKey:
        """Begin a sub-chat of the group that ``chat`` is or is part of; returns its key.

        Repeating it with the same ``key`` must not begin another one.
        """
        ...


@runtime_checkable
class SendsTemplates(Protocol):
    """There are approved texts that may be sent where nothing else may."""

    async def templates(self, chat: ChatKey) -> Sequence[MessageTemplate]:
        """Those that can be sent to a chat, in an order that stays."""
        ...

    async def send_template(
        self, chat: ChatKey, key: str, template: MessageTemplate, values: Sequence[str]
    ) -> None:
        """Send one, which then comes like any other message of the account.

        Repeating it with the same ``key`` must not send it twice.
        """
        ...


@runtime_checkable
class HandlesDisappearing(Protocol):
    """Chats can be set so that new messages disappear after a time."""

    @property
    def disappearing_times(self) -> Sequence[int]:
        """The times there are to choose from, in seconds, the shortest first."""
        ...

    async def set_disappearing(self, chat: ChatKey, seconds: int) -> None:
        """Have new messages disappear after one of the times; 0: they stay."""
        ...


@runtime_checkable
class SpeaksAsOthers(Protocol):
    """People may write under other names than their own."""

    async def identities(self, chat: ChatKey) -> Sequence[Identity]:
        """As whom the account may write in a chat; itself first, if it may."""
        ...


@runtime_checkable
class FetchesMedia(Protocol):
    """Files and pictures can be fetched."""

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        """Write the file behind ``reference`` to ``target``, part by part, and convert it if it was
        announced with a converter.

        Returns what lies there if it is not what was announced. A file that could not be converted
        is there as it was.
        """
        ...


@runtime_checkable
class HasCustomEmoji(Protocol):
    """Texts contain emoji that are pictures: ``<img data-mx-emoticon src="karvon:emoji/ID">``."""

    def custom_emoji(self, emoji: str) -> RemoteMedia:
        """The picture of the emoji with this id, to be fetched; no I/O."""
        ...


@runtime_checkable
class ListsChats(Protocol):
    """The account's chats can be listed."""

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """The most recently active chats, newest first."""
        ...


@runtime_checkable
class GlancesAtChats(Protocol):
    """A single chat can be looked at as it would be in a list."""

    async def glance(self, chat: ChatKey) -> KnownChat:
        """What a list would say about a chat. Raises ``Rejected`` if this account cannot see it."""
        ...


@runtime_checkable
class ListsContacts(Protocol):
    """The account has an address book."""

    async def contacts(self) -> Sequence[KnownChat]:
        """Everybody in it, by the names it has for them, in their order."""
        ...


@runtime_checkable
class TellsAccounts(Protocol):
    """The login is one person's own account, and who is behind accounts is told.

    What the network says here is taken as proof, so a login that several people use has no such ability.
    """

    async def own_account(self) -> NetworkAccount:
        """The login's account as the network knows it now."""
        ...

    async def known_accounts(self) -> Sequence[AccountContact]:
        """Everybody of ``ListsContacts`` who can be told, in no order."""
        ...


@runtime_checkable
class KnowsNumbers(Protocol):
    """The login is one person's own account, and was told whose some phone numbers are."""

    async def users_of(self, numbers: Collection[str]) -> Mapping[str, RemoteUserID]:
        """Those of some numbers (E.164) whose users are known, by number; the network is not asked."""
        ...


@runtime_checkable
class SearchesChats(Protocol):
    """People and chats can be found by name."""

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """People and chats that match, best first."""
        ...


@runtime_checkable
class ResolvesIdentifiers(Protocol):
    """A chat can be opened by what people write on a card: a number, a username, a link."""

    async def resolve(self, identifier: str) -> KnownChat:
        """Find whom ``identifier`` means. Raises ``Rejected`` if nobody."""
        ...


@runtime_checkable
class ReadsHistory(Protocol):
    """What was said before can be read."""

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """The last ``limit`` messages of a chat before one of them, or before now.

        Called again and again; it is for the network to take its time over it.
        """
        ...

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """Who has read how far: for each reader known, the newest of these messages they have read."""
        ...
