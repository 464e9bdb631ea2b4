# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps polls equal on both sides: who has voted how, and whether they have ended."""

from collections.abc import Iterable, Mapping, Sequence

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import HandlesPolls
from bridges.core.chat import Sender
from bridges.core.content import Poll
from bridges.core.errors import Rejected, Unsupported
from bridges.core.events import RemotePollTally, VotesOf
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.polls import PollVote, poll_end_content, poll_vote_content
from bridges.core.matrix.senders import Senders
from bridges.core.outgoing import OutgoingVote
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sanitize import clean_text
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.polls import PollStore, StoredAnswer, StoredPoll
from bridges.core.storage.portals import PortalStore
from bridges.core.text import user_text

_NOT_A_POLL = user_text("This is not a poll the other side knows.")
_NO_POLLS = user_text("There are no polls in this chat.")


class Polls:
    """Applies votes and ends of polls in both directions."""

    def __init__(
        self,
        polls: PollStore,
        messages: MessageStore,
        portals: PortalStore,
        senders: Senders,
        writer: RoomWriter,
        gate: EchoGate,
    ) -> None:
        self._log = structlog.get_logger("karvon.polls")
        self._polls = polls
        self._messages = messages
        self._portals = portals
        self._senders = senders
        self._writer = writer
        self._gate = gate

    async def remember(
        self,
        event: EventID,
        chat: ChatKey,
        message: MessageID,
        poll: Poll,
        on_network: Sequence[str] | None = None,
    ) -> None:
        """Note which poll an event is.

        ``on_network`` are the network's ids of the answers, where the poll has those of Matrix.
        """
        ids = on_network or [one.id for one in poll.answers]
        answers = tuple(
            StoredAnswer(answer.id, remote, clean_text(answer.text))
            for answer, remote in zip(poll.answers, ids, strict=True)
        )
        question = clean_text(poll.question)
        await self._polls.put(StoredPoll(event, chat, message, question, answers))

    # -- From the network

    async def from_remote(
        self, event: RemotePollTally, login: ActiveLogin, generation: str
    ) -> None:
        """Show in Matrix how a poll stands.

        ``generation`` is the same whenever this event is handled again, and differs from others'.
        """
        async with self._gate.hold(event.chat):
            poll = await self._polls.by_message(event.chat, event.target)
            portal = await self._portals.get(event.chat)
            if poll is None or poll.ended or portal is None or portal.room is None:
                return
            shown = await self._polls.votes(poll)
            votes = await self._votes(event, login, shown)
            links = await self._messages.parts(event.chat, event.target)
            room = (links[0].room if links else None) or portal.room
            await self._show_votes(room, poll, votes, login, generation)
            if event.closed:
                await self._show_end(room, poll, event, login, links)

    async def _show_votes(
        self,
        room: RoomID,
        poll: StoredPoll,
        votes: Iterable[VotesOf],
        login: ActiveLogin,
        generation: str,
    ) -> None:
        shown = await self._polls.votes(poll)
        for vote in votes:
            user = vote.user.user
            if shown.get(user, ()) == vote.answers:
                continue
            sender = await self._senders.speaker(room, vote.user, login.record.id)
            content = poll_vote_content(poll.event, poll.to_matrix(vote.answers))
            await self._writer.event_from(
                room,
                sender,
                event_types.POLL_RESPONSE_UNSTABLE,
                content,
                ("vote", poll.event, user, generation),
            )
            await self._polls.put_vote(poll, user, vote.answers)

    async def _votes(
        self,
        event: RemotePollTally,
        login: ActiveLogin,
        shown: Mapping[RemoteUserID, tuple[str, ...]],
    ) -> Iterable[VotesOf]:
        """How everybody votes of whom it is known; who took their vote back has no answers."""
        votes = {one.user.user: one for one in event.votes}
        if event.anonymous:
            return votes.values()
        listed = await self._listed(event.chat, event.target, login)
        votes = {one.user.user: one for one in listed} | votes
        if sum(bool(one.answers) for one in votes.values()) >= event.total:
            for user in shown.keys() - votes.keys():
                votes[user] = VotesOf(Sender(user), ())
        return votes.values()

    async def _listed(
        self, chat: ChatKey, message: MessageID, login: ActiveLogin
    ) -> Sequence[VotesOf]:
        """The votes the network tells this login; none if it has to vote first."""
        try:
            return await _able(login).poll_votes(chat, message)
        except Rejected as error:
            self._log.info("the votes of a poll are not told", error=error.code)
            return []

    async def _show_end(
        self,
        room: RoomID,
        poll: StoredPoll,
        event: RemotePollTally,
        login: ActiveLogin,
        links: Sequence[StoredMessage],
    ) -> None:
        results = _results(poll, event)
        if links:
            author = await self._writer.original_sender(links[0].sender_mxid)
            content = poll_end_content(poll.event, results)
            identity = ("poll end", poll.event)
            await self._writer.event_from(
                room, author, event_types.POLL_END_UNSTABLE, content, identity
            )
        if event.anonymous:
            # Clients count the votes they see, and of an anonymous poll these are only our own.
            text = user_text("The poll has ended:\n{results}", results=results)
            owner = login.record.owner
            await self._writer.notice(room, owner, text, ("poll end", poll.event), poll.event)
        await self._polls.set_ended(poll)

    # -- From Matrix

    async def vote(
        self, room: RoomID, event: EventID, sender: UserID, vote: PollVote, login: ActiveLogin
    ) -> None:
        """Vote on the network. A vote it refuses is taken out of the room; raises the refusal."""
        poll, session = await self._poll(vote.poll), _able(login)
        answers = poll.to_remote(vote.answers)
        try:
            async with self._gate.hold(poll.chat):
                await session.vote(OutgoingVote(poll.chat, poll.message, answers))
                await self._polls.put_vote(poll, login.record.user, answers)
                # Networks tell how others vote only to those who have voted themselves.
                others = await self._listed(poll.chat, poll.message, login)
                await self._show_votes(room, poll, others, login, event)
        except Rejected:
            await self._writer.redact(room, event, sender)
            raise

    async def end(
        self, room: RoomID, event: EventID, sender: UserID, target: EventID, login: ActiveLogin
    ) -> None:
        """End a poll on the network. An end it refuses is taken out; raises the refusal."""
        poll, session = await self._poll(target), _able(login)
        try:
            async with self._gate.hold(poll.chat):
                await session.end_poll(poll.chat, poll.message)
                await self._polls.set_ended(poll)
        except Rejected:
            await self._writer.redact(room, event, sender)
            raise

    async def _poll(self, event: EventID) -> StoredPoll:
        poll = await self._polls.by_event(event)
        if poll is None:
            raise Rejected("UNKNOWN_POLL", _NOT_A_POLL)
        return poll


def _able(login: ActiveLogin) -> HandlesPolls:
    if not isinstance(login.session, HandlesPolls):
        raise Unsupported("POLL.UNSUPPORTED", _NO_POLLS)
    return login.session


def _results(poll: StoredPoll, event: RemotePollTally) -> str:
    """How many have chosen each answer, a line each; right answers of a quiz are ticked."""
    counts = {one.answer: one for one in event.counts}
    lines = []
    for answer in poll.answers:
        count = counts.get(answer.remote)
        mark = "✅ " if count is not None and count.is_right else ""
        lines.append(f"{mark}{answer.text}: {0 if count is None else count.voters}")
    return "\n".join(lines)
