# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places on the map, as Telegram wants them (RFC 5870 ``geo:`` addresses, MSC3488)."""

import math
import re
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
from bridges.telegram.errors import refused

_NUMBER = r"(-?[0-9]{1,3}(?:\.[0-9]{1,30})?)"
_GEO = re.compile(
    rf"geo:{_NUMBER},{_NUMBER}(?:,-?[0-9.]+)?((?:;[a-z0-9-]+(?:=[^;]*)?)*)", re.IGNORECASE
)
_ACCURACY = re.compile(r";u=([0-9]{1,9})", re.IGNORECASE)
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
    found = _GEO.fullmatch(geo_uri.strip())
    if found is None:
        raise refused("GEO_POINT_INVALID")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise refused("GEO_POINT_INVALID")
    accuracy = _ACCURACY.search(found[3])
    return InputGeoPoint(latitude, longitude, int(accuracy[1]) if accuracy else None)


def _is_near(point: InputGeoPoint, geo: Any) -> bool:
    """Telegram rounds."""
    if not isinstance(geo, GeoPoint):
        return False
    return math.isclose(point.lat, geo.lat, abs_tol=_ABOUT_A_METRE) and math.isclose(
        point.long, geo.long, abs_tol=_ABOUT_A_METRE
    )
