# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said of archives; pure."""

from collections.abc import Iterable, Sequence
from itertools import islice

from bridges.core.text import UserText, user_text
from bridges.guide.archives.deposit import Deposit, State
from bridges.migration.plan.model import Plan, PlannedRoom
from bridges.migration.run.checking import Finding
from bridges.migration.run.rereading import RoomReport, words_of
from bridges.migration.run.undoing import Undone
from bridges.migration.screens import left_out_lines

_ROOMS = 8
_REASONS = 5
_FILES = ("pictures", "videos", "sounds", "files", "stickers")


def later_than(earlier: str) -> UserText:
    """Say that a file goes on where another ends."""
    return user_text(
        "These chats are here already, from {file}. Only what was said since then will come, into the same"
        " rooms.",
        file=earlier,
    )


def summary(
    name: str, plan: Plan, remarks: Iterable[UserText], findings: Sequence[Finding]
) -> list[UserText]:
    """Say what a plan would do, and what stands in its way."""
    made = plan.made
    people = {one.speaks_as for room in made for one in room.speakers}
    files = sum(room.counts.get(kind, 0) for room in made for kind in _FILES)
    lines = [
        user_text(
            "{file} – rooms: {rooms}, messages: {messages}, people: {people}, files: {files}.",
            file=name,
            rooms=len(made),
            messages=sum(one.counts.get("messages", 0) for one in made),
            people=len(people),
            files=files,
        )
    ]
    lines += [_planned(one) for one in made[:_ROOMS]]
    if len(made) > _ROOMS:
        lines.append(user_text("… and {count} more", count=len(made) - _ROOMS))
    skipped = [one for one in plan.rooms if one.skip]
    lines += [
        user_text("Gets no room: {room}, because {why}.", room=one.name, why=one.skip)
        for one in skipped[:_ROOMS]
    ]
    lines += left_out(left_out_lines(plan.rooms))
    lines += remarks
    lines += [one.text for one in findings]
    if any(one.prevents for one in findings):
        lines.append(
            user_text("It cannot begin before that is seen to: ask the people who run this server.")
        )
    else:
        lines.append(
            user_text("Say `start` to bring it over, or `forget files` to have the file deleted.")
        )
    return lines


def _planned(room: PlannedRoom) -> UserText:
    messages = room.counts["messages"]
    if room.behind is None:
        return UserText("- {room}: {messages}", {"room": room.name, "messages": messages})
    return user_text(
        "- {room}: {messages}, which go behind what is in your chat here",
        room=room.name,
        messages=messages,
    )


def left_out(lines: Iterable[str]) -> list[UserText]:
    """Say what is left out, most first."""
    return [user_text("Left out: {what}", what=one) for one in islice(lines, _REASONS)]


def progress(name: str, done: int, total: int) -> list[UserText]:
    """Say how far it is."""
    return [
        user_text(
            "Bringing over {file}: {done} of {total} messages. Say `stop` to stop it.",
            file=name,
            done=done,
            total=total,
        )
    ]


def stopped(name: str) -> list[UserText]:
    """Say that it has stopped."""
    return [
        user_text("Stopped: {file}. Say `start` to go on; nothing will be there twice.", file=name)
    ]


def totals(name: str, reports: Sequence[RoomReport]) -> list[UserText]:
    """Say how what is there compares with what was in the file."""
    lines = [
        user_text(
            "{file} is here. I have read all rooms again. Messages in the file: {messages}, in the"
            " rooms: {brought}, left out: {left_out}.",
            file=name,
            messages=sum(one.messages for one in reports),
            brought=sum(one.brought for one in reports),
            left_out=sum(each.count for one in reports for each in one.left_out),
        )
    ]
    lines += left_out(left_out_lines(reports))
    for one in reports:
        lines += [
            user_text(
                "{room} differs from the file: {what}: {count}",
                room=one.name,
                count=count,
                what=words_of(kind),
            )
            for kind, count in one.differences.items()
        ]
    lines.append(
        user_text("I have deleted the file. `undo` takes the rooms away again, if you want that.")
    )
    return lines


def undone(name: str, result: Undone) -> list[UserText]:
    """Say what was taken back, and what was not."""
    lines = [
        user_text(
            "Taken back: {file}. Rooms that everybody has left: {rooms}.",
            file=name,
            rooms=result.rooms,
        )
    ]
    if result.cleared:
        lines.append(
            user_text(
                "Chats that stay, without what was put behind them: {count}.",
                count=len(result.cleared),
            )
        )
    if result.still_there:
        lines.append(
            user_text(
                "Rooms you are still in: {count}. Leave them yourself.",
                count=len(result.still_there),
            )
        )
    if result.uploads:
        lines.append(
            user_text(
                "Files that stay on the homeserver until its administrators delete them: {count}. Nobody"
                " finds them without their address.",
                count=len(result.uploads),
            )
        )
    return lines


def standing(number: int, deposit: Deposit) -> UserText:
    """Say how far a file is, as a line of a list."""
    return UserText(
        "{number}. {file}: {state}",
        {"number": number, "file": deposit.name, "state": _STATES[deposit.state]},
    )


_STATES = {
    State.ARRIVING: user_text("is being fetched"),
    State.PLANNING: user_text("is being looked at"),
    State.ASKING: user_text("I have asked you something about it"),
    State.READY: user_text("ready, say `start`"),
    State.RUNNING: user_text("is being brought over"),
    State.STOPPED: user_text("stopped, say `start` to go on or `undo` to take it back"),
    State.DONE: user_text("is here, `undo` takes it back"),
    State.UNDOING: user_text("is being taken back"),
}
