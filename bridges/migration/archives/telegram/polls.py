# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls and how they stood."""

from bridges.core.content import FormattedText, Poll, PollAnswer, Text, TextKind
from bridges.core.formatting.compose import chained, plain, stacked
from bridges.core.text import user_text
from bridges.migration.archives.model import ArchivedPart
from bridges.migration.archives.telegram.fields import Raw, inner, is_true, mapping, several, size
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.texts import formatted


def poll_of(message: Raw, around: Surroundings) -> tuple[ArchivedPart, ...]:
    """An open poll as a poll with its votes below it; a closed one, where nobody can vote, as text.

    The text says all of it: many clients show no polls.
    """
    poll = inner(message, "poll")
    question = formatted(poll.get("question"), around)
    answers = [mapping(one) for one in several(poll, "answers")]
    asked = chained(plain("📊 "), question)
    result = stacked(asked, *(_answer(one, around) for one in answers), _total(poll, around))
    told = Text(result, TextKind.NOTICE)
    choices = tuple(
        PollAnswer(str(number), text.body)
        for number, one in enumerate(answers)
        if (text := formatted(one.get("text"), around)).body
    )
    if is_true(poll, "closed") or not question.body or not choices:
        return (told,)
    return Poll(question=question.body, answers=choices), told


def _answer(answer: Raw, around: Surroundings) -> FormattedText:
    """An answer with its votes, and a tick where the archive's owner chose it."""
    votes = size(answer, "voters")
    chosen = " ✓" if is_true(answer, "chosen") else ""
    counted = "" if votes is None else f": {votes}"
    return chained(plain("• "), formatted(answer.get("text"), around), plain(counted + chosen))


def _total(poll: Raw, around: Surroundings) -> FormattedText:
    total = size(poll, "total_voters")
    closed = is_true(poll, "closed")
    if total is None:
        return plain(around.say(user_text("The poll is closed."))) if closed else plain("")
    line = user_text("Votes so far: {count}", count=total)
    if closed:
        line = user_text("The poll is closed. Votes: {count}", count=total)
    return plain(around.say(line))
