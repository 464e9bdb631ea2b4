# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the Graph API's errors mean for a person and for the core.

One table, by Meta's number (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes).
What is not in it is refused with its number in the sentence, so that it can be looked up.
"""

from collections.abc import Mapping
from http import HTTPStatus

from bridges.core.errors import (
    BridgeError,
    NotConnected,
    RateLimited,
    Rejected,
    SessionLost,
    TemporaryError,
)
from bridges.core.text import UserText, user_text
from bridges.whatsapp.cloud.reading import object_at, whole_at

WINDOW_CLOSED = user_text(
    "The customer has not written for more than 24 hours; until they do, WhatsApp takes templates "
    "only. Say the command template in this room to see them and to send one. Once the customer "
    "has answered, write again."
)
CODE_WINDOW = "WHATSAPP.131047"
_NOT_REACHED = user_text(
    "WhatsApp cannot deliver this to the customer: the number may not be on WhatsApp, or its app is "
    "too old. Reach them in another way."
)
_UNPAID = user_text(
    "WhatsApp does not send this because of a problem with the organisation's payment method. Its "
    "administrator finds out more in Meta's Business Manager."
)
_TEMPLATE = user_text(
    "WhatsApp does not take this template as it is: it may be paused, not approved, or given other "
    "values than it has places for. Say the command template to see it."
)
_FILE = user_text(
    "WhatsApp does not take this file. Pictures may be JPEG or PNG up to 5 MB, voice and video up to "
    "16 MB, documents up to 100 MB."
)
_BLOCKED = user_text(
    "Meta has restricted the organisation's account. Its administrator finds the reason in Meta's "
    "Business Manager."
)
_UNWANTED = user_text(
    "WhatsApp holds this back because the customer wants or gets no more advertising. Wait until "
    "they write."
)
_TOKEN = user_text(
    "Meta does not accept the access token of the organisation's number any more. Its administrator "
    "makes a new one in Meta's Business Manager; then log in again with the command: login"
)
_PERMISSION = user_text(
    "The access token may not do that: its system user needs whatsapp_business_messaging and "
    "whatsapp_business_management for this number."
)
_SLOWER = user_text("WhatsApp asks the organisation's number to send more slowly.")
_TROUBLE = user_text("WhatsApp has a passing problem.")
_AWAY = user_text("WhatsApp's Cloud API cannot be reached at the moment.")
REACTION_GONE = user_text("WhatsApp does not know that message (any more).")

_REFUSED: Mapping[int, UserText] = {
    131047: WINDOW_CLOSED,
    131026: _NOT_REACHED,
    131021: user_text("A number cannot write to itself."),
    131030: user_text(
        "This is a test number, which may write only to numbers that its administrator has listed."
    ),
    131031: _BLOCKED,
    368: _BLOCKED,
    130497: _BLOCKED,
    131037: _BLOCKED,
    131042: _UNPAID,
    131044: _UNPAID,
    131062: _NOT_REACHED,
    131045: user_text("The organisation's number is not registered with the Cloud API."),
    133010: user_text("The organisation's number is not registered with the Cloud API."),
    131049: _UNWANTED,
    131050: _UNWANTED,
    130472: _UNWANTED,
    131051: user_text("WhatsApp does not take this kind of message."),
    131052: _FILE,
    131053: _FILE,
    132000: _TEMPLATE,
    132001: _TEMPLATE,
    132005: _TEMPLATE,
    132007: _TEMPLATE,
    132008: _TEMPLATE,
    132012: _TEMPLATE,
    132015: _TEMPLATE,
    132016: _TEMPLATE,
    131009: REACTION_GONE,
    3: _PERMISSION,
    10: _PERMISSION,
    131005: _PERMISSION,
    **dict.fromkeys(range(200, 300), _PERMISSION),
}

_LOST = frozenset({0, 102, 190, 463, 467})
"""The token has expired or was withdrawn."""

_NUMBER_LIMITS: Mapping[int, float] = {
    4: 60.0,
    80007: 60.0,
    130429: 15.0,
    131048: 600.0,
    133016: 60.0,
}
"""Limits of a whole number, and seconds until it makes sense to go on."""

_PAIR_LIMIT = 131056
_PAIR_WAIT = 6.0
_PASSING = frozenset({1, 2, 131000, 131016, 131057, 133004, 135000})
_RETRY = 15.0


def code_of(number: int) -> str:
    """How one of Meta's errors is called in logs, metrics and status events."""
    return f"WHATSAPP.{number}"


def refusal(number: int) -> tuple[str, UserText]:
    """The code and the sentence of an error for which nothing can be tried again."""
    text = _REFUSED.get(number)
    if text is None and number in _LOST:
        text = _TOKEN
    return code_of(number), text or user_text(
        "WhatsApp has refused this (error {number}).", number=str(number)
    )


def explained(status: int, answer: object, retry_after: float | None) -> BridgeError:
    """What an answer that is no success means.

    ``retry_after`` are the seconds of the header, if there was one. A failure of the server itself
    may have come after the message was taken.
    """
    error = object_at(answer, "error")
    number = whole_at(error, "code")
    if number is None:
        if status == HTTPStatus.UNAUTHORIZED:
            return SessionLost(code_of(190), _TOKEN)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(code_of(status), _SLOWER, retry_after=retry_after or _RETRY)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return TemporaryError(code_of(status), _TROUBLE, retry_after=_RETRY, certain=False)
        return Rejected(*refusal(status))
    if number in _LOST:
        return SessionLost(code_of(number), _TOKEN)
    if number in _NUMBER_LIMITS:
        wait = retry_after or _NUMBER_LIMITS[number]
        return RateLimited(code_of(number), _SLOWER, retry_after=wait)
    if number == _PAIR_LIMIT:
        wait = retry_after or _PAIR_WAIT
        return RateLimited(code_of(number), _SLOWER, retry_after=wait, whole_login=False)
    if number in _REFUSED:
        return Rejected(*refusal(number))
    if number in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryError(code_of(number), _TROUBLE, retry_after=_RETRY, certain=False)
    return Rejected(*refusal(number))


def unreachable(*, certain: bool) -> NotConnected:
    """There was no answer; ``certain`` if the request surely has not left."""
    return NotConnected("WHATSAPP.UNREACHABLE", _AWAY, retry_after=_RETRY, certain=certain)
