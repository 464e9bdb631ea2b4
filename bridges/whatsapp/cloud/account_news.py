# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Meta says of a whole WhatsApp business account that its agents have to know. Pure.

Source: https://developers.facebook.com/docs/whatsapp/business-management-api/webhooks/components
"""

from bridges.core.text import UserText, user_text
from bridges.whatsapp.cloud.notifications import Change
from bridges.whatsapp.cloud.reading import text_at

_CLOSED = user_text(
    "Meta has closed the organisation's WhatsApp account, or is about to. Its administrator finds the "
    "reason in Meta's Business Manager and can appeal there."
)
_FEWER = user_text(
    "Customers have complained about the organisation's number, and Meta limits how many chats it may "
    "begin. Send templates only to people who want them."
)
_BANS = frozenset({"DISABLE", "SCHEDULE_FOR_DISABLE"})
_WORSE = frozenset({"FLAGGED", "DOWNGRADE"})


def account_news(change: Change) -> UserText | None:
    """What agents are told of a change that is about no single message; None if nothing."""
    match change.kind:
        case "account_update" if text_at(change.value, "ban_info", "waba_ban_state") in _BANS:
            return _CLOSED
        case "phone_number_quality_update" if text_at(change.value, "event") in _WORSE:
            return _FEWER
        case _:
            return None
