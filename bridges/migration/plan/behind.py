# SPDX-License-Identifier: AGPL-3.0-or-later
"""The seam between an archive and what a bridge has of the same chat in its room; pure.

Telegram numbers the messages of a chat in the order they are said: for everybody alike in channels and
supergroups, for each account by itself in direct chats and small groups. So what has a lower number than the
first message that the bridge knows stands before it, and everything else is the bridge's.
"""

import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from bridges.core.text import user_text
from bridges.migration.archives.model import ArchivedMessage, ArchivedPerson, Skipped, Source

THERE_ALREADY = user_text(
    "It is of the time since which a bridge brings this chat into a room, and is not brought in again."
)
"""Why a message is left out that is not older than the first one of a bridge's room."""

_CHAT = re.compile(r"(?P<kind>user|chat|channel)(?P<rest>[0-9]{1,19}(?:/[0-9]{1,19})?)")
_USER = re.compile(r"user(?P<id>[0-9]{1,19})")
_NUMBER = re.compile(r"-?[0-9]{1,19}")


@frozen
class BridgedChat:
    """How a bridge calls a chat, and whose numbers of messages are meant.

    ``account`` is empty where they are the same for all.
    """

    chat: str
    account: str = ""


@frozen
class Edge:
    """Where a bridge's part of a chat begins: in which room, and with which message there."""

    room: str
    first: str
    chat: BridgedChat


def bridged_chat(source: Source, chat: str, owner: ArchivedPerson | None) -> BridgedChat | None:
    """Give what to ask a bridge for; None if it could be another chat, or other numbers.

    Args:
        chat: the archive's id.
        owner: whose archive it is, as far as that is known.
    """
    found = _CHAT.fullmatch(chat)
    if source is not Source.TELEGRAM or found is None:
        return None
    name = f"{found['kind']}:{found['rest']}"
    if found["kind"] == "channel":
        return BridgedChat(name, "")
    account = None if owner is None else _USER.fullmatch(owner.id)
    return None if account is None else BridgedChat(name, account["id"])


def before(
    messages: Iterable[ArchivedMessage | Skipped], first: str
) -> Iterator[ArchivedMessage | Skipped]:
    """Leave out what is not older than the first message of a bridge's room, whose id is ``first``."""
    for one in messages:
        if isinstance(one, ArchivedMessage) and not is_older(one.id, first):
            yield Skipped(one.id, THERE_ALREADY)
        else:
            yield one


def is_older(message: str, first: str) -> bool:
    """Whether a message stands before another one. Numbers below zero are of before a group's growth."""
    return bool(_NUMBER.fullmatch(message)) and int(message) < int(first)
