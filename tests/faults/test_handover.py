# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the bridge between any two steps of a handover and of taking it back.

Meanwhile both people write, in their rooms and by phone: each text is in the kept room once.
"""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from tests.conformance.pair import DONE, UNDONE, Pair, acquainted
from tests.conformance.stage import unique
from tests.faults.bridge_process import BridgeProcess
from tests.faults.scene import Scene
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

_ROUNDS = itertools.count(1)
_LEAD = 5
"""More than what is said at the same time in one round."""


class Story:
    """One handover and its undoing, told to the end whatever happens to the bridge."""

    def __init__(self, pair: Pair, bridge: BridgeProcess) -> None:
        self._pair = pair
        self._bridge = bridge
        self._began = pair.mine.last_event()
        self._round = next(_ROUNDS)
        self.deaths = 0

    async def tell(self) -> None:
        """Everything once; raises if anything is missing or doubled at the end."""
        pair, texts = self._pair, await self._say("before")
        asked = pair.guest.last_event()
        await self._insist(
            lambda: pair.mine.say(f"{pair.stage.bridge.prefix} hand-over"),
            lambda: self._told(asked, f"agree {pair.keeper.mxid}"),
        )
        await self._insist(
            lambda: pair.guest.user.say(pair.guest.room, f"agree {pair.keeper.mxid}"),
            lambda: self._in_room(DONE),
        )
        texts += await self._say("after")
        await self._outlive(lambda: all(map(self._is_there, texts)))
        await self._insist(
            lambda: pair.mine.say(f"{pair.stage.bridge.prefix} take-back"),
            lambda: self._in_room(UNDONE) and not self._guest_is_in(),
        )
        pair.none_doubled(texts)
        assert len(self._all(DONE)) == len(self._all(UNDONE)) == 1

    async def _say(self, when: str) -> list[str]:
        """Everybody says something by every way."""
        pair = self._pair
        ways = ("keeper", "guest", "keeper's phone", "guest's phone")
        texts = [f"{one} {when} {self._round}" for one in ways]
        await pair.mine.say(texts[0])
        await pair.theirs.say(texts[1])
        await pair.keeper.phone.send(pair.chat, texts[2])
        await pair.guest.phone.send(pair.chat, texts[3])
        return texts

    async def _insist(
        self, command: Callable[[], Awaitable[object]], done: Callable[[], bool]
    ) -> None:
        """Say a command until it has an effect: one that is interrupted is not repeated by itself."""
        while not done():
            await command()
            await self._hold_out(done)

    async def _outlive(self, done: Callable[[], bool]) -> None:
        """Wait for what needs nobody to say anything again."""
        while not done():
            await self._hold_out(done)

    async def _hold_out(self, done: Callable[[], bool]) -> None:
        """Wait for it or for the bridge's death, after which the bridge is started again."""
        await eventually(lambda: done() or not self._bridge.running, describe=self._seen)
        if not self._bridge.running:
            self.deaths += 1
            await self._bridge.start()

    def _seen(self) -> str:
        pair = self._pair
        rooms = (pair.keeper.user.bodies(pair.mine.room), pair.guest.user.bodies(pair.guest.room))
        return f"an effect after {self.deaths} deaths; {rooms}"

    def _told(self, after: str | None, words: str) -> bool:
        events = self._pair.guest.user.events(self._pair.guest.room)
        names = [one["event_id"] for one in events]
        later = events[names.index(after) + 1 :] if after else events
        bodies = [
            one["content"].get("body", "")
            for one in later
            if one["sender"] != self._pair.guest.mxid
        ]
        return any(words in body for body in bodies)

    def _is_there(self, text: str) -> bool:
        """Whether both see a text in the kept room."""
        room = self._pair.mine.room
        return all(text in one.user.bodies(room) for one in (self._pair.keeper, self._pair.guest))

    def _in_room(self, words: str) -> bool:
        return bool(self._all(words))

    def _all(self, words: str) -> list[str]:
        events = self._pair.keeper.user.events(self._pair.mine.room)
        names = [one["event_id"] for one in events]
        later = events[names.index(self._began) + 1 :]
        bodies = [str(one["content"].get("body", "")) for one in later]
        return [body for body in bodies if words in body]

    def _guest_is_in(self) -> bool:
        return self._pair.guest.mxid in self._pair.keeper.user.record.members(self._pair.mine.room)


@pytest.fixture(scope="module")
async def pair(stage_set: Scene) -> Pair:
    """Two who know each other; the keeper's history is longer, whatever is under way when they ask."""
    pair = await acquainted(stage_set.stage)
    await pair.hand_over()
    texts = [unique("in one room only") for _ in range(_LEAD)]
    for text in texts:
        await pair.keeper.phone.send(pair.chat, text)
    await pair.both_have(texts)
    await pair.take_back(pair.mine)
    return pair


async def _steps(scene: Scene, pair: Pair) -> list[tuple[str, int]]:
    """All steps of one story: their names, and for the how manyth time each comes."""
    scene.bridge.order()
    await Story(pair, scene.bridge).tell()
    assert await scene.bridge.spared()
    counts: dict[str, int] = {}
    found = []
    for name in scene.bridge.steps():
        counts[name] = counts.get(name, 0) + 1
        found.append((name, counts[name]))
    return found


async def _die_at(scene: Scene, pair: Pair, steps: list[tuple[str, int]]) -> set[str]:
    deaths = set()
    for name, nth in steps:
        scene.bridge.order(name, nth)
        story = Story(pair, scene.bridge)
        await story.tell()
        if story.deaths:
            deaths.add(name)
        elif not await scene.bridge.spared():
            await scene.bridge.start()  # It died after the end.
    assert scene.bridge.unhandled() == []
    return deaths


async def test_at_every_step(stage_set: Scene, pair: Pair) -> None:
    steps = await _steps(stage_set, pair)
    # How rows come into the queues and leave them is another way, which is tested elsewhere.
    own = [one for one in steps if "Homeserver." in one[0] or "HandoverSteps." in one[0]]
    deaths = await _die_at(stage_set, pair, own)
    assert deaths >= {"before HandoverSteps.do", "after HandoverSteps.do", "after Homeserver.leave"}
