# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message is said in view of (``ContextInfo``): what it answers, when it disappears, whom it names."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from bridges.core.ids import MessageID
from bridges.whatsapp.formatting import JidOf, WhatsAppText, address_of
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.json_form import Json

NOT_QUOTED: Json = {"conversation": ""}
"""Clients show the answered message as they have it; they only want to see that there is one."""


@frozen
class Answered:
    """The message that is answered.

    Attributes:
        sender: who wrote it, by the address they have in the chat.
        chat: where it is, if it is in another chat (a status post).
        content: what it says, as far as it is known.
    """

    id: MessageID
    sender: Jid
    chat: Jid | None = None
    content: Json = field(default=NOT_QUOTED)


@frozen
class Writing:
    """How messages are written in one chat.

    Attributes:
        timer: seconds after which messages disappear; 0 if they stay.
        timer_set: when that was set, in seconds since the epoch.
        jid_of: the address by which somebody is mentioned here, None if they cannot be.
    """

    answered: Answered | None = None
    timer: int = 0
    timer_set: int = 0
    jid_of: JidOf = address_of

    def context(self, text: WhatsAppText | None = None, *, answers: bool = True) -> dict[str, Any]:
        """The ``ContextInfo`` of a message with ``text``; empty if there is nothing to say."""
        context: dict[str, Any] = {}
        if self.answered is not None and answers:
            context |= {
                "stanzaID": self.answered.id,
                "participant": str(self.answered.sender.bare),
                "quotedMessage": dict(self.answered.content),
            }
            if self.answered.chat is not None:
                context["remoteJID"] = str(self.answered.chat)
        if text is not None and text.mentioned:
            context["mentionedJID"] = [str(jid.bare) for jid in text.mentioned]
        if text is not None and text.everyone:
            context["nonJIDMentions"] = 1
        if self.timer:
            context["expiration"] = self.timer
            if self.timer_set:
                context["ephemeralSettingTimestamp"] = str(self.timer_set)
        return context


def with_context(content: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a message with its context, if there is any."""
    return {**content, "contextInfo": dict(context)} if context else dict(content)
