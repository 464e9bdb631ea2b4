# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plan as a YAML file: written room by room, read whole (it holds people, not messages)."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cattrs
from attrs import evolve
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bridges.core.chat import ChatKind
from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import Source
from bridges.migration.archives.whatsapp import DateOrder
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.model import (
    VERSION,
    Asked,
    Head,
    Plan,
    PlannedRoom,
    Question,
    TopicRooms,
)

LARGEST = 64 * 1024 * 1024
"""Bytes of a plan that are read at most."""

MOST_MISTAKES = 5
"""Mistakes that are told at once."""

_TITLE = """\
# What karvon migrate will do. Read it, change it, then: karvon migrate check THIS_FILE
# What may be changed: a room's name; skip, the reason for which a room is not made; who speaks_as whom.
# A chat with behind goes silently behind what a bridge has of it in that room, as far as it is older. Take
# behind out with all that is in it, and the chat gets a room of its own.
"""


def write_plan(path: Path, head: Head, found: Iterable[PlannedRoom | Question]) -> Plan:
    """Write a plan as its rooms are found; gives it without the speakers of its rooms.

    An older file of this name is replaced when all is there.
    """
    rooms: list[PlannedRoom] = []
    questions: list[Question] = []
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(_TITLE)
        file.write(_yaml(_plain(head)))
        file.write("rooms:\n")
        for one in found:
            if isinstance(one, Question):
                questions.append(one)
                continue
            file.write(_yaml([_plain(one)]))
            rooms.append(evolve(one, speakers=()))
        if not rooms:
            file.write("  []\n")
        file.write(_yaml({"questions": [_plain(one) for one in questions]}))
    unfinished.replace(path)
    return Plan(head, tuple(rooms), tuple(questions))


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises ``PlanRefused``."""
    try:
        if path.stat().st_size > LARGEST:
            raise PlanRefused(
                user_text("{file} is too large to be a plan.", file=path.name),
            )
        values = YAML(typ="safe").load(path.read_text("utf-8"))
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from None
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise _unreadable(path, user_text("it is no plan, or one of another version of karvon"))
    return _structured(path, values)


def _structured(path: Path, values: dict[str, Any]) -> Plan:
    parts = {name: values.pop(name, None) or [] for name in ("rooms", "questions")}
    try:
        plan = _CONVERTER.structure({"head": values, **parts}, Plan)
    except (cattrs.BaseValidationError, cattrs.ForbiddenExtraKeysError) as error:
        mistakes = "; ".join(cattrs.transform_error(error)[:MOST_MISTAKES])
        raise _unreadable(path, mistakes.replace("$.head.", "$.")) from None
    known = {one.name for one in plan.head.archives}
    for room in plan.rooms:
        if room.archive not in known:
            raise _unreadable(
                path, user_text("there is no archive {archive} in it", archive=room.archive)
            )
    return plan


def _unreadable(path: Path, why: str | UserText) -> PlanRefused:
    return PlanRefused(
        user_text("The plan {file} cannot be used: {why}", file=path.name, why=why),
    )


def _plain(value: object) -> Any:
    """Give a value as what YAML has, without what is empty."""
    return _without_empty(_CONVERTER.unstructure(value))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_empty(one)
            for name, one in value.items()
            if one not in (None, "", [], (), {})
        }
    if isinstance(value, list | tuple):
        return [_without_empty(one) for one in value]
    if isinstance(value, str):
        # YAML folds line ends and drops what is invisible, unless it is in double quotes.
        return str(value) if value.isprintable() else DoubleQuotedScalarString(value)
    return value


def _yaml(value: Any) -> str:
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(value, out)
    return out.getvalue()


def _strict() -> cattrs.Converter:
    """A converter that takes no unknown keys and no values of other kinds."""
    converter = cattrs.Converter(forbid_extra_keys=True)

    def text(value: object, _: type) -> str:
        if not isinstance(value, str):
            raise TypeError("must be text, in quotes if it looks like a number")
        return value

    converter.register_structure_hook(str, text)
    # They are text as well, and the hook above would be theirs.
    for words in (Asked, ChatKind, DateOrder, Source, TopicRooms):
        converter.register_structure_hook(words, lambda value, kind: kind(value))
    return converter


_CONVERTER = _strict()
