# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms of bridges, behind whose part of a chat an archive's older messages are put.

Nothing else of them is touched: who was not in the room is invited, by the bridge's bot, for the time in
which what they said is put in, and the bot keeps in its own account data which messages are from archives.
"""

from attrs import evolve
from mautrix.types import RoomID

from bridges.core.history.silent import SilentHistory
from bridges.core.history.writer import HistoryWriter
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import Source
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.growing import note_nothing_new
from bridges.migration.run.journal import MadeRoom, Stage
from bridges.migration.run.work import Work

NOT_BEHIND = user_text(
    "The homeserver does not load the module for histories, without which nothing can be put behind what"
    " a bridge has. Load it, or take 'behind' out of the plan's rooms."
)

_CHANGED = user_text(
    "The bridge does not tell of the room of {chat} what it told when the plan was made. See that it"
    " runs, then make the plan again."
)
_UNDER_WAY = user_text(
    "Another plan is being carried out in the room of {chat}. Run it to its end, or take it back."
)
_SEALED = user_text(
    "The room of {chat} is encrypted: take 'behind' out of the plan, and it gets one of its own."
)
_NOTES = "org.karvon.archives"
_UNFINISHED = ""


class Portals:
    """Makes such rooms ready, leaves them, and takes back what was put in.

    Methods raise the errors of ``Homeserver``; interrupted, they go on by being called again.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._voices = work.voices
        self._journal = work.journal

    async def ready(self, planned: PlannedRoom) -> MadeRoom:
        """Give a room in which all may have spoken who do in the archive. Raises ``RunRefused``."""
        made = self._journal.room(planned.archive, planned.chat)
        grows = made is not None and made.stage is Stage.GROWING
        if not grows and not self._is_for_a_bridges_room(planned):
            raise RunRefused(_named(_CHANGED, planned))
        if made is None:
            made = await self._begin(planned)
        self._voices.note_bridged(made.room, self._source(made))
        if made.stage is Stage.MADE:
            await self._invite(planned, made)
            made = evolve(made, stage=Stage.PEOPLED)
            self._journal.note_room(made)
        return made

    def writer(self, made: MadeRoom) -> HistoryWriter:
        """Give what puts messages into a room: in the name of the bridge, which is in it."""
        server, _ = self._bridge(made)
        return SilentHistory(server.histories, self._voices)

    def keep(self, made: MadeRoom) -> None:
        """Have a room stay as it is although there is a later export: the bridge has what is new."""
        note_nothing_new(self._journal, made.room)
        self._journal.note_room(evolve(made, stage=Stage.OPEN))

    async def leave(self, made: MadeRoom) -> None:
        """Take the invitations back when everything is there."""
        await self._take_invitations_back(made)
        await self._note(made, self._journal.lowest(made.room))
        self._journal.note_room(evolve(made, stage=Stage.OPEN))

    async def empty(self, made: MadeRoom) -> None:
        """Take back what was put in, and leave the room as it was."""
        room = made.room
        self._voices.note_bridged(room, self._source(made))
        server, bot = self._bridge(made)
        # What was handed over only would come with whatever is put in next.
        await self.writer(made).finish(room)
        for event in self._journal.events(room):
            await server.redact(bot, room, event, transaction_id("migration", "undo", event))
        await self._take_invitations_back(made)
        await self._note(made, None)
        self._journal.forget_bridged_room(room)

    def _is_for_a_bridges_room(self, planned: PlannedRoom) -> bool:
        """Whether nobody but a bridge's ghosts and the owner is to speak."""
        speaking = {self._voices.actual(one.speaks_as) for one in planned.speakers}
        return planned.behind is not None and not any(map(self._voices.is_own, speaking))

    async def _begin(self, planned: PlannedRoom) -> MadeRoom:
        """Look once where the bridge's part begins; that stays."""
        edge = planned.behind
        assert edge is not None
        made = MadeRoom(planned.archive, planned.chat, RoomID(edge.room), Stage.MADE)
        try:
            told = await self._work.ask({edge.chat}, self._source(made))
        except PlanRefused as refused:
            raise RunRefused(refused.text) from None
        found = told.get(edge.chat)
        if found is None or found.room != edge.room:
            raise RunRefused(_named(_CHANGED, planned))
        server, bot = self._bridge(made)
        if await server.get_state_event(bot, made.room, event_types.ENCRYPTION) is not None:
            raise RunRefused(_named(_SEALED, planned))
        notes = await self._notes(made)
        notes.pop(self._me, None)
        if _UNFINISHED in notes.values():
            raise RunRefused(_named(_UNDER_WAY, planned))
        await self._note(made, _UNFINISHED)
        first = min((found.first, *notes.values()), key=int)
        self._journal.note_bridged_room(made, first)
        return made

    async def _invite(self, planned: PlannedRoom, made: MadeRoom) -> None:
        server, bot = self._bridge(made)
        for mxid in {self._voices.actual(one.speaks_as) for one in planned.speakers}:
            if await self._membership(made, mxid) in ("join", "invite"):
                continue
            if not self._voices.is_person(mxid):
                await self._voices.prepare(mxid)
            self._journal.note_member(made.room, mxid)
            await server.invite(bot, made.room, mxid)

    async def _take_invitations_back(self, made: MadeRoom) -> None:
        server, bot = self._bridge(made)
        for mxid in self._journal.members(made.room):
            if await self._membership(made, mxid) == "invite":
                await server.kick(bot, made.room, mxid, "")

    async def _membership(self, made: MadeRoom, mxid: str) -> str:
        server, bot = self._bridge(made)
        found = await server.get_state_event(bot, made.room, event_types.MEMBER, mxid)
        return str((found or {}).get("membership"))

    # -- What is from archives

    @property
    def _me(self) -> str:
        return self._journal.fact("id") or ""

    async def _notes(self, made: MadeRoom) -> dict[str, str]:
        server, bot = self._bridge(made)
        data = await server.get_account_data(bot, _NOTES, made.room)
        return {str(name): str(first) for name, first in data.items()}

    async def _note(self, made: MadeRoom, first: str | None) -> None:
        """Have it stand at the room from which message on archives are in it; None: nothing of this one."""
        notes = await self._notes(made)
        notes.pop(self._me, None)
        if first is not None:
            notes[self._me] = first
        server, bot = self._bridge(made)
        await server.set_account_data(bot, _NOTES, notes, made.room)

    def _bridge(self, made: MadeRoom) -> tuple[Homeserver, MatrixSender]:
        """Give the homeserver as a room's bridge reaches it, and the bridge's bot."""
        source = self._source(made)
        return self._voices.of_bridge(source), self._voices.bridge_bot(source)

    def _source(self, made: MadeRoom) -> Source:
        return self._work.plan.archive(made.archive).source


def _named(text: UserText, planned: PlannedRoom) -> UserText:
    return UserText(text.template, {"chat": planned.name})
