# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls: what was asked, who voted for what, and how that looks to one viewer.

A poll lives apart from the messages that show it: forwarded copies share its votes. Counts are
shown to those who voted and when it is closed. Source: https://core.telegram.org/api/poll.
"""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from attrs import Factory, define
from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import Limits
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Peer
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.wire import RandomBytes

_MAX_QUESTION = 255
_MAX_ANSWER = 100
_MAX_OPTION_BYTES = 100
_RECENT = 3


@define
class Ballot:
    """What one person voted for."""

    user: int
    options: list[bytes]
    date: int


@define
class PollRecord:
    """A poll as it was sent, with its votes; `posts` are the messages that show it."""

    id: int
    creator: int
    poll: TLObject
    correct: list[bytes] = Factory(list)
    solution: str | None = None
    solution_entities: list[TLObject] = Factory(list)
    closed: bool = False
    ballots: list[Ballot] = Factory(list)
    posts: list[int] = Factory(list)

    def ballot(self, user: int) -> Ballot | None:
        """Return what somebody voted for."""
        return next((one for one in self.ballots if one.user == user), None)


class Polls:
    """All polls, by id."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random_bytes: RandomBytes,
        limits: Callable[[], Limits],
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._limits = limits
        self._polls = {poll.id: poll for poll in store.load("poll", PollRecord)}

    # -- what happens to a poll

    def create(self, creator: int, given: Any, *, in_broadcast: bool) -> PollRecord:
        """Make a poll of an ``InputMediaPoll``; raises the POLL_ and QUIZ_ errors."""
        poll = copy.copy(given.poll)
        if in_broadcast and poll.public_voters:
            raise bad_request("POLL_PUBLIC_VOTERS_FORBIDDEN")
        poll.answers = _answers(poll, self._limits().poll_answers)
        correct = _correct_answers(given, poll)
        poll.id = int.from_bytes(self._random(8), "big") >> 1
        poll.close_date = _close_date(poll, self._clock.moment())
        record = PollRecord(poll.id, creator, poll, correct)
        record.closed = bool(poll.closed)
        if poll.quiz and given.solution:
            record.solution = given.solution
            record.solution_entities = list(given.solution_entities or [])
        self._polls[record.id] = record
        self._save(record)
        return record

    def of(self, media: Any) -> PollRecord | None:
        """Return the poll a message shows, if it shows one."""
        return self._polls[media.poll.id] if isinstance(media, types.MessageMediaPoll) else None

    def shown_in(self, media: Any, uid: int) -> None:
        """Remember that a message shows a poll, if its media is one."""
        record = self.of(media)
        if record is not None:
            record.posts.append(uid)
            self._save(record)

    def vote(self, record: PollRecord, user: int, options: list[bytes]) -> None:
        """Cast, change or (with no options) take back a vote.

        Raises MESSAGE_POLL_CLOSED, OPTION_INVALID, OPTIONS_TOO_MUCH or REVOTE_NOT_ALLOWED.
        """
        poll: Any = record.poll
        chosen = list(dict.fromkeys(options))
        if self.is_closed(record):
            raise bad_request("MESSAGE_POLL_CLOSED")
        if not {answer.option for answer in poll.answers}.issuperset(chosen):
            raise bad_request("OPTION_INVALID")
        if len(chosen) > 1 and not poll.multiple_choice:
            raise bad_request("OPTIONS_TOO_MUCH")
        before = record.ballot(user)
        if before is not None and (poll.quiz or poll.revoting_disabled):
            raise bad_request("REVOTE_NOT_ALLOWED")
        if before is not None:
            record.ballots.remove(before)
        if chosen:
            record.ballots.append(Ballot(user, chosen, self._clock.seconds()))
        self._save(record)

    def close(self, record: PollRecord) -> None:
        """End a poll for everybody; raises MESSAGE_NOT_MODIFIED if it has ended already."""
        if self.is_closed(record):
            raise bad_request("MESSAGE_NOT_MODIFIED")
        record.closed = True
        self._save(record)

    def is_closed(self, record: PollRecord) -> bool:
        """Tell whether a poll has ended, by hand or by its date."""
        poll: Any = record.poll
        return record.closed or (
            poll.close_date is not None and poll.close_date <= self._clock.moment()
        )

    # -- how a poll looks

    def poll(self, viewer: int, record: PollRecord) -> Any:
        """Return the TL ``Poll``."""
        poll: Any = copy.copy(record.poll)
        poll.closed = self.is_closed(record) or None
        poll.creator = viewer == record.creator or None
        poll.hash = 0
        poll.hash = int.from_bytes(sha256(bytes(poll)).digest()[:8], "little", signed=True)
        return poll

    def results(self, viewer: int, record: PollRecord, *, for_all: bool = False) -> Any:
        """Return the TL ``PollResults``; `for_all` (``min``) leaves out what the viewer chose."""
        poll: Any = record.poll
        closed = self.is_closed(record)
        mine = record.ballot(viewer)
        knows = closed or mine is not None
        return types.PollResults(
            min=for_all or None,
            results=self._counts(record, None if for_all else mine) if knows else None,
            total_voters=len(record.ballots),
            recent_voters=_recent(record.ballots) if poll.public_voters else None,
            solution=record.solution if knows else None,
            solution_entities=record.solution_entities
            if knows and record.solution is not None
            else None,
        )

    def media(self, viewer: int, record: PollRecord) -> Any:
        """Return the TL ``MessageMediaPoll``."""
        return types.MessageMediaPoll(self.poll(viewer, record), self.results(viewer, record))

    def voters(self, record: PollRecord) -> set[Peer]:
        """Return everybody the results may name."""
        public = getattr(record.poll, "public_voters", False)
        return {Peer.user(one.user) for one in record.ballots[-_RECENT:]} if public else set()

    def _counts(self, record: PollRecord, mine: Ballot | None) -> list[Any]:
        poll: Any = record.poll
        hidden = poll.hide_results_until_close and not self.is_closed(record)
        counted = []
        for answer in poll.answers:
            fans = [one for one in record.ballots if answer.option in one.options]
            shown = types.PollAnswerVoters(
                option=answer.option,
                chosen=(mine is not None and answer.option in mine.options) or None,
                correct=answer.option in record.correct or None,
            )
            if not hidden:
                shown.voters = len(fans)
                shown.recent_voters = _recent(fans) if poll.public_voters else []
            counted.append(shown)
        return counted

    def _save(self, record: PollRecord) -> None:
        self._store.save("poll", str(record.id), record)


def _recent(ballots: list[Ballot]) -> list[Any]:
    return [types.PeerUser(one.user) for one in reversed(ballots[-_RECENT:])]


def _answers(poll: Any, most: int) -> list[Any]:
    if not 0 < len(poll.question.text.strip()) <= _MAX_QUESTION:
        raise bad_request("POLL_QUESTION_INVALID")
    if not 2 <= len(poll.answers) <= most:
        raise bad_request("POLL_ANSWERS_INVALID")
    answers = []
    for number, given in enumerate(poll.answers):
        if not 0 < len(given.text.text.strip()) <= _MAX_ANSWER:
            raise bad_request("POLL_ANSWER_INVALID")
        # The newer form of an answer leaves it to the service to name the option.
        option = given.option if isinstance(given, types.PollAnswer) else str(number).encode()
        if not 0 < len(option) <= _MAX_OPTION_BYTES:
            raise bad_request("POLL_OPTION_INVALID")
        answers.append(types.PollAnswer(given.text, option))
    if len({answer.option for answer in answers}) < len(answers):
        raise bad_request("POLL_OPTION_DUPLICATE")
    return answers


def _correct_answers(given: Any, poll: Any) -> list[bytes]:
    if not poll.quiz:
        return []
    numbers = given.correct_answers or []
    if not numbers:
        raise bad_request("QUIZ_CORRECT_ANSWERS_EMPTY")
    if len(numbers) > 1 and not poll.multiple_choice:
        raise bad_request("QUIZ_CORRECT_ANSWERS_TOO_MUCH")
    if not all(0 <= number < len(poll.answers) for number in numbers):
        raise bad_request("QUIZ_CORRECT_ANSWER_INVALID")
    return [poll.answers[number].option for number in numbers]


def _close_date(poll: Any, now: datetime) -> datetime | None:
    if poll.close_period is None:
        given: datetime | None = poll.close_date
        return given
    return now + timedelta(seconds=poll.close_period)
