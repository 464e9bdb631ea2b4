# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said in the demo, and whether all of it arrived: values and pure functions."""

from collections.abc import Sequence
from enum import Enum

from attrs import frozen


class Side(Enum):
    """Where a line is spoken."""

    TELEGRAM = "Telegram"
    MATRIX = "Matrix"


@frozen
class Line:
    """Something said on one side, to be heard on the other."""

    side: Side
    text: str


SCRIPT: tuple[Line, ...] = (
    Line(Side.TELEGRAM, "Assalomu alaykum, Nodira! Did you move?"),
    Line(Side.MATRIX, "Wa alaykum assalom! Yes, I write from our own homeserver now."),
    Line(Side.TELEGRAM, "And I am still on Telegram."),
    Line(Side.TELEGRAM, "So nothing changes for me?"),
    Line(Side.TELEGRAM, "Not even your name?"),
    Line(Side.MATRIX, "Nothing at all 🐫"),
    Line(Side.MATRIX, "Same chat, same history."),
    Line(Side.MATRIX, "Салом аз Душанбе. Привет из Ташкента. سلام"),
    Line(Side.TELEGRAM, "Emoji and families too? 👨‍👩‍👧‍👦 🇹🇯🇺🇿"),
    Line(Side.MATRIX, "All of them 👩🏽‍🚀"),
    Line(Side.TELEGRAM, "<script>alert('and this?')</script>"),
    Line(Side.MATRIX, "Just text & nothing else."),
    Line(Side.TELEGRAM, "Then the caravan is complete."),
    Line(Side.MATRIX, "Nobody was left behind."),
)


def spoken(script: Sequence[Line], side: Side) -> list[str]:
    """What is said on one side, in order."""
    return [line.text for line in script if line.side is side]


def complaints(said: Sequence[str], heard: Sequence[str]) -> list[str]:
    """What is wrong with what was heard; empty if every line came exactly once and in order."""
    found = []
    for text in dict.fromkeys(said):
        times = heard.count(text)
        if times == 0:
            found.append(f"lost: {text}")
        elif times > said.count(text):
            found.append(f"came {times} times: {text}")
    found += [f"nobody said: {text}" for text in dict.fromkeys(heard) if text not in said]
    if not found and list(heard) != list(said):
        found.append("came in another order")
    return found
