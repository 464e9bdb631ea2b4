# SPDX-License-Identifier: AGPL-3.0-or-later
"""What FakeNetwork tells of the past of a chat."""

from collections.abc import Iterator, Sequence

from bridges.core.events import ReactionsOf, RemoteMessage, RemoteReceipt
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatKey, MessageID
from tests.fakes.world import Account, Chat, Message, World


def page(
    world: World, chat: Chat, key: ChatKey, viewer: Account, before: MessageID | None, limit: int
) -> HistoryPage:
    """See `bridges.core.abilities.ReadsHistory`."""
    messages = [
        one for one in chat.messages.values() if before is None or int(one.id) < int(before)
    ]
    shown = messages[-limit:]
    return HistoryPage(
        messages=tuple(_past(world, key, viewer, one) for one in shown),
        more=shown[0].id if len(shown) < len(messages) else None,
        people={one.sender: world.accounts[one.sender].info() for one in shown},
    )


def read_marks(
    world: World, chat: Chat, key: ChatKey, viewer: Account, among: Sequence[MessageID]
) -> Iterator[RemoteReceipt]:
    """See `bridges.core.abilities.ReadsHistory`."""
    for reader, up_to in chat.read.items():
        read = [one for one in among if int(one) <= int(up_to)]
        if read:
            yield RemoteReceipt(key, world.sender(reader, viewer), max(read, key=int))


def _past(world: World, key: ChatKey, viewer: Account, message: Message) -> PastMessage:
    return PastMessage(
        RemoteMessage(
            chat=key,
            sender=world.sender(message.sender, viewer),
            id=message.id,
            timestamp=message.timestamp,
            parts=message.parts,
            reply_to=message.reply_to,
        ),
        edit_stamp=message.stamp,
        reactions=tuple(
            ReactionsOf(world.sender(user, viewer), emojis)
            for user, emojis in message.reactions.items()
            if emojis
        ),
    )
