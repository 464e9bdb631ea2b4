# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger: what somebody has said in a chat, and whether the other side shows exactly that."""

from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen, mutable


@mutable(eq=False)
class Line:
    """One message, as its author last left it.

    Attributes:
        text: of a file, its caption.
        id: its id where it was written, empty as long as that is not known.
        said_at: seconds of the monotonic clock.
        answers: the text it answers.
        sha256: of the file it brings, in hexadecimal.
        reaction: what the other one has put under it.
        final: it does not change any more, because the other one has answered it or reacted.
    """

    text: str
    said_at: float
    id: str = ""
    answers: str | None = None
    sha256: str | None = None
    reaction: str | None = None
    deleted: bool = False
    final: bool = False


@frozen
class Shown:
    """One message as one side shows it now.

    Attributes:
        id: its id there.
        mine: whether who looks has written it.
        answers: the text of the message it answers, None if it answers none that is there.
        reactions: of everybody.
    """

    id: str
    text: str
    mine: bool = False
    answers: str | None = None
    reactions: frozenset[str] = field(default=frozenset())


def expected(lines: Iterable[Line]) -> list[Line]:
    """What should be there: all that was not deleted, in the order it was said."""
    return [line for line in lines if not line.deleted]


def complaints(lines: Sequence[Line], shown: Sequence[Shown]) -> list[str]:
    """What is wrong; empty if each message is there once, in order, and as it was left."""
    wanted = expected(lines)
    texts = [one.text for one in shown]
    found = [f"lost: {line.text!r}" for line in wanted if line.text not in texts]
    said = {line.text for line in wanted}
    gone = {line.text for line in lines if line.deleted}
    for text in dict.fromkeys(texts):
        if text in gone - said:
            found.append(f"still there: {text!r}")
        elif text not in said:
            found.append(f"nobody said: {text!r}")
        elif texts.count(text) > 1:
            found.append(f"there {texts.count(text)} times: {text!r}")
    if not found and texts != [line.text for line in wanted]:
        found.append(_first_disorder([line.text for line in wanted], texts))
    by_text = {one.text: one for one in shown}
    for line in wanted:
        if line.text in by_text:
            found += _changed(line, by_text[line.text])
    return found


def _first_disorder(wanted: Sequence[str], texts: Sequence[str]) -> str:
    pairs = zip(wanted, texts, strict=True)
    first, instead = next((a, b) for a, b in pairs if a != b)
    return f"out of order: {instead!r} where {first!r} should be"


def _changed(line: Line, shown: Shown) -> Iterable[str]:
    if line.answers is not None and shown.answers != line.answers:
        yield f"{line.text!r} answers {shown.answers!r}, not {line.answers!r}"
    if line.reaction is not None and line.reaction not in shown.reactions:
        yield f"{line.text!r} has no {line.reaction}, but {sorted(shown.reactions)}"


def counts(books: Mapping[str, Sequence[Line]]) -> str:
    """How much was said, for people."""
    lines = [line for book in books.values() for line in book]
    return (
        f"{len(lines)} messages, of them {sum(one.answers is not None for one in lines)} answers, "
        f"{sum(one.sha256 is not None for one in lines)} files, "
        f"{sum(one.deleted for one in lines)} deleted; "
        f"{sum(one.reaction is not None for one in lines)} reactions"
    )
