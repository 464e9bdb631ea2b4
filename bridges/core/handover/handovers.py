# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking, agreeing and taking back; seeing to it that what was begun is finished, over crashes too."""

import asyncio
from datetime import timedelta

import structlog
from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.errors import Rejected, TemporaryError
from bridges.core.handover.challenge import Challenges
from bridges.core.handover.finder import HandoverFinder
from bridges.core.handover.state import (
    FOLLOWING,
    UNDER_WAY,
    Handover,
    Step,
    asked_again,
    is_as_before,
    with_consent,
)
from bridges.core.handover.steps import HandoverSteps
from bridges.core.handover.teller import HandoverTeller
from bridges.core.ids import ChatKey
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.messages import milliseconds
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_ASKED_AGAIN_AFTER = timedelta(days=1)
_PREPARING = user_text(
    "Agreed. I am preparing the room; you are told there when it is done. "
    "You can go on writing meanwhile."
)


class Handovers:
    """What people decide about handovers, and the work that follows from it."""

    def __init__(
        self,
        store: HandoverStore,
        finder: HandoverFinder,
        steps: HandoverSteps,
        teller: HandoverTeller,
        challenges: Challenges,
        clock: Clock,
        passing: tuple[type[Exception], ...],
    ) -> None:
        """``passing`` are errors of the database that go away by themselves."""
        self._log = structlog.get_logger("karvon.handover")
        self._store = store
        self._finder = finder
        self._steps = steps
        self._teller = teller
        self._challenges = challenges
        self._clock = clock
        self._passing: tuple[type[Exception], ...] = (TemporaryError, OSError, *passing)
        self._asking = asyncio.Lock()
        self._working: KeyedLocks[ChatKey] = KeyedLocks()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up what was interrupted."""
        for one in await self._store.all():
            if one.step in UNDER_WAY:
                self._go_on(one.kept)

    async def close(self) -> None:
        """Stop; what is unfinished is taken up by the next start."""
        await ended(self._tasks)

    # -- What people say

    async def ask(self, person: UserID, room: RoomID, chat: str | None) -> UserText:
        """Have the other side of a direct chat asked. Raises ``Rejected`` if that is impossible.

        ``chat`` names it, by its room or the person in it; without, it is the one of ``room``.
        """
        portal = await self._finder.chat_of(person, room, chat)
        async with self._asking:  # Both may ask at the same time, each in their own room.
            known = await self._store.of(portal.key)
            if known is not None and not known.is_over:
                if known.is_open and known.asked == person:
                    return await self._agreed(known)
                return await self._teller.standing(known, person)
            self._check_pause(known, person)
            asked = asked_again(await self._finder.proposal(person, portal), known)
            if known is not None:
                await self._store.delete(known)
            await self._store.save(asked)
        self._go_on(asked.kept)
        return user_text(
            "I have asked {person}. Once they agree, you both go on in {room}.",
            person=asked.asked,
            room=await self._teller.which_room(asked, person),
        )

    async def send_code(
        self, person: UserID, room: RoomID, guest: str, *, confirmed: bool
    ) -> UserText:
        """Have a code sent to the other side of a chat, for somebody who has no login here."""
        return await self._challenges.send(person, room, UserID(guest), confirmed=confirmed)

    async def prove(self, person: UserID, code: str) -> UserText:
        """Take a code as proof and as consent. Raises ``Rejected`` if it is wrong."""
        async with self._asking:
            handover = await self._challenges.proven(person, code)
            known = await self._store.of(handover.kept)
            if known is not None:
                await self._store.delete(known)
            await self._store.save(handover)
        self._go_on(handover.kept)
        await self._teller.agreed(handover)
        return _PREPARING

    async def agree(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Say yes to what somebody has asked. Raises ``Rejected`` if nobody has."""
        asked = await self._finder.handover_of(
            person, room, who, lambda one: one.is_open and one.asked == person
        )
        return await self._agreed(asked)

    async def decline(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Say no to what somebody has asked, or take the own question back."""
        asked = await self._finder.handover_of(person, room, who, lambda one: one.is_open)
        await self._decide(asked, evolve(asked, step=Step.DECLINED))
        if asked.asked == person:
            await self._teller.declined(asked)
        return user_text("Nothing changes: the chat stays as it is.")

    async def take_back(
        self, person: UserID, room: RoomID, who: str | None, *, stays: bool
    ) -> UserText:
        """Undo a handover; with ``stays`` the guest remains in the room."""
        found = await self._finder.handover_of(person, room, who, lambda one: one.may_be_taken_back)
        after = evolve(found, step=Step.RETURNING, guest_stays=stays)
        await self._decide(found, after)
        await self._teller.taken_back(found, person)
        return user_text("I am taking it back; nothing that was said is lost.")

    async def only_here(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Note that somebody needs the network no more for a chat; closed once both have said so."""
        found = await self._finder.handover_of(person, room, who, lambda one: one.step is Step.DUAL)
        said = with_consent(found, person)
        if said.keeper_only_here and said.guest_only_here:
            await self._decide(found, evolve(said, step=Step.CLOSING))
            return user_text("You have both said so: this chat is only here now.")
        await self._decide(found, said)
        await self._teller.only_here(said, person)
        return user_text(
            "Noted. When {person} says so too, this chat is only here.",
            person=said.other_than(person),
        )

    async def concern(self, person: UserID) -> bool:
        """Whether any handover concerns somebody."""
        return any(one.concerns(person) for one in await self._store.all())

    async def overview(self, person: UserID) -> list[UserText]:
        """How the handovers of somebody stand, a line each."""
        mine = [one for one in await self._store.all() if one.concerns(person)]
        return [await self._teller.line(one, person) for one in mine]

    # -- What happens in rooms

    async def member_changed(self, room: RoomID, member: UserID, membership: str) -> None:
        """Somebody has come into a room or has left it by themselves.

        If one of the two leaves, the other would talk to nobody: then it is taken back.
        """
        found = await self._store.in_room(room)
        if found is None or not found.concerns(member):
            return
        if membership == "join" and found.step is Step.INVITED and member == found.guest:
            self._go_on(found.kept)
        elif membership in ("leave", "ban") and found.may_be_taken_back:
            await self._decide(found, evolve(found, step=Step.RETURNING, guest_stays=False))
            await self._teller.taken_back(found, member)
        elif found.is_over and found.guest_stays and (member, membership) == (found.guest, "leave"):
            await self._decide(found, evolve(found, guest_stays=False))

    # -- Inside

    def _check_pause(self, known: Handover | None, person: UserID) -> None:
        if known is None or known.step is not Step.DECLINED or known.asked_by != person:
            return
        earliest = known.changed_at + milliseconds_of(_ASKED_AGAIN_AFTER)
        if milliseconds(self._clock.now()) < earliest:
            raise Rejected(
                "HANDOVER.DECLINED",
                user_text("They have said no. You can ask again a day later."),
            )

    async def _agreed(self, asked: Handover) -> UserText:
        proven = await self._finder.still_proven(asked)
        await self._decide(asked, evolve(proven, step=Step.AGREED))
        await self._teller.agreed(asked)
        return _PREPARING

    async def _decide(self, before: Handover, after: Handover) -> None:
        """Store what somebody has decided, and have what follows from that done.

        Raises ``Rejected`` if something else was decided at the same moment. Taking back goes at any
        time, whatever has been done meanwhile.
        """
        async with self._store.hold(before.kept):
            now = await self._store.of(before.kept)
            if now is not None and after.step is Step.RETURNING and now.may_be_taken_back:
                after = evolve(now, step=after.step, guest_stays=after.guest_stays)
            elif not is_as_before(now, before):
                raise Rejected(
                    "HANDOVER.CHANGED",
                    user_text("Something else was decided just now. Say hand-overs to see it."),
                )
            moment = milliseconds(self._clock.now())
            await self._store.save(evolve(after, changed_at=moment))
        self._go_on(before.kept)

    def _go_on(self, chat: ChatKey) -> None:
        task = asyncio.create_task(self._work(chat), name=f"handover of {chat}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: ChatKey) -> None:
        """Do one step after the other until people have the say again."""
        pause = _FIRST_PAUSE
        async with self._working.hold(chat):
            while (now := await self._store.of(chat)) is not None and now.step in UNDER_WAY:
                try:
                    if now.step is Step.ASKING:
                        await self._teller.ask(now)
                    elif not await self._steps.do(now):
                        return
                    await self._advance(now)
                except self._passing as error:
                    self._log.info("a handover waits", step=now.step.value, error=repr(error))
                    await self._clock.sleep(pause)
                    pause = min(_LONGEST_PAUSE, 2 * pause)
                except HomeserverRefused as refused:
                    await self._refused(now, refused)

    async def _refused(self, handover: Handover, refused: HomeserverRefused) -> None:
        """Before both are in the room it ends here; later, one thing less is shown."""
        self._log.warning("a step was refused", step=handover.step.value, error=str(refused))
        if handover.step in (Step.AGREED, Step.INVITED):
            await self._decide(handover, evolve(handover, step=Step.RETURNING))
            await self._teller.failed(handover, str(refused))
        else:
            await self._advance(handover)

    async def _advance(self, done: Handover) -> None:
        async with self._store.hold(done.kept):
            now = await self._store.of(done.kept)
            if now is not None and now.step is done.step:
                await self._store.save(evolve(now, step=FOLLOWING[now.step]))


def milliseconds_of(span: timedelta) -> int:
    """A span as the database keeps times."""
    return span // timedelta(milliseconds=1)
