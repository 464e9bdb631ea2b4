# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places on the map, as Telegram wants them (RFC 5870 ``geo:`` addresses, MSC3488)."""

import math
from typing import Any

from telethon.tl.types import (
    GeoPoint,
    InputGeoPoint,
    InputMediaGeoPoint,
    InputMediaVenue,
    MessageMediaGeo,
    MessageMediaVenue,
)

from bridges.core.content import Location
from bridges.core.geo import parse_geo
from bridges.telegram.errors import refused

_LONGEST_TITLE = 128
_ABOUT_A_METRE = 1e-5


def place_media(place: Location) -> Any:
    """The ``InputMedia`` of a place; one with a name is a venue. Raises ``Rejected``."""
    point = _point(place.geo_uri)
    title = " ".join(place.description.split())[:_LONGEST_TITLE]
    if not title:
        return InputMediaGeoPoint(point)
    return InputMediaVenue(point, title=title, address="", provider="", venue_id="", venue_type="")


def is_place(place: Any, media: Any) -> bool:
    """Whether ``media`` of a message is what the ``InputMedia`` of a place has become."""
    if isinstance(place, InputMediaVenue):
        same_name = isinstance(media, MessageMediaVenue) and media.title == place.title
        return same_name and _is_near(place.geo_point, media.geo)
    return isinstance(media, MessageMediaGeo) and _is_near(place.geo_point, media.geo)


def _point(geo_uri: str) -> InputGeoPoint:
    point = parse_geo(geo_uri)
    if point is None:
        raise refused("GEO_POINT_INVALID")
    return InputGeoPoint(point.latitude, point.longitude, point.accuracy)


def _is_near(point: InputGeoPoint, geo: Any) -> bool:
    """Telegram rounds."""
    if not isinstance(geo, GeoPoint):
        return False
    return math.isclose(point.lat, geo.lat, abs_tol=_ABOUT_A_METRE) and math.isclose(
        point.long, geo.long, abs_tol=_ABOUT_A_METRE
    )
