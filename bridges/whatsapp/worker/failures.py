# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals of a connection that neonize cannot pass on.

It knows a list of reasons by number. An event with another one ends its loop, and nobody is told; so
these are read from the stanza. What neonize knows comes from neonize.
"""

from bridges.whatsapp.worker.events import Happened
from bridges.whatsapp.worker.stanzas import Stanza

_BANNED = "402"
_BANS = frozenset({"101", "102", "103", "104", "106"})
_LOGGED_OUT = {"401": "LOGGED_OUT", "403": "MAIN_DEVICE_GONE", "406": "UNKNOWN_LOGOUT"}
_KNOWN = frozenset({"400", "402", "405", "409", "500", "501", "503", *_LOGGED_OUT})


def unknown_failure(stanza: Stanza) -> Happened | None:
    """Return the event for a ``<failure>`` that neonize has no number for.

    A ban has ``code`` as a number in text, and ``expire`` in seconds.
    """
    reason, code = stanza.get("reason"), stanza.get("code")
    if stanza.tag != "failure":
        return None
    if reason == _BANNED and code not in _BANS:
        expire = stanza.get("expire")
        data = {"code": code, "expire": int(expire) if expire.isdecimal() else 0}
        return Happened("temporary_ban", data)
    if reason not in _KNOWN:
        return Happened("connect_failure", {"reason": reason, "message": stanza.get("message")})
    return None


def logged_out(stanza: Stanza) -> Happened | None:
    """Return the event for a ``<failure>`` that ends a link.

    The library deletes its keys at once, and neonize waits for them for ever if it had not yet asked.
    """
    reason = _LOGGED_OUT.get(stanza.get("reason")) if stanza.tag == "failure" else None
    return Happened("logged_out", {"on_connect": True, "reason": reason}) if reason else None
