# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two residents who know each other, and whose chat is handed over and taken back."""

from collections.abc import Sequence

from attrs import frozen

from tests.conformance.driver import Chat
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_members import becomes

DONE, UNDONE = "in person now", "was taken back"
"""What the bot says in the kept room when it is handed over, and when that is undone."""


@frozen
class Pair:
    """Two residents and the chat they have, each in a room of their own."""

    stage: Stage
    mine: Conversation
    theirs: Conversation

    @property
    def chat(self) -> Chat:
        return self.mine.chat

    @property
    def keeper(self) -> Resident:
        return self.mine.resident

    @property
    def guest(self) -> Resident:
        return self.theirs.resident

    def as_guest(self) -> Conversation:
        """The room that is kept, as the guest sees it."""
        return Conversation(self.chat, self.mine.room, self.guest)

    async def command(self, talk: Conversation, words: str) -> str:
        """Say a command in a room; returns the answer."""
        prefix = self.stage.bridge.prefix
        event = await talk.resident.user.say(talk.room, f"{prefix} {words}")
        answer = await talk.event(
            lambda one: one["type"] == "m.room.message" and one["sender"] == talk.resident.bot,
            f"an answer to {words}",
            event,
        )
        return str(answer["content"]["body"])

    async def hand_over(self) -> None:
        """Ask, agree, and wait until it is done."""
        before, earlier = self.guest.last_event(), self.mine.last_event()
        await self.command(self.mine, "hand-over")
        await self.guest.hears_from_bot("agree", after=before)
        assert "Agreed" in await self.guest.ask(f"agree {self.keeper.mxid}")
        await self.mine.event(
            lambda one: DONE in one["content"].get("body", ""),
            "that it is done",
            earlier,
        )

    async def take_back(self, who: Conversation, words: str = "take-back") -> None:
        """Undo it, and wait until that is done."""
        earlier = self.mine.last_event()
        await self.command(who, words)
        await self.mine.event(
            lambda one: UNDONE in one["content"].get("body", ""),
            "that it is undone",
            earlier,
        )
        await becomes(self.mine, self.guest.mxid, "leave")

    async def both_have(self, texts: Sequence[str]) -> None:
        """Wait until all texts are in the kept room, each once, for both of them."""
        for talk in (self.mine, self.as_guest()):
            for text in texts:
                await talk.in_matrix(text)
        self.none_doubled(texts)

    def none_doubled(self, texts: Sequence[str]) -> None:
        for text in texts:
            assert [self.mine.count(text), self.as_guest().count(text)] == [1, 1], text

    async def on_phones(self) -> list[str]:
        return [one.text for one in await self.guest.phone.messages(self.chat)]


async def acquainted(stage: Stage) -> Pair:
    """Two new residents; Zarina's room has the longer history."""
    keeper, guest = await stage.resident("Zarina"), await stage.resident("Bahodir")
    mine = await stage.meet(keeper, guest.phone)
    reply = unique("hello yourself")
    await mine.say(reply)
    return Pair(stage, mine, await stage.conversation(guest, mine.chat, reply))
