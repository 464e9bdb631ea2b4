# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places: single ones, venues, and where somebody is for a while (https://core.telegram.org/api/live-location)."""

from datetime import timedelta
from typing import Any

from telethon.tl.types import GeoPoint, MessageMediaGeoLive, MessageMediaVenue

from bridges.core.content import Location, RemotePart, Text
from bridges.core.durations import duration
from bridges.core.formatting.compose import plain
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.telegram.from_telegram.surroundings import Surroundings

_FOREVER = 0x7FFFFFFF
_SLACK = timedelta(seconds=1)
"""Dates and periods have whole seconds, and no period is shorter than one."""
_DIGITS = 6
"""Of a degree; the last one is a tenth of a metre."""


def place(media: Any, message: Any, around: Surroundings) -> RemotePart:
    """What ``MessageMediaGeo``, ``MessageMediaVenue`` and ``MessageMediaGeoLive`` show."""
    if not isinstance(media.geo, GeoPoint):
        return Text(plain(around.say(user_text("A place that is not shown any more"))))
    title, lines = _named(media, message, around)
    text = "\n".join([*lines, _map(media.geo)])
    is_live = isinstance(media, MessageMediaGeoLive)
    return Location(_geo_uri(media.geo), title, text, is_own=is_live)


def has_ended(media: MessageMediaGeoLive, message: Any) -> bool:
    """Whether somebody's place is not shown live any more.

    Who stops early has the period cut short; who does not is not heard of at the end.
    """
    if media.period == _FOREVER or message.edit_date is None:
        return False
    until = message.date + timedelta(seconds=media.period)
    return bool(until <= message.edit_date + _SLACK)


def _named(media: Any, message: Any, around: Surroundings) -> tuple[str, list[str]]:
    """How the place is called, and what is said above its map."""
    if isinstance(media, MessageMediaVenue):
        named = [clean_name(media.title), clean_name(media.address)]
        shown = [one for one in named if one]
        return ", ".join(shown), [f"📍 {line}" if not at else line for at, line in enumerate(shown)]
    if isinstance(media, MessageMediaGeoLive):
        return "", [f"📍 {_live(media, message, around)}"]
    return "", ["📍 " + around.say(user_text("A place"))]


def _live(media: MessageMediaGeoLive, message: Any, around: Surroundings) -> str:
    if has_ended(media, message):
        return around.say(user_text("Live location, ended"))
    if media.period == _FOREVER:
        return around.say(user_text("Live location, until it is turned off"))
    return around.say(user_text("Live location for {time}", time=duration(media.period)))


def _geo_uri(point: GeoPoint) -> str:
    accuracy = f";u={point.accuracy_radius}" if point.accuracy_radius else ""
    return f"geo:{_degrees(point.lat)},{_degrees(point.long)}{accuracy}"


def _map(point: GeoPoint) -> str:
    latitude, longitude = _degrees(point.lat), _degrees(point.long)
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"


def _degrees(value: float) -> str:
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
