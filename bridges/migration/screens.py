# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon migrate`` shows, in the operator's language."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import asdict
from rich.markup import escape
from rich.table import Table

from bridges.core.text import Translation, user_text
from bridges.migration.plan.model import LeftOut, Plan, PlannedRoom, Question
from bridges.migration.run.rereading import RoomReport, words_of

_KINDS = ("pictures", "videos", "sounds", "files", "stickers")


def plan_table(plan: Plan, say: Translation) -> Table:
    """Give a plan's rooms as a table."""
    headings = (
        user_text("Room"),
        user_text("Messages"),
        user_text("Files"),
        user_text("Missing files"),
        user_text("Reactions"),
        user_text("Left out"),
    )
    table = Table(*map(say, headings))
    for room in plan.rooms:
        counts = room.counts
        numbers = (
            counts.get("messages", 0),
            sum(counts.get(kind, 0) for kind in _KINDS),
            counts.get("missing_files", 0),
            counts.get("reactions", 0),
            counts.get("left_out", 0),
        )
        behind = ""
        if room.behind is not None:
            behind = say(user_text("goes behind what is in {room}", room=room.behind.room))
        name = " – ".join(filter(None, (room.name, room.skip or behind)))
        table.add_row(escape(name), *map(str, numbers))
    return table


def answers_of(question: Question) -> list[str]:
    """Give how a question is answered: options of ``karvon migrate plan``."""
    lines = []
    for one in question.options:
        value = one.value if re.fullmatch(r"[\w/]+", one.value) else f'"{one.value}"'
        lines.append(f"--{question.about} {value}" + (f"  ({one.shown})" if one.shown else ""))
    return lines


def left_out_lines(rooms: Iterable[PlannedRoom | RoomReport]) -> Iterable[str]:
    """Give one line for each reason for which something is left out, most first."""
    found: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for room in rooms:
        for one in room.left_out:
            found[one.why] += one.count
            examples.setdefault(one.why, _example(room, one))
    return [f"{count} × {why} ({examples[why]})" for why, count in found.most_common()]


def _example(room: PlannedRoom | RoomReport, left_out: LeftOut) -> str:
    return ", ".join((room.name, *left_out.examples[:1]))


def report_table(reports: Sequence[RoomReport], say: Translation) -> Table:
    """Give how rooms compare with their chats as a table."""
    headings = (
        user_text("Room"),
        user_text("In the archive"),
        user_text("In the room"),
        user_text("Left out"),
        user_text("Differences"),
    )
    table = Table(*map(say, headings))
    for one in reports:
        different = ", ".join(
            f"{count} {say(words_of(kind))}" for kind, count in one.differences.items()
        )
        left_out = sum(each.count for each in one.left_out)
        table.add_row(
            escape(one.name),
            str(one.messages),
            str(one.brought),
            str(left_out),
            different or say(user_text("none")),
            style="" if one.is_right else "red",
        )
    return table


def examples(reports: Iterable[RoomReport], say: Translation) -> Iterator[str]:
    """Give a line for each difference that is told of rooms."""
    for room in reports:
        for kind, where in room.examples:
            yield f"✗ {room.name}: {say(words_of(kind))}: {where}"


def report_document(reports: Sequence[RoomReport]) -> dict[str, Any]:
    """Give the same for programs: JSON."""
    return {
        "right": all(one.is_right for one in reports),
        "messages": sum(one.messages for one in reports),
        "brought": sum(one.brought for one in reports),
        "left_out": sum(each.count for one in reports for each in one.left_out),
        "rooms": [
            {**asdict(one), "examples": [": ".join(example) for example in one.examples]}
            | {"right": one.is_right}
            for one in reports
        ],
    }
