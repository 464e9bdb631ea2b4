# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls in Matrix: MSC3381 events, written under the names clients use and read under both.

The body texts follow MSC1767; a client without polls shows the question with its answers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import frozen
from mautrix.types import EventID

from bridges.core.content import Poll, PollAnswer
from bridges.core.matrix import event_types
from bridges.core.matrix.content import UnreadableMessage
from bridges.core.sanitize import clean_text

Json = dict[str, Any]
T = TypeVar("T")

_TEXT = "org.matrix.msc1767.text"
_STABLE_TEXT = "m.text"
_DISCLOSED = "org.matrix.msc3381.poll.disclosed"
_UNDISCLOSED = "org.matrix.msc3381.poll.undisclosed"
_MOST_ANSWERS = 20
"""MSC3381: clients leave out what comes after the 20th answer."""


@frozen
class PollVote:
    """A vote: which answers of which poll somebody has chosen last; none takes the vote back."""

    poll: EventID
    answers: tuple[str, ...]


def poll_start_content(poll: Poll) -> Json:
    """The content of a poll's first event."""
    body = _as_text(poll)
    return {
        "body": body,
        "msgtype": "m.text",
        _TEXT: body,
        event_types.POLL_START_UNSTABLE: {
            "kind": _DISCLOSED if poll.disclosed else _UNDISCLOSED,
            "max_selections": poll.max_selections,
            "question": _text(poll.question),
            "answers": [{"id": one.id, **_text(one.text)} for one in poll.answers[:_MOST_ANSWERS]],
        },
        "m.mentions": {},
    }


def poll_vote_content(poll: EventID, answers: Sequence[str]) -> Json:
    """The content of a vote; an empty one takes back what was chosen before."""
    return {
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        event_types.POLL_RESPONSE_UNSTABLE: {"answers": list(answers)},
    }


def poll_end_content(poll: EventID, summary: str) -> Json:
    """The content of a poll's end; ``summary`` is for clients without polls."""
    body = clean_text(summary)
    return {
        "body": body,
        "msgtype": "m.text",
        _TEXT: body,
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        event_types.POLL_END_UNSTABLE: {},
    }


def parse_poll_start(content: Json) -> Poll:
    """Read a poll somebody has begun. Raises ``UnreadableMessage``."""
    return _read(_parse_start, content)


def parse_poll_vote(content: Json) -> PollVote:
    """Read a vote. Raises ``UnreadableMessage``."""
    return _read(_parse_vote, content)


def parse_poll_end(content: Json) -> EventID:
    """Read which poll is ended. Raises ``UnreadableMessage``."""
    return _read(_referenced, content)


def _parse_start(content: Json) -> Poll:
    start = _first(content, event_types.POLL_START_UNSTABLE, event_types.POLL_START)
    answers = tuple(
        PollAnswer(_string(_first(one, "id", "m.id")), _text_of(one))
        for one in start["answers"][:_MOST_ANSWERS]
    )
    ids = [one.id for one in answers]
    if not answers or len(set(ids)) < len(ids):
        raise ValueError("a poll needs answers with different ids")
    most = start.get("max_selections", 1)
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise ValueError(f"max_selections is not a number of answers: {most!r}")
    return Poll(
        question=_text_of(start["question"]),
        answers=answers,
        max_selections=min(most, len(answers)),
        disclosed=start.get("kind") in (_DISCLOSED, "m.disclosed", "m.poll.disclosed"),
    )


def _parse_vote(content: Json) -> PollVote:
    stable = content.get("m.selections")
    if stable is None:
        stable = _first(content, event_types.POLL_RESPONSE_UNSTABLE, event_types.POLL_RESPONSE)
        stable = stable["answers"]
    return PollVote(_referenced(content), tuple(_string(one) for one in stable))


def _referenced(content: Json) -> EventID:
    relation = content["m.relates_to"]
    if relation["rel_type"] != "m.reference":
        raise ValueError("a vote or end refers to its poll")
    return EventID(_string(relation["event_id"]))


def _read(parse: Callable[[Json], T], content: Json) -> T:
    try:
        return parse(content)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableMessage(f"malformed poll event: {error!r}") from error


def _first(content: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        if name in content:
            return content[name]
    raise KeyError(names[0])


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, not {value!r}")
    return value


def _text(text: str) -> Json:
    clean = clean_text(text)
    return {_TEXT: clean, "body": clean, "msgtype": "m.text"}


def _text_of(block: Json) -> str:
    """A text block: a string (MSC1767 as it was first) or a list of representations (as it is)."""
    found = block.get(_TEXT) or block.get(_STABLE_TEXT) or block.get("body")
    if isinstance(found, list):
        found = next(
            one["body"] for one in found if one.get("mimetype", "text/plain") == "text/plain"
        )
    return _string(found)


def _as_text(poll: Poll) -> str:
    lines = [f"{number}. {one.text}" for number, one in enumerate(poll.answers, start=1)]
    return clean_text("\n".join([poll.question, *lines]))
