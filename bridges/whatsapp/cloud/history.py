# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of what was in the WhatsApp Business app before, as they were handed over."""

from bridges.core.chat import Sender, UserInfo
from bridges.core.events import RemoteMessage
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.text import Translation
from bridges.whatsapp.cloud.collector import OURS, Number
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.messages import Said, happening_of
from bridges.whatsapp.cloud.reading import flag_at


async def page(
    number: Number,
    chat: ChatKey,
    customer: RemoteUserID,
    before: MessageID | None,
    limit: int,
    translate: Translation,
) -> HistoryPage:
    """The last ``limit`` messages of a chat before one of them, or before now."""
    rows = await number.inbox.past(chat.chat, before, limit)
    reader, now = Reader(translate), number.handle.clock.now()
    messages, people = [], {}
    for row in reversed(rows):
        said = happening_of(row, reader, now)
        if not isinstance(said, Said):
            continue
        user = number.business if flag_at(row, OURS) else customer
        known = await number.customers.get(user)
        if known is not None and known.name:
            people[user] = UserInfo(name=known.name)
        messages.append(
            PastMessage(
                RemoteMessage(
                    chat=chat,
                    sender=Sender(user),
                    id=MessageID(said.id),
                    timestamp=said.at,
                    parts=said.parts,
                    reply_to=MessageID(said.reply_to) if said.reply_to else None,
                )
            )
        )
    oldest = MessageID(str(rows[-1]["id"])) if len(rows) == limit else None
    return HistoryPage(tuple(messages), more=oldest, people=people)
