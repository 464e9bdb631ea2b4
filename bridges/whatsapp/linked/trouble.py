# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the worker tells of a connection, put into words for the account's owner.

Which failure shows as which event was measured with neonize 0.5.2; the numbers are those of
WhatsApp's ``<failure reason>``.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from bridges.core.network import SessionState
from bridges.core.text import UserText, user_text

_SOON = 5.0
_LATER = 300.0
_MUCH_LATER = 3600.0
_LONGEST = 86400.0

RECONNECTING = user_text("WhatsApp cannot be reached at the moment; the bridge keeps trying.")
PROXY_AWAY = user_text(
    "WhatsApp cannot be reached through the bridge's proxy at the moment; the bridge keeps trying. "
    "If this goes on, tell the operator of this bridge."
)
WORKER_GONE = user_text(
    "The part of this bridge that speaks to WhatsApp has stopped and is being started again."
)
SET_ASIDE = user_text(
    "The part of this bridge that speaks to WhatsApp has stopped again and again when it connected this "
    "account, so it is left alone for some minutes and tried again then. If this goes on, tell the "
    "operator of this bridge."
)
_SILENT = user_text("WhatsApp does not answer at the moment; the bridge keeps trying.")
_REPLACED = user_text(
    "WhatsApp says that the same link is in use elsewhere: a second copy of this bridge must be "
    "running. Tell the operator of this bridge to stop one of them."
)
_OUTDATED = user_text(
    "WhatsApp no longer accepts the version of its software in this bridge. The operator of this "
    "bridge has to update it; your login stays as it is."
)
_UNLINKED = user_text(
    "The link was removed: by you, in WhatsApp's list of linked devices, or by WhatsApp, which does "
    "so after 14 days without your phone."
)
_PHONE_GONE = user_text(
    "WhatsApp says that your account is not on its phone any more: it may have moved to another "
    "phone, or be banned. Open WhatsApp on your phone and see what it says there first."
)
_UNKNOWN_LOGOUT = user_text("WhatsApp has ended the link and has not said why.")

_BANS: Mapping[int, UserText] = {
    101: user_text("it has written to too many people who do not have it in their contacts"),
    102: user_text("too many people have blocked it"),
    103: user_text("it has made too many groups with people who do not have it in their contacts"),
    104: user_text("it has sent the same message too often"),
    106: user_text("it has sent too much to broadcast lists"),
}
_NO_REASON = user_text("WhatsApp does not say why")
_BAN_NAMES: Mapping[str, int] = {
    "SEND_TO_TOO_MANY_PEOPLE": 101,
    "BLOCKED_BY_USERS": 102,
    "CREATED_TOO_MANY_GROUPS": 103,
    "SENT_TOO_MANY_SAME_MESSAGE": 104,
    "BROADCAST_LIST": 106,
}
_LOGOUTS: Mapping[str, UserText] = {
    "LOGGED_OUT": _UNLINKED,
    "401": _UNLINKED,
    "MAIN_DEVICE_GONE": _PHONE_GONE,
    "403": _PHONE_GONE,
}


@frozen
class Verdict:
    """What an event means for a session.

    Attributes:
        retry_in: seconds after which we connect again; None where the library does so by itself.
        is_lost: only a new login helps.
    """

    state: SessionState
    reason: UserText | None = None
    retry_in: float | None = None
    is_lost: bool = False


def verdict(
    kind: str, data: Mapping[str, Any], now: datetime, *, by_proxy: bool = False
) -> Verdict | None:
    """Judge an event of the worker's; None if it is not about the connection."""
    judge = _JUDGES.get(kind)
    if judge is not None:
        return judge(data, now)
    if kind == "disconnected":
        away = PROXY_AWAY if by_proxy else RECONNECTING
        return Verdict(SessionState.TRANSIENT_DISCONNECT, away)
    return None


def _connected(_data: Mapping[str, Any], _now: datetime) -> Verdict:
    return Verdict(SessionState.CONNECTED)


def _silent(_data: Mapping[str, Any], _now: datetime) -> Verdict:
    return Verdict(SessionState.TRANSIENT_DISCONNECT, _SILENT)


def _replaced(_data: Mapping[str, Any], _now: datetime) -> Verdict:
    return Verdict(SessionState.UNKNOWN_ERROR, _REPLACED, retry_in=_LATER)


def _outdated(_data: Mapping[str, Any], _now: datetime) -> Verdict:
    return Verdict(SessionState.UNKNOWN_ERROR, _OUTDATED, retry_in=_MUCH_LATER)


def _logged_out(data: Mapping[str, Any], _now: datetime) -> Verdict:
    reason = _LOGOUTS.get(str(data.get("reason", "")), _UNKNOWN_LOGOUT)
    return Verdict(SessionState.BAD_CREDENTIALS, reason, is_lost=True)


def _banned(data: Mapping[str, Any], now: datetime) -> Verdict:
    code = data.get("code")
    number = _BAN_NAMES.get(code, 0) if isinstance(code, str) else code
    seconds = float(data.get("expire") or 0)
    text = user_text(
        "WhatsApp has banned this account until {end}: {why}. Wait until then and do not link it "
        "anew; the bridge connects again by itself. Write to fewer strangers afterwards.",
        end=_moment(now + timedelta(seconds=seconds)),
        why=_BANS.get(number or 0, _NO_REASON),
    )
    return Verdict(SessionState.UNKNOWN_ERROR, text, retry_in=min(max(seconds, _SOON), _LONGEST))


def _refused(data: Mapping[str, Any], _now: datetime) -> Verdict:
    reason = str(data.get("reason", ""))
    text = user_text(
        "WhatsApp has refused the connection ({reason}); the bridge tries again in some minutes. If "
        "this goes on, tell the operator of this bridge.",
        reason=reason or "?",
    )
    return Verdict(SessionState.UNKNOWN_ERROR, text, retry_in=_LATER)


def _stream_error(data: Mapping[str, Any], _now: datetime) -> Verdict:
    text = user_text(
        "WhatsApp has ended the connection ({code}); the bridge keeps trying.",
        code=str(data.get("code", "")) or "?",
    )
    return Verdict(SessionState.TRANSIENT_DISCONNECT, text, retry_in=_SOON)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


_JUDGES: Mapping[str, Callable[[Mapping[str, Any], datetime], Verdict]] = {
    "connected": _connected,
    "keepalive_restored": _connected,
    "keepalive_timeout": _silent,
    "stream_replaced": _replaced,
    "client_outdated": _outdated,
    "logged_out": _logged_out,
    "temporary_ban": _banned,
    "connect_failure": _refused,
    "stream_error": _stream_error,
}
