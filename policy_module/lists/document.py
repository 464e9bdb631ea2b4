# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a list says: the signed content, its shape, and refusing nonsense in one clear line.

The shape is ours. Like gematik's federation list for the TI-Messenger it has one entry per server
and a version that only grows; it adds an expiry, directions, denials and words for people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from attrs import frozen
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from policy_module.rules.names import InvalidNameError, Pattern, parse_pattern

LIST_TYPE: Final = "org.karvon.federation-list"

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""Names of lists; they are file names too."""

MAX_VERSION: Final = 2**53 - 1
"""The largest integer every JSON reader keeps exact (RFC 7493, section 2.2)."""

_SHOWN_MISTAKES = 5

Direction = Literal["both", "in", "out"]


class ListContentError(ValueError):
    """The content is no list; the message is one line naming each mistake and what is right."""


@frozen
class ListedServer:
    """One entry; ``until`` is in POSIX seconds, ``None`` without an end of its own."""

    pattern: Pattern
    direction: Direction
    until: float | None
    note: str
    contact: str


@frozen
class FederationList:
    """A list, checked as a whole. Times are POSIX seconds."""

    name: str
    version: int
    issued: float
    expires: float
    servers: tuple[ListedServer, ...]
    deny: tuple[ListedServer, ...]


def parse(content: bytes) -> FederationList:
    """Read the content of a list (JSON, UTF-8).

    Raises:
        ListContentError: with the first mistakes in one line.
    """
    try:
        given = _Content.model_validate_json(content)
    except ValidationError as error:
        raise ListContentError(_in_one_line(map(_describe, error.errors()))) from None
    mistakes: list[str] = []
    servers = tuple(_entries("servers", given.servers, mistakes))
    deny = tuple(_entries("deny", given.deny, mistakes))
    if given.expires <= given.issued:
        mistakes.append("expires: must be later than issued")
    if mistakes:
        raise ListContentError(_in_one_line(mistakes))
    return FederationList(
        name=given.name,
        version=given.version,
        issued=given.issued.timestamp(),
        expires=given.expires.timestamp(),
        servers=servers,
        deny=deny,
    )


_Words = Annotated[str, StringConstraints(max_length=1000)]
_STRICT = ConfigDict(extra="forbid", strict=True)


# No model: a list may have 100,000 entries, and models take twice the time.
@dataclass(slots=True)
class _Entry:
    __pydantic_config__ = _STRICT

    server: str
    direction: Direction = "both"
    until: AwareDatetime | None = None
    note: _Words = ""
    contact: _Words = ""


class _Content(BaseModel):
    model_config = _STRICT

    type: Literal["org.karvon.federation-list"]
    name: Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
    version: Annotated[int, Field(ge=1, le=MAX_VERSION)]
    issued: AwareDatetime
    expires: AwareDatetime
    servers: list[_Entry]
    deny: list[_Entry] = Field(default_factory=list)


def _entries(key: str, given: Iterable[_Entry], mistakes: list[str]) -> Iterator[ListedServer]:
    """Yield the entries that name servers, and add a line to ``mistakes`` for each other one."""
    for index, entry in enumerate(given):
        try:
            pattern = parse_pattern(entry.server)
        except InvalidNameError as error:
            mistakes.append(f"{key}[{index}].server: {entry.server!r} {error}")
            continue
        until = None if entry.until is None else entry.until.timestamp()
        yield ListedServer(pattern, entry.direction, until, entry.note, entry.contact)


def _in_one_line(mistakes: Iterable[str]) -> str:
    lines = list(mistakes)
    shown = lines[:_SHOWN_MISTAKES]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more")
    return "; ".join(shown)


def _describe(mistake: ErrorDetails) -> str:
    where = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in mistake["loc"]
    ).removeprefix(".")
    match mistake["type"]:
        case "missing":
            said = "is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            said = "is not known here"
        case "value_error":
            said = str(mistake["ctx"]["error"])
        case "string_pattern_mismatch":
            said = "must be small letters, digits, dots, hyphens; at most 64"
        case "literal_error":
            said = f"must be {mistake['ctx']['expected']}"
        case _:
            said = mistake["msg"]
    return f"{where}: {said}" if where else said
