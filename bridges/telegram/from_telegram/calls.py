# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls, which stay in Telegram: that there was one, and how long."""

from typing import Any

from telethon.tl import types as tl

from bridges.core.durations import duration
from bridges.core.text import UserText, user_text
from bridges.telegram.from_telegram.surroundings import Surroundings


def phone_call(action: tl.MessageActionPhoneCall, _around: Surroundings) -> UserText:
    """A call of two people."""
    if action.duration:
        return _lasted(action)
    match action.reason:
        case tl.PhoneCallDiscardReasonMissed():
            return user_text("missed video call") if action.video else user_text("missed call")
        case tl.PhoneCallDiscardReasonBusy():
            return user_text("call declined")
        case tl.PhoneCallDiscardReasonMigrateConferenceCall():
            return user_text("call, continued as a group call")
    return user_text("call, not answered")


def conference(action: tl.MessageActionConferenceCall, _around: Surroundings) -> UserText:
    """A call of several people without a group."""
    if action.duration:
        return _lasted(action)
    if action.missed:
        return user_text("missed group call")
    return user_text("calls; answer in Telegram")


def group_call(action: tl.MessageActionGroupCall, _around: Surroundings) -> UserText:
    """The beginning or the end of a call in a group."""
    if action.duration is None:
        return user_text("started a call in the group; join it in Telegram")
    return user_text("ended the call in the group after {time}", time=duration(action.duration))


def _lasted(action: Any) -> UserText:
    if action.video:
        return user_text("video call, {time}", time=duration(action.duration))
    return user_text("call, {time}", time=duration(action.duration))
