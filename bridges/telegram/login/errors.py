# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong while logging in, as sentences that say what to do."""

from collections.abc import Mapping

from bridges.core.durations import duration
from bridges.core.errors import BridgeError, LoginFailed, RateLimited, TemporaryError, WrongInput
from bridges.core.text import UserText, user_text

_AGAIN: Mapping[str, UserText] = {
    "PHONE_NUMBER_INVALID": user_text(
        "Telegram does not know this number. Enter it with its country code, for example +992 90 "
        "123 45 67."
    ),
    "PHONE_CODE_INVALID": user_text("This code is wrong. Enter the newest code you got."),
    "PHONE_CODE_EMPTY": user_text("Enter the code you got from Telegram."),
    "PHONE_CODE_EXPIRED": user_text(
        "This code has expired. Enter resend to get a new one. If you have sent the code to somebody "
        "in Telegram, it is void: type it only here."
    ),
    "PHONE_CODE_HASH_EMPTY": user_text("This code has expired. Enter resend to get a new one."),
    "SEND_CODE_UNAVAILABLE": user_text(
        "Telegram has no further way to send a code. Enter the one you got, or try again later."
    ),
    "PASSWORD_HASH_INVALID": user_text(
        "This password is wrong. Enter the password of Telegram's two-step verification."
    ),
    "PASSWORD_EMPTY": user_text("Enter the password of Telegram's two-step verification."),
    "SRP_ID_INVALID": user_text("Telegram asks to enter the password once more."),
    "SRP_PASSWORD_CHANGED": user_text("The password was just changed. Enter the new one."),
}

_OVER: Mapping[str, UserText] = {
    "PHONE_NUMBER_BANNED": user_text(
        "Telegram has banned this number. Its owner can appeal by mail to recover@telegram.org."
    ),
    "PHONE_NUMBER_UNOCCUPIED": user_text(
        "There is no Telegram account with this number. Make one with a Telegram app on a phone, then "
        "log in here."
    ),
    "PHONE_NUMBER_FLOOD": user_text(
        "Telegram refuses more codes for this number today. Log in by QR code, or try tomorrow."
    ),
    "PHONE_PASSWORD_FLOOD": user_text(
        "The password was wrong too often. Telegram refuses logins to this account today; try tomorrow."
    ),
    "PHONE_PASSWORD_PROTECTED": user_text(
        "Telegram is resetting this account's password. Try again when that is over."
    ),
    "API_ID_INVALID": user_text(
        "Telegram does not accept this bridge's api_id and api_hash. Its operator has to correct them."
    ),
    "API_ID_PUBLISHED_FLOOD": user_text(
        "Telegram does not accept this bridge's api_id. Its operator has to use an own one."
    ),
    "AUTH_TOKEN_EXPIRED": user_text("The QR code has expired. Start the login again."),
    "USER_DEACTIVATED": user_text("This Telegram account has been deleted."),
    "USER_DEACTIVATED_BAN": user_text(
        "Telegram has banned this account. Its owner can appeal by mail to recover@telegram.org."
    ),
    "SET_UP_EMAIL_REQUIRED": user_text(
        "Telegram wants an e-mail address for this account first. Set it in a Telegram app, then log "
        "in here, or log in by QR code."
    ),
}


def login_error(error: BridgeError) -> BridgeError:
    """What an error of a request means for the login it belongs to."""
    name = error.code.removeprefix("TELEGRAM.")
    if name in _AGAIN:
        return WrongInput(error.code, _AGAIN[name])
    if name in _OVER:
        return LoginFailed(error.code, _OVER[name])
    if isinstance(error, RateLimited):
        text = user_text(
            "Telegram asks to wait {time} before the next attempt.",
            time=duration(error.retry_after),
        )
        return RateLimited(error.code, text, retry_after=error.retry_after)
    if isinstance(error, TemporaryError):
        text = user_text(
            "Telegram cannot be reached at the moment. Enter the same again in a minute; if this "
            "goes on, tell the operator of this bridge."
        )
        return WrongInput(error.code, text)
    return LoginFailed(error.code, user_text("Telegram refuses this login: {name}.", name=name))


def failure(name: str) -> LoginFailed:
    """The end of a login for a reason Telegram gives by this name."""
    return LoginFailed(f"TELEGRAM.{name}", _OVER[name])


def wrong(name: str) -> WrongInput:
    """Wrong input, for a reason Telegram gives by this name."""
    return WrongInput(f"TELEGRAM.{name}", _AGAIN[name])
