# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identifiers of the remote side, opaque to everyone but the network that made them.

Only a network's own folder creates or parses these. The core compares, stores and passes them on.
Matrix identifiers are mautrix's ``UserID``, ``RoomID`` and ``EventID``.
"""

from typing import NewType

from attrs import frozen

ChatID = NewType("ChatID", str)
RemoteUserID = NewType("RemoteUserID", str)
LoginID = NewType("LoginID", str)
MessageID = NewType("MessageID", str)
PartID = NewType("PartID", str)

SHARED = LoginID("")
"""Receiver of a chat whose message ids are the same for every account in it."""

WHOLE = PartID("")
"""The first (usually the only) part of a message."""


SPACE = "space"
"""The sub-chat that is no chat but gathers a chat and its sub-chats."""


@frozen
class ChatKey:
    """Which chat, and for which account where accounts number their messages separately.

    Where a chat has sub-chats (forum topics), their ids are ``<chat>/<sub-chat>`` and share its
    numbering of messages.

    ``receiver`` is ``SHARED`` for chats whose message ids are global (Telegram channels) and the
    login's id where each account has its own copy (direct chats, Telegram basic groups).
    """

    chat: ChatID
    receiver: LoginID = SHARED

    def __str__(self) -> str:
        return f"{self.chat}|{self.receiver}" if self.receiver else str(self.chat)


NO_CHAT = ChatKey(ChatID(""))
"""Says that there is none, where None says that it is not known."""
