# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls: that there was one, and how long."""

from bridges.core.durations import duration
from bridges.core.text import UserText, user_text
from bridges.migration.archives.telegram.fields import Raw, is_true, name, size
from bridges.migration.archives.telegram.surroundings import Surroundings


def phone_call(message: Raw, actor: str, _around: Surroundings) -> UserText:
    """A call of two people."""
    length = size(message, "duration_seconds")
    if length:
        return user_text("{actor} called: {time}", actor=actor, time=duration(length))
    match name(message, "discard_reason"):
        case "missed":
            return user_text("{actor} called; the call was missed", actor=actor)
        case "busy":
            return user_text("{actor} called; the call was declined", actor=actor)
    return user_text("{actor} called; nobody answered", actor=actor)


def conference_call(message: Raw, actor: str, around: Surroundings) -> UserText:
    """A call of several people without a group."""
    if is_true(message, "is_missed"):
        return user_text("{actor} called; the call was missed", actor=actor)
    return phone_call(message, actor, around)


def group_call(message: Raw, actor: str, _around: Surroundings) -> UserText:
    """The beginning or the end of a call in a group."""
    length = size(message, "duration") or size(message, "duration_seconds")
    if length:
        return user_text(
            "{actor} ended the call in the group: {time}", actor=actor, time=duration(length)
        )
    return user_text("{actor} started a call in the group", actor=actor)
