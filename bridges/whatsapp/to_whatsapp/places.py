# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places as WhatsApp has them."""

from typing import Any

from bridges.core.content import Location
from bridges.core.errors import Rejected
from bridges.core.geo import parse_geo
from bridges.core.text import user_text

_LONGEST_NAME = 1000


def place_content(place: Location) -> dict[str, Any]:
    """The ``LocationMessage`` of a place. Raises ``Rejected``."""
    point = parse_geo(place.geo_uri)
    if point is None:
        raise Rejected(
            "WHATSAPP.BAD_PLACE",
            user_text("This place has no coordinates that WhatsApp could show."),
        )
    content: dict[str, Any] = {
        "degreesLatitude": point.latitude,
        "degreesLongitude": point.longitude,
    }
    name = " ".join(place.description.split())[:_LONGEST_NAME]
    if name:
        content["name"] = name
    if point.accuracy is not None:
        content["accuracyInMeters"] = point.accuracy
    return content
