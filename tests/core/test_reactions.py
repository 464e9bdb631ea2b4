# SPDX-License-Identifier: AGPL-3.0-or-later
"""News of reactions that are older than what somebody here has just done."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import ListsReactions
from bridges.core.chat import ChatKind, Sender
from bridges.core.errors import Rejected
from bridges.core.events import ReactionsOf, RemoteReactions
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.core.matrix.rendering import ReactionKey
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.reactions import ReactionSync, contradictions
from bridges.core.storage.messages import MessageStore, StoredMessage, StoredReaction
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

CHAT = ChatKey(ChatID("bazaar"))
ME, ALI = RemoteUserID("me"), RemoteUserID("ali")
ONE = MessageID("1")


def given(user: RemoteUserID, emoji: str) -> StoredReaction:
    return StoredReaction(
        CHAT, ONE, user, emoji, EventID(f"${user} {emoji}"), UserID(f"@{user}:home"), 0
    )


def told(*by: tuple[RemoteUserID, Sequence[str]], complete: bool = False) -> RemoteReactions:
    each = (ReactionsOf(Sender(user), tuple(emojis)) for user, emojis in by)
    return RemoteReactions(CHAT, ONE, tuple(each), complete=complete)


class Message:
    """Reactions to one message over a real database; its room and the network are played."""

    def __init__(self, database: Any, *, listed: bool) -> None:
        self.clock = QuickClock()
        self._db = database
        self._portals = PortalStore(database)
        self._messages = MessageStore(database)
        session = Mock(spec=ListsReactions) if listed else Mock(spec=[])
        if listed:
            session.reactions_to = AsyncMock(side_effect=AssertionError("was asked"))
        self.session = session
        self._login: Any = Mock(session=session)
        writer: Any = Mock(
            redact=AsyncMock(), react=AsyncMock(side_effect=map("${}".format, range(99)))
        )
        speaker = Mock(mxid=UserID("@speaker:home"))
        senders: Any = Mock(speaker=AsyncMock(return_value=speaker))
        emoji: Any = Mock(as_reaction=AsyncMock(side_effect=lambda _session, one: ReactionKey(one)))
        self._sync = ReactionSync(
            database,
            self._messages,
            self._portals,
            senders,
            writer,
            emoji,
            EchoGate(),
            self.clock,
        )

    async def begin(self) -> None:
        await self._portals.save(Portal(CHAT, ChatKind.GROUP, room=RoomID("!bazaar:home")))
        sent = StoredMessage(CHAT, ONE, EventID("$1"), ALI, UserID("@ali:home"), 0)
        async with self._db.transaction() as connection:
            await self._messages.insert(connection, [sent])

    async def later(self) -> datetime:
        """The time, after it has gone on."""
        await self.clock.sleep(1)
        return self.clock.now()

    async def react(self, emoji: str, user: RemoteUserID = ME) -> None:
        """Somebody here gives a reaction."""
        await self.clock.sleep(1)
        async with self._db.transaction() as connection:
            await self._messages.put_reaction(connection, given(user, emoji))
        self._sync.changed_here(CHAT, ONE, user)

    async def take_back(self, emoji: str) -> None:
        """Somebody here takes a reaction back."""
        await self.clock.sleep(1)
        async with self._db.transaction() as connection:
            await self._messages.delete_reaction(connection, given(ME, emoji))
        self._sync.changed_here(CHAT, ONE, ME)

    async def is_told(self, event: RemoteReactions, received: datetime) -> None:
        await self.clock.sleep(1)
        await self._sync.from_remote(event, received, self._login, "generation")

    async def shown(self) -> dict[RemoteUserID, set[str]]:
        shown: dict[RemoteUserID, set[str]] = {}
        for one in await self._messages.reactions(CHAT, ONE):
            shown.setdefault(one.sender, set()).add(one.emoji)
        return shown


@pytest.fixture
async def listed(database_url: str) -> AsyncIterator[Message]:
    """On a network that tells who reacts."""
    async with core_database(database_url) as database:
        message = Message(database, listed=True)
        await message.begin()
        yield message


@pytest.fixture
async def unlisted(database_url: str) -> AsyncIterator[Message]:
    """On a network that cannot be asked."""
    async with core_database(database_url) as database:
        message = Message(database, listed=False)
        await message.begin()
        yield message


class TestNewsThatMayBeOutOfDate:
    async def test_are_asked_about_when_they_contradict_what_was_done_here(
        self, listed: Message
    ) -> None:
        received = await listed.later()
        await listed.react("🔥")
        listed.session.reactions_to.side_effect = None
        listed.session.reactions_to.return_value = told((ALI, "❤"), (ME, "🔥"), complete=True)
        await listed.is_told(told((ALI, "❤"), (ME, ())), received)
        assert await listed.shown() == {ALI: {"❤"}, ME: {"🔥"}}

    async def test_may_come_a_little_after_the_change(self, listed: Message) -> None:
        await listed.react("🔥")
        listed.session.reactions_to.side_effect = Rejected("NO", user_text("No."))
        await listed.is_told(told((ALI, "❤"), complete=True), await listed.later())
        assert await listed.shown() == {ALI: {"❤"}, ME: {"🔥"}}

    async def test_do_not_bring_back_what_was_taken_back(self, listed: Message) -> None:
        await listed.react("🔥")
        received = await listed.later()
        await listed.take_back("🔥")
        listed.session.reactions_to.side_effect = Rejected("NO", user_text("No."))
        await listed.is_told(told((ME, "🔥"), (ALI, "❤")), received)
        assert await listed.shown() == {ALI: {"❤"}}

    async def test_are_believed_where_nothing_contradicts_them(self, listed: Message) -> None:
        await listed.react("🔥")
        await listed.is_told(told((ALI, "❤"), (ME, "🔥")), await listed.later())
        assert await listed.shown() == {ALI: {"❤"}, ME: {"🔥"}}

    async def test_are_believed_later(self, listed: Message) -> None:
        await listed.react("🔥")
        await listed.clock.sleep(60)
        await listed.is_told(told((ME, ())), await listed.later())
        assert await listed.shown() == {}

    async def test_are_believed_about_others_where_nobody_can_be_asked(
        self, unlisted: Message
    ) -> None:
        received = await unlisted.later()
        await unlisted.react("🔥")
        await unlisted.is_told(told((ALI, "❤"), (ME, "👍")), received)
        assert await unlisted.shown() == {ALI: {"❤"}, ME: {"🔥"}}

    async def test_are_not_out_of_date_after_the_change_where_nobody_can_be_asked(
        self, unlisted: Message
    ) -> None:
        await unlisted.react("🔥")
        await unlisted.is_told(told((ME, "👍")), await unlisted.later())
        assert await unlisted.shown() == {ME: {"👍"}}


@pytest.mark.parametrize(
    ("event", "differ"),
    [
        (told((ME, "🔥")), set()),
        (told((ALI, "❤")), set()),
        (told((ALI, "❤"), complete=True), {ME}),
        (told((ME, ())), {ME}),
        (told((ME, "🔥❤")), {ME}),
        (RemoteReactions(CHAT, ONE, (ReactionsOf(Sender(ME), (), exact=False),)), set()),
        (RemoteReactions(CHAT, ONE, (ReactionsOf(Sender(ME), ("❤",), exact=False),)), {ME}),
    ],
)
def test_who_reacts_otherwise(event: RemoteReactions, differ: set[RemoteUserID]) -> None:
    assert contradictions(event, [given(ME, "🔥\ufe0f")], {ME}) == differ
