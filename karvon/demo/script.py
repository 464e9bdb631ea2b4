# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said in the demo, and whether all of it arrived: values and pure functions."""

from collections.abc import Iterable, Sequence
from enum import Enum

from attrs import frozen

from karvon.stack.demo import Network


class Side(Enum):
    """Where a line is spoken: in the network's own app, or in Matrix."""

    APP = "app"
    MATRIX = "Matrix"


@frozen
class Line:
    """Something said on one side of a network's bridge, to be heard on the other."""

    network: Network
    side: Side
    text: str


_TELEGRAM, _WHATSAPP = Network.TELEGRAM, Network.WHATSAPP

SCRIPT: tuple[Line, ...] = (
    Line(_TELEGRAM, Side.APP, "Assalomu alaykum, Nodira! Did you move?"),
    Line(_TELEGRAM, Side.MATRIX, "Wa alaykum assalom! Yes, I write from our own homeserver now."),
    Line(_TELEGRAM, Side.APP, "And I am still on Telegram."),
    Line(_TELEGRAM, Side.APP, "So nothing changes for me?"),
    Line(_TELEGRAM, Side.APP, "Not even your name?"),
    Line(_TELEGRAM, Side.MATRIX, "Nothing at all 🐫"),
    Line(_TELEGRAM, Side.MATRIX, "Same chat, same history."),
    Line(_TELEGRAM, Side.MATRIX, "Салом аз Душанбе. Привет из Ташкента. سلام"),
    Line(_WHATSAPP, Side.APP, "Nodira, it is Farhod again, this time on WhatsApp."),
    Line(_WHATSAPP, Side.MATRIX, "I see you beside your Telegram, in the same list of rooms."),
    Line(_WHATSAPP, Side.APP, "My aunt is only here."),
    Line(_WHATSAPP, Side.APP, "So is half of our street."),
    Line(_WHATSAPP, Side.APP, "Биёед, ҳама якҷоя бошем!"),
    Line(_WHATSAPP, Side.MATRIX, "Then they stay where they are."),
    Line(_WHATSAPP, Side.MATRIX, "Nobody has to install anything 🐪"),
    Line(_TELEGRAM, Side.APP, "Emoji and families too? 👨‍👩‍👧‍👦 🇹🇯🇺🇿"),
    Line(_TELEGRAM, Side.MATRIX, "All of them 👩🏽‍🚀"),
    Line(_TELEGRAM, Side.APP, "<script>alert('and this?')</script>"),
    Line(_TELEGRAM, Side.MATRIX, "Just text & nothing else."),
    Line(_WHATSAPP, Side.APP, "Bu yerda ham shundaymi? <b>O‘zbekcha</b> & hammasi?"),
    Line(_WHATSAPP, Side.MATRIX, "Xuddi shunday."),
    Line(_TELEGRAM, Side.APP, "Then the caravan is complete."),
    Line(_TELEGRAM, Side.MATRIX, "Nobody was left behind."),
)


def part_of(script: Iterable[Line], networks: Iterable[Network]) -> tuple[Line, ...]:
    """What of a script is played with these networks."""
    there = frozenset(networks)
    return tuple(line for line in script if line.network in there)


def spoken(script: Iterable[Line], network: Network, side: Side) -> list[str]:
    """What is said on one side of a network's bridge, in order."""
    return [line.text for line in script if (line.network, line.side) == (network, side)]


def other(side: Side) -> Side:
    """Where is heard what is said on a side."""
    return Side.MATRIX if side is Side.APP else Side.APP


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
