# SPDX-License-Identifier: AGPL-3.0-or-later
"""What FakeNetwork tells of the past of a chat."""

from collections.abc import Iterator, Sequence

from bridges.core.events import ReactionsOf, RemoteMessage, RemoteReceipt
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatKey, MessageID
from tests.fakes.world import Account, Chat, Message, World


def is_set_aside(chat: Chat, account: Account) -> bool:
    """Whether somebody has archived a chat."""
    settings = chat.settings.get(account.user)
    return settings is not None and bool(settings.archived)


def readable(world: World, key: ChatKey, account: Account) -> Chat | None:
    """A chat that has moved, for those who have moved with it."""
    chat = world.chat_of(key)
    moved = [one for one in world.chats.values() if chat is not None and one.predecessor == chat.id]
    return chat if any(account.user in one.members for one in moved) else None


def page(
    world: World, chat: Chat, key: ChatKey, viewer: Account, before: MessageID | None, limit: int
) -> HistoryPage:
    """See `bridges.core.abilities.ReadsHistory`."""
    messages = [
        one for one in chat.messages.values() if before is None or int(one.id) < int(before)
    ]
    shown = messages[-limit:]
    older = None if chat.predecessor is None else world.chats[chat.predecessor]
    return HistoryPage(
        messages=tuple(_past(world, key, viewer, one) for one in shown),
        more=shown[0].id if len(shown) < len(messages) else None,
        continues=None if older is None else world.key(older, viewer),
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
