# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram's errors mean for a person and for the core.

One table for refusals, by the name Telegram gives them (https://core.telegram.org/api/errors). What is not in
it is refused with Telegram's own name in the sentence, so that it can be looked up.
"""

import re
from collections.abc import Mapping

from python_socks import ProxyError
from telethon import errors as tg

from bridges.core.durations import duration
from bridges.core.errors import (
    BridgeError,
    NotConnected,
    RateLimited,
    Rejected,
    SessionLost,
    TemporaryError,
)
from bridges.core.text import UserText, user_text

NO_DATA_CENTRE = "TELEGRAM.NO_DATA_CENTRE"
_TROUBLE_RETRY = 10.0
_MEGABYTE = 1024 * 1024

_LOST: Mapping[str, UserText] = {
    "AUTH_KEY_UNREGISTERED": user_text(
        "Telegram does not know this login any more. Log in again with the command: login"
    ),
    "AUTH_KEY_INVALID": user_text(
        "Telegram does not know this login any more. Log in again with the command: login"
    ),
    "AUTH_KEY_NOT_FOUND": user_text(
        "Telegram does not know this login any more. Log in again with the command: login"
    ),
    "SESSION_REVOKED": user_text(
        "This login was ended from another device (Telegram: Settings, Devices). Log in again with "
        "the command: login"
    ),
    "SESSION_EXPIRED": user_text("This login has expired. Log in again with the command: login"),
    "USER_DEACTIVATED": user_text(
        "This Telegram account has been deleted. Log in with another account."
    ),
    "USER_DEACTIVATED_BAN": user_text(
        "Telegram has banned this account. Its owner can appeal by mail to recover@telegram.org."
    ),
    "AUTH_KEY_DUPLICATED": user_text(
        "Telegram ended this login because it was used from two places at once. Make sure that only "
        "one bridge runs with this database, then log in again with the command: login"
    ),
}

_REFUSED: Mapping[str, UserText] = {
    "PEER_FLOOD": user_text(
        "Telegram limits this account because it has written to too many strangers. Ask @SpamBot in "
        "Telegram until when."
    ),
    "FROZEN_METHOD_INVALID": user_text(
        "Telegram has frozen this account. Open Telegram on your phone to appeal."
    ),
    "FROZEN_PARTICIPANT_MISSING": user_text(
        "Telegram has frozen this account. Open Telegram on your phone to appeal."
    ),
    "CHAT_WRITE_FORBIDDEN": user_text(
        "You may not write in this chat; one of its administrators can change that."
    ),
    "CHAT_ADMIN_REQUIRED": user_text("Only administrators of this chat may do that."),
    "CHAT_RESTRICTED": user_text("Telegram has restricted this chat; nobody can write in it."),
    "CHAT_GUEST_SEND_FORBIDDEN": user_text("Join the group in Telegram before you write in it."),
    "VOICE_MESSAGES_FORBIDDEN": user_text(
        "This person accepts no voice and video messages; send a file or text instead."
    ),
    "MESSAGE_POLL_CLOSED": user_text("This poll has ended."),
    "REVOTE_NOT_ALLOWED": user_text("In this poll a vote cannot be changed."),
    "OPTIONS_TOO_MUCH": user_text("You have chosen more answers than this poll allows."),
    "CHANNEL_FORUM_MISSING": user_text("This group has no topics; turn them on in a Telegram app."),
    "TOPIC_TITLE_EMPTY": user_text("A topic must have a title."),
    "SEND_AS_PEER_INVALID": user_text(
        "You may not write under that name in this chat (any more). Choose another one with the "
        "command: send-as"
    ),
    "TOPIC_CLOSED": user_text("This topic is closed; write in another one."),
    "TOPIC_DELETED": user_text("This topic was deleted; write in another one."),
    "USER_BANNED_IN_CHANNEL": user_text(
        "Telegram has barred this account from writing in public groups. Ask @SpamBot in Telegram why."
    ),
    "USER_IS_BLOCKED": user_text("This person has blocked you; they alone can change that."),
    "YOU_BLOCKED_USER": user_text("You have blocked this person. Unblock them in Telegram first."),
    "CHAT_TITLE_EMPTY": user_text("A group on Telegram must have a name."),
    "CHAT_ABOUT_TOO_LONG": user_text("Descriptions on Telegram have at most 255 characters."),
    "USER_CREATOR": user_text("The creator of this chat cannot be changed or removed."),
    "USER_ADMIN_INVALID": user_text("You may not do that to an administrator."),
    "RIGHT_FORBIDDEN": user_text("You can give others only the rights you have yourself."),
    "ADMINS_TOO_MUCH": user_text("This chat has as many administrators as Telegram allows."),
    "ADMIN_RANK_INVALID": user_text("Telegram does not accept this title of an administrator."),
    "CHAT_ADMIN_INVITE_REQUIRED": user_text("You may not bring people into this chat."),
    "USER_NOT_MUTUAL_CONTACT": user_text(
        "Telegram lets only mutual contacts bring this person into a chat."
    ),
    "USER_CHANNELS_TOO_MUCH": user_text("This person is in as many chats as Telegram allows."),
    "USERS_TOO_MUCH": user_text("This chat has as many members as Telegram allows."),
    "USER_KICKED": user_text("This person was banned; let them back first."),
    "BOT_GROUPS_BLOCKED": user_text("This bot does not join groups."),
    "PHOTO_CROP_SIZE_SMALL": user_text("This picture is too small for Telegram."),
    "USER_PRIVACY_RESTRICTED": user_text("This person's privacy settings do not allow that."),
    "PRIVACY_PREMIUM_REQUIRED": user_text(
        "This person accepts messages only from contacts and from Telegram Premium."
    ),
    "ALLOW_PAYMENT_REQUIRED": user_text(
        "This chat charges Telegram Stars for each message; write there from a Telegram app."
    ),
    "INPUT_USER_DEACTIVATED": user_text("This person has deleted their Telegram account."),
    "USER_DELETED": user_text("This person has deleted their Telegram account."),
    "CHANNEL_PRIVATE": user_text("You are not a member of this chat any more, or it is private."),
    "CHANNEL_INVALID": user_text("Telegram does not let this account see this chat."),
    "CHAT_ID_INVALID": user_text("This chat does not exist any more."),
    "CHAT_FORBIDDEN": user_text("You are not a member of this chat any more."),
    "CHAT_DEACTIVATED": user_text("This group has become a supergroup; go on there."),
    "PEER_ID_INVALID": user_text(
        "Telegram does not let this account reach this chat. Open it once in a Telegram app."
    ),
    "USER_ID_INVALID": user_text(
        "Telegram does not let this account reach this person. Open the chat once in a Telegram app."
    ),
    "USERNAME_NOT_OCCUPIED": user_text("Nobody on Telegram has this username."),
    "USERNAME_INVALID": user_text("This cannot be a Telegram username."),
    "PHONE_NOT_OCCUPIED": user_text(
        "No Telegram account can be found by this number: there is none, or it is hidden."
    ),
    "INVITE_HASH_EXPIRED": user_text("This invitation link is not valid any more."),
    "INVITE_HASH_INVALID": user_text("This invitation link is not valid."),
    "MESSAGE_TOO_LONG": user_text("This message is too long for Telegram; send it in parts."),
    "MEDIA_CAPTION_TOO_LONG": user_text(
        "This caption is too long for Telegram; send it as a message of its own."
    ),
    "ENTITIES_TOO_LONG": user_text(
        "This message has too much formatting for Telegram; send it in parts."
    ),
    "MESSAGE_EMPTY": user_text("There is nothing to see in this message, so it was not sent."),
    "MEDIA_EMPTY": user_text("Telegram does not accept this file; it is empty or broken."),
    "MEDIA_INVALID": user_text("Telegram does not accept this file; it is empty or broken."),
    "FILE_PARTS_INVALID": user_text(
        "This file is too large for Telegram, which takes up to {limit} MB from this account.",
        limit=2000,
    ),
    "PHOTO_INVALID_DIMENSIONS": user_text(
        "Telegram does not show a picture of this shape; send it as a file."
    ),
    "IMAGE_PROCESS_FAILED": user_text("Telegram cannot read this picture; send it as a file."),
    "PHOTO_SAVE_FILE_INVALID": user_text("Telegram cannot read this picture; send it as a file."),
    "PHOTO_EXT_INVALID": user_text("Telegram cannot read this picture; send it as a file."),
    "PHOTO_CONTENT_TYPE_INVALID": user_text(
        "Telegram cannot read this picture; send it as a file."
    ),
    "GEO_POINT_INVALID": user_text("Telegram does not know this place on the map."),
    "MESSAGE_ID_INVALID": user_text("This message does not exist on Telegram any more."),
    "MSG_ID_INVALID": user_text("This message does not exist on Telegram any more."),
    "MESSAGE_EDIT_TIME_EXPIRED": user_text(
        "Telegram does not let messages be edited after 48 hours; the old text stays there. Send a "
        "new message instead."
    ),
    "MESSAGE_AUTHOR_REQUIRED": user_text("Only its author can edit this message."),
    "MESSAGE_DELETE_FORBIDDEN": user_text("You may not delete this message."),
    "REACTION_INVALID": user_text("This chat does not allow this reaction; choose another one."),
    "DOCUMENT_INVALID": user_text(
        "Telegram does not know this custom emoji, or it needs Telegram Premium; choose another one."
    ),
    "PREMIUM_ACCOUNT_REQUIRED": user_text("This needs Telegram Premium."),
    "REACTIONS_TOO_MANY": user_text(
        "This message has as many different reactions as Telegram allows; use one of them."
    ),
    "ANONYMOUS_REACTIONS_DISABLED": user_text(
        "Anonymous administrators cannot react in this chat."
    ),
    "FILE_REFERENCE_EXPIRED": user_text("This file is not available on Telegram any more."),
    "FILE_ID_INVALID": user_text("This file is not available on Telegram any more."),
    "LOCATION_INVALID": user_text("This file is not available on Telegram any more."),
}

_FORBIDDEN_KIND = re.compile(r"CHAT_SEND_([A-Z]+)_FORBIDDEN")
_KINDS: Mapping[str, UserText] = {
    "PLAIN": user_text("text messages"),
    "MEDIA": user_text("files and pictures"),
    "PHOTOS": user_text("photos"),
    "VIDEOS": user_text("videos"),
    "ROUNDVIDEOS": user_text("video messages"),
    "AUDIOS": user_text("audio files"),
    "VOICES": user_text("voice messages"),
    "DOCS": user_text("files"),
    "STICKERS": user_text("stickers"),
    "GIFS": user_text("GIFs"),
    "POLL": user_text("polls"),
    "GAME": user_text("games"),
    "INLINE": user_text("messages by way of bots"),
    "WEBPAGE": user_text("links"),
    "REACTIONS": user_text("reactions"),
}
_SOMETHING = user_text("this kind of message")

ACCOUNT_FROZEN = frozenset(
    {"TELEGRAM.FROZEN_METHOD_INVALID", "TELEGRAM.FROZEN_PARTICIPANT_MISSING"}
)
"""Codes that say that the account may only read, until its owner has appealed."""

_UNREACHABLE = user_text("Telegram cannot be reached at the moment.")
_TROUBLE = user_text("Telegram has internal trouble at the moment.")
_PROXY_REFUSED = user_text(
    "The bridge's proxy refuses to let it through to Telegram. Tell the operator of this bridge."
)
_RESULT_UNKNOWN = user_text("The connection to Telegram was lost before it answered.")


def error_name(error: BaseException) -> str:
    """The name of an error as Telegram writes it, without numbers: ``FLOOD_WAIT``."""
    message = getattr(error, "message", None)
    if type(error) in _NAMES:
        return _NAMES[type(error)]
    if message and re.fullmatch(r"[A-Z0-9_]+", str(message)):
        return re.sub(r"_\d+(?=_|$)", "", str(message))
    return re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")
    ).upper()


def _names() -> dict[type[BaseException], str]:
    names: dict[type[BaseException], str] = {}
    for name, kind in tg.rpc_errors_dict.items():
        names.setdefault(kind, name)
    for pattern, kind in tg.rpc_errors_re:
        names.setdefault(kind, re.sub(r"_?\(\\d\+\)", "", pattern))
    return names


_NAMES = _names()


def to_bridge_error(error: BaseException) -> BridgeError:
    """What ``error``, raised by Telethon for a request, means."""
    if isinstance(error, BridgeError):
        return error
    name = error_name(error)
    code = f"TELEGRAM.{name}"
    if name in _LOST:
        return SessionLost(code, _LOST[name])
    if isinstance(error, tg.UnauthorizedError) and name != "SESSION_PASSWORD_NEEDED":
        return SessionLost(code, _LOST["AUTH_KEY_UNREGISTERED"])
    if name in _REFUSED:
        return Rejected(code, _REFUSED[name])
    if found := _FORBIDDEN_KIND.fullmatch(name):
        return Rejected(code, _not_allowed(_KINDS.get(found[1], _SOMETHING)))
    return _passing(error, code) or _unknown(error, code, name)


def _not_allowed(what: UserText) -> UserText:
    return user_text(
        "This chat does not allow {what}. Send something else, or ask its administrators.",
        what=what,
    )


def _passing(error: BaseException, code: str) -> BridgeError | None:
    match error:
        case tg.SlowModeWaitError():
            return RateLimited(
                code,
                user_text(
                    "This group allows one message every so often; yours follows in {time}.",
                    time=duration(error.seconds),
                ),
                retry_after=error.seconds,
                whole_login=False,
            )
        case tg.TakeoutInitDelayError():
            text = user_text(
                "Telegram allows this account's history to be read in {time}; confirm it on your phone "
                "to allow it now.",
                time=duration(error.seconds),
            )
            return RateLimited(code, text, retry_after=max(1, error.seconds), whole_login=False)
        case tg.FloodWaitError() | tg.FloodPremiumWaitError() | tg.FloodTestPhoneWaitError():
            text = user_text(
                "Telegram asks this account to wait for {time}; it goes on by itself then.",
                time=duration(error.seconds),
            )
            return RateLimited(code, text, retry_after=max(1, error.seconds))
        case tg.FilePartMissingError():
            return TemporaryError(code, _TROUBLE, retry_after=1.0)
        case tg.ServerError() | tg.TimedOutError():
            return TemporaryError(code, _TROUBLE, retry_after=_TROUBLE_RETRY, certain=False)
        case ProxyError():
            return NotConnected("TELEGRAM.PROXY_REFUSED", _PROXY_REFUSED)
        case OSError() | EOFError() | BufferError() | tg.SecurityError():
            return NotConnected("TELEGRAM.NOT_CONNECTED", _RESULT_UNKNOWN, certain=False)
    return None


def _unknown(error: BaseException, code: str, name: str) -> BridgeError:
    if isinstance(error, tg.RPCError):
        return Rejected(code, user_text("Telegram refuses this: {name}.", name=name))
    return Rejected(
        "TELEGRAM.BRIDGE_ERROR",
        user_text("The bridge could not handle this ({name}); see its log.", name=name),
        certain=False,
    )


def not_connected() -> NotConnected:
    """There is no connection, so nothing was sent."""
    return NotConnected("TELEGRAM.NOT_CONNECTED", _UNREACHABLE)


def file_too_large(size: int, limit: int) -> Rejected:
    """Telegram does not take so many bytes from this account."""
    text = user_text(
        "The file is too large for Telegram: it has {size} MB, and this account can send at most "
        "{limit} MB.",
        size=-(-size // _MEGABYTE),
        limit=limit // _MEGABYTE,
    )
    return Rejected("TELEGRAM.FILE_TOO_LARGE", text)


def no_data_centre(number: int) -> TemporaryError:
    """A data centre besides the login's own cannot be reached."""
    text = user_text(
        "Telegram's data centre {number} cannot be reached at the moment.", number=number
    )
    return TemporaryError(NO_DATA_CENTRE, text, retry_after=_TROUBLE_RETRY)


def part_missing() -> TemporaryError:
    """Telegram gave less of a file than it said there was."""
    return TemporaryError("TELEGRAM.PART_MISSING", _TROUBLE, retry_after=_TROUBLE_RETRY)


def answer_lost() -> NotConnected:
    """The connection ended while a request was under way."""
    return NotConnected("TELEGRAM.NOT_CONNECTED", _RESULT_UNKNOWN, certain=False)


def refused(name: str) -> Rejected:
    """The error Telegram would give under this name."""
    return Rejected(f"TELEGRAM.{name}", _REFUSED[name])
