# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a report says in sentences: states, doubts, next steps, the invitation."""

from typing import assert_never
from urllib.parse import quote

from mautrix.types import UserID

from bridges.contacts.report.model import Obstacle, Reason, Report, State
from bridges.contacts.sources.model import SourceKind
from bridges.core.sanitize import clean_text
from bridges.core.text import UserText, user_text

STATES = {
    State.NATIVE: user_text("On Matrix"),
    State.BRIDGED: user_text("Through a bridge"),
    State.UNREACHABLE: user_text("Not reachable yet"),
}


def network_name(kind: SourceKind) -> str:
    """How a network is called."""
    names = {SourceKind.TELEGRAM: "Telegram", SourceKind.WHATSAPP: "WhatsApp"}
    return names.get(kind, "Matrix")


def next_step(obstacle: Obstacle) -> UserText:
    """What the person can do about an obstacle."""
    address = obstacle.address
    match obstacle.reason:
        case Reason.MATRIX_ADDRESS:
            return user_text(
                "Their Matrix address is {address}. Start a chat with it.", address=address
            )
        case Reason.NOT_A_CONTACT | Reason.NOT_LOGGED_IN:
            return _on_network(obstacle)
        case Reason.NUMBER:
            return user_text(
                "Only the number {address} is known. Send the invitation to it.", address=address
            )
        case Reason.SHARED_NUMBER:
            return user_text(
                "Only {address} is known, which is no mobile number. Call, and ask for another one.",
                address=address,
            )
        case Reason.MAIL:
            return user_text(
                "Only the address {address} is known. Send the invitation to it.", address=address
            )
        case Reason.UNREAD_NUMBER:
            return user_text(
                "The number “{address}” cannot be read. Write it with its country code.",
                address=address,
            )
        case Reason.NO_ADDRESS:
            return user_text(
                "Neither a number nor an address is known. Add one to your address book."
            )
        case _:
            assert_never(obstacle.reason)


def doubts(report: Report) -> list[UserText]:
    """Say what is not certain in a report."""
    lines = [
        user_text(
            "The bridge of {network} does not answer now; what I say of it is from before.",
            network=network,
        )
        for network in report.silent
    ]
    if report.waiting:
        lines.append(
            user_text(
                "For {number} numbers and accounts I do not know yet whether somebody is here; that "
                "is compared little by little.",
                number=report.waiting,
            )
        )
    return lines


def invitation(owner: UserID) -> UserText:
    """What the person can send to somebody who is not on Matrix, wherever they reach them."""
    return user_text(
        "I am on Matrix now, a network of chats that belongs to nobody. Install Element or another "
        "app for Matrix, make an account on {server} or any other server, and write to me: {link}",
        server=owner.partition(":")[2],
        link=matrix_link(owner),
    )


def matrix_link(to: str) -> str:
    """An address that leads to a person or room in any app (spec v1.11, appendices, "matrix.to")."""
    return f"https://matrix.to/#/{quote(clean_text(to), safe='@:')}"


def _on_network(obstacle: Obstacle) -> UserText:
    network = network_name(obstacle.network or SourceKind.MATRIX)
    if obstacle.reason is Reason.NOT_LOGGED_IN:
        return user_text(
            "They are on {network}. Log in there with its bot, or send them the invitation.",
            network=network,
        )
    if not obstacle.address:
        return user_text(
            "They are on {network}, but not among your contacts there. Open the chat in the app of "
            "{network} and write to them.",
            network=network,
        )
    return user_text(
        "They are on {network}, but not among your contacts there. Say to its bot: "
        "`start-chat {address}`",
        network=network,
        address=obstacle.address,
    )
