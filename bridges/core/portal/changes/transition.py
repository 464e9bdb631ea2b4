# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a change of a Matrix membership means."""

from enum import Enum, auto


class Transition(Enum):
    """What was done to somebody."""

    NOTHING = auto()
    LEAVE = auto()
    INVITE = auto()
    KICK = auto()
    BAN = auto()
    UNBAN = auto()


def transition(before: str | None, now: str, *, is_own: bool) -> Transition:
    """What it means that a membership was ``before`` and is ``now``.

    ``is_own``: the person has done it themselves.
    """
    if now == before:
        return Transition.NOTHING
    if is_own:
        return Transition.LEAVE if now == "leave" else Transition.NOTHING
    match now:
        case "invite":
            return Transition.INVITE
        case "ban":
            return Transition.BAN
        case "leave":
            return Transition.UNBAN if before == "ban" else Transition.KICK
    return Transition.NOTHING
