# SPDX-License-Identifier: AGPL-3.0-or-later
"""The six things that are said: calls and confirmations one way, answers and events the other.

Each value is a JSON object on the wire, told apart by its ``is`` field.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import asdict, field, fields, frozen
from attrs.validators import instance_of

from bridges.whatsapp.wire.frames import FrameError

VERSION = 1
"""Both sides come from one installation; a worker of its own container may be another version."""


@frozen
class Greeting:
    """The worker's first word.

    Attributes:
        version: of this language, `VERSION`.
        journal: names the journal the numbers of events belong to.
    """

    version: int = field(validator=instance_of(int))
    journal: str = field(validator=instance_of(str))


@frozen
class Call:
    """The bridge asks for something.

    Attributes:
        number: chosen by the bridge, returned with the answer.
        name: what is asked for, e.g. ``send``.
        account: whose linked device it is about; empty for the worker itself.
        arguments: JSON values by name.
    """

    number: int = field(validator=instance_of(int))
    name: str = field(validator=instance_of(str))
    account: str = field(validator=instance_of(str))
    arguments: Mapping[str, Any] = field(validator=instance_of(dict))


@frozen
class Answer:
    """What a call returned: a JSON value."""

    number: int = field(validator=instance_of(int))
    result: Any


@frozen
class Refusal:
    """Why a call failed: a stable code in capitals, and the library's own words."""

    number: int = field(validator=instance_of(int))
    code: str = field(validator=instance_of(str))
    text: str = field(validator=instance_of(str))


@frozen
class WorkerEvent:
    """Something happened.

    Attributes:
        account: whose linked device saw it.
        seq: its number in the journal, ascending and never used again; it comes again until it is
            acknowledged. 0: it is worth nothing later (a QR code, typing) and comes once or never.
        kind: e.g. ``message``; docs/whatsapp.md lists them.
        data: what happened.
    """

    account: str = field(validator=instance_of(str))
    seq: int = field(validator=instance_of(int))
    kind: str = field(validator=instance_of(str))
    data: Mapping[str, Any] = field(validator=instance_of(dict))


@frozen
class Acknowledgement:
    """The bridge has an event safe; the worker may forget it."""

    account: str = field(validator=instance_of(str))
    seq: int = field(validator=instance_of(int))


Said = Greeting | Call | Answer | Refusal | WorkerEvent | Acknowledgement
SaidT = TypeVar("SaidT", bound=Said)

_KINDS: dict[str, type[Said]] = {
    "greeting": Greeting,
    "call": Call,
    "answer": Answer,
    "refusal": Refusal,
    "event": WorkerEvent,
    "acknowledgement": Acknowledgement,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(said: Said) -> dict[str, Any]:
    """Return the object that goes over the wire."""
    return {"is": _NAMES[type(said)], **asdict(said, recurse=False)}


def from_json(content: Mapping[str, Any]) -> Said:
    """Read such an object. Raises `FrameError`."""
    kind = _KINDS.get(str(content.get("is")))
    if kind is None:
        raise FrameError("a frame says nothing that is known here")
    try:
        return kind(**{one.name: content[one.name] for one in fields(kind)})
    except (KeyError, TypeError) as error:
        raise FrameError(f"a frame with a bad {_NAMES[kind]}") from error
