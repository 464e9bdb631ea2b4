# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places as ``geo:`` addresses (RFC 5870)."""

import re

from attrs import frozen

_NUMBER = r"(-?[0-9]{1,3}(?:\.[0-9]{1,30})?)"
_GEO = re.compile(
    rf"geo:{_NUMBER},{_NUMBER}(?:,-?[0-9.]+)?((?:;[a-z0-9-]+(?:=[^;]*)?)*)", re.IGNORECASE
)
_ACCURACY = re.compile(r";u=([0-9]{1,9})", re.IGNORECASE)


@frozen
class GeoPoint:
    """A place in degrees; ``accuracy`` in metres, None if it is not told."""

    latitude: float
    longitude: float
    accuracy: int | None = None


def parse_geo(uri: str) -> GeoPoint | None:
    """Read an address; None if it is none, or lies nowhere on earth."""
    found = _GEO.fullmatch(uri.strip())
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    accuracy = _ACCURACY.search(found[3])
    return GeoPoint(latitude, longitude, int(accuracy[1]) if accuracy else None)
