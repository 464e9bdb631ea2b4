# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has said something to whom, and when: everything of a message but what it says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from bridges.core.chat import Sender
from bridges.core.ids import ChatKey, LoginID, MessageID
from bridges.whatsapp.ids import BROADCAST, STATUS, Jid, chat_key, maybe_jid
from bridges.whatsapp.linked.people import People

_MILLISECONDS = 10**11
"""Times above this are told in milliseconds."""


@frozen
class Envelope:
    """See above.

    Attributes:
        speaker: by which address the sender is called here.
        addresses: what is told of who has which addresses.
    """

    chat: ChatKey
    sender: Sender
    speaker: Jid
    id: MessageID
    when: datetime
    addresses: tuple[tuple[Jid | None, Jid | None], ...]

    @property
    def seconds(self) -> int:
        """When it was, in seconds since the epoch."""
        return int(self.when.timestamp())


def moment(told: Any, now: datetime) -> datetime:
    """When something was, told in seconds or milliseconds; never later than ``now``."""
    try:
        number = float(told)
        seconds = number / 1000 if number > _MILLISECONDS else number
        return min(datetime.fromtimestamp(seconds, UTC), now) if seconds > 0 else now
    except (TypeError, ValueError, OverflowError, OSError):
        return now


async def opened(
    data: Mapping[str, Any], login: LoginID, me: Jid, people: People, now: datetime
) -> Envelope | None:
    """Read the addresses of a message, receipt or typing notice; None where one is malformed.

    A direct chat is called after the other side's LID as soon as that is known, whichever address
    this message went to.
    """
    chat, sender = maybe_jid(data.get("chat")), maybe_jid(data.get("sender"))
    if chat is None or sender is None:
        return None
    sender_alt, recipient_alt = (
        maybe_jid(data.get("sender_alt")),
        maybe_jid(data.get("recipient_alt")),
    )
    mine = bool(data.get("from_me"))
    speaker = me if mine else await people.person(sender, sender_alt)
    told = [(sender, sender_alt)]
    if chat.is_person:
        alternative = recipient_alt if mine else sender_alt
        told.append((chat, alternative))
        chat = await people.person(chat, alternative)
    elif chat.server == BROADCAST and chat != STATUS:
        if mine:
            return None  # Everybody on the list has it in their own chat, and so have we.
        chat = speaker
    return Envelope(
        chat=chat_key(chat, login),
        sender=people.sender(speaker),
        speaker=speaker,
        id=MessageID(str(data.get("id", ""))),
        when=moment(data.get("timestamp"), now),
        addresses=tuple(told),
    )
