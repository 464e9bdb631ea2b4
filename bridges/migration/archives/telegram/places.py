# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places, venues, and where somebody was for a while."""

from bridges.core.content import Location, Text, TextKind
from bridges.core.durations import duration
from bridges.core.formatting.compose import plain
from bridges.core.text import user_text
from bridges.migration.archives.telegram.fields import Raw, fraction, inner, name, size
from bridges.migration.archives.telegram.surroundings import Surroundings

_FOREVER = 0x7FFFFFFF
_DIGITS = 6
"""Of a degree; the last one is a tenth of a metre."""


def has_place(message: Raw) -> bool:
    """Whether a message shows a place; one that is not shown any more is null."""
    return "location_information" in message or bool(name(message, "place_name"))


def place_of(message: Raw, around: Surroundings) -> Location | Text:
    """The place a message shows."""
    point = inner(message, "location_information")
    latitude, longitude = fraction(point, "latitude"), fraction(point, "longitude")
    venue = [one for one in (name(message, "place_name"), name(message, "address")) if one]
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        gone = around.say(user_text("A place that is not shown any more"))
        return Text(plain("\n".join([f"📍 {gone}", *venue])), TextKind.NOTICE)
    lines = venue or [_named(message, around)]
    position = f"{_degrees(latitude)},{_degrees(longitude)}"
    return Location(
        geo_uri=f"geo:{position}",
        description=", ".join(venue),
        text="\n".join([f"📍 {lines[0]}", *lines[1:], _map(position)]),
        is_own=_period(message) is not None,
    )


def _period(message: Raw) -> int | None:
    return size(message, "live_location_period_seconds")


def _named(message: Raw, around: Surroundings) -> str:
    period = _period(message)
    if period is None:
        return around.say(user_text("A place"))
    if period == _FOREVER:
        return around.say(user_text("Live location, until it is turned off"))
    return around.say(user_text("Live location for {time}", time=duration(period)))


def _degrees(value: float) -> str:
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _map(position: str) -> str:
    latitude, _, longitude = position.partition(",")
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"
