# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls on FakeNetwork. Votes can be changed until the end."""

from collections.abc import Sequence

from attrs import evolve

from bridges.core.content import Poll, PollAnswer
from bridges.core.errors import Rejected
from bridges.core.events import PollCount, RemoteEvent, RemotePollTally, VotesOf
from bridges.core.ids import RemoteUserID
from bridges.core.text import user_text
from tests.fakes.world import Account, Chat, Message, World

ENDED = user_text("The poll has ended.")


def poll_of(message: Message) -> Poll:
    """The poll a message is. Raises `Rejected`."""
    part = message.parts[0]
    if not isinstance(part, Poll):
        raise Rejected("FAKE.NO_POLL", user_text("This is not a poll."))
    return part


def taken_in(poll: Poll) -> Poll:
    """A new poll; the network names its answers."""
    answers = (PollAnswer(f"n{number}", one.text) for number, one in enumerate(poll.answers))
    return evolve(poll, answers=tuple(answers))


def vote(
    world: World, chat: Chat, message: Message, voter: RemoteUserID, answers: Sequence[str]
) -> None:
    """Choose answers. Raises `Rejected` if the poll has ended or has no such answers."""
    poll = poll_of(message)
    if message.poll_ended:
        raise Rejected("FAKE.POLL_ENDED", ENDED)
    if not set(answers) <= {one.id for one in poll.answers} or len(answers) > poll.max_selections:
        raise Rejected("FAKE.NO_SUCH_ANSWER", user_text("There is no such answer."))
    if message.votes.get(voter, ()) != tuple(answers):
        message.votes[voter] = tuple(answers)
        _tell(world, chat, message)


def end(world: World, chat: Chat, message: Message, by: RemoteUserID) -> None:
    """End a poll. Raises `Rejected` unless it is one's own."""
    poll_of(message)
    if message.sender != by:
        raise Rejected("FAKE.NOT_YOURS", user_text("The poll is not yours."))
    if not message.poll_ended:
        message.poll_ended = True
        _tell(world, chat, message)


def votes(world: World, message: Message, viewer: Account) -> list[VotesOf]:
    """How everybody has voted. Raises `Rejected` if that is nobody's business."""
    if message.poll_anonymous:
        raise Rejected("FAKE.ANONYMOUS", user_text("Nobody is told how others have voted."))
    return [VotesOf(world.sender(one, viewer), given) for one, given in message.votes.items()]


def _tell(world: World, chat: Chat, message: Message) -> None:
    poll = poll_of(message)
    given = [answer for answers in message.votes.values() for answer in answers]

    def seen(viewer: Account) -> RemoteEvent:
        mine = message.votes.get(viewer.user, ())
        return RemotePollTally(
            chat=world.key(chat, viewer),
            target=message.id,
            counts=tuple(PollCount(one.id, given.count(one.id)) for one in poll.answers),
            total=sum(bool(answers) for answers in message.votes.values()),
            votes=(VotesOf(world.sender(viewer.user, viewer), mine),),
            anonymous=message.poll_anonymous,
            closed=message.poll_ended,
        )

    world.publish(chat, seen)
