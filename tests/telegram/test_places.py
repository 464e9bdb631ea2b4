# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places from Matrix on Telegram's map."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.content import Location
from bridges.core.errors import Rejected
from bridges.telegram.to_telegram.places import is_place, place_media


def test_a_place_and_one_with_a_name() -> None:
    here = place_media(Location("geo:38.5598,68.787;u=25", text="whatever"))
    assert isinstance(here, tl.InputMediaGeoPoint)
    assert here.geo_point == tl.InputGeoPoint(38.5598, 68.787, 25)
    venue = place_media(Location("geo:38.5598,68.787,800;crs=wgs84", "Rudaki  Park\n"))
    assert isinstance(venue, tl.InputMediaVenue)
    assert (venue.title, venue.geo_point.accuracy_radius) == ("Rudaki Park", None)


@pytest.mark.parametrize(
    "uri", ["", "geo:", "geo:1", "geo:91,0", "geo:0,181", "geo:a,b", "http://x"]
)
def test_what_is_no_place_is_refused(uri: str) -> None:
    with pytest.raises(Rejected, match="does not know this place"):
        place_media(Location(uri))


@given(st.text())
def test_any_address_is_read_or_refused(uri: str) -> None:
    for address in (uri, f"geo:{uri}"):
        try:
            place_media(Location(address))
        except Rejected:
            continue


_latitudes = st.floats(-90, 90, allow_nan=False).map(lambda one: round(one, 6))
_longitudes = st.floats(-180, 180, allow_nan=False).map(lambda one: round(one, 6))


@given(_latitudes, _longitudes, st.sampled_from(["", "Rudaki Park"]))
def test_a_place_is_known_again(latitude: float, longitude: float, name: str) -> None:
    given = place_media(Location(f"geo:{latitude:.6f},{longitude:.6f}", name))
    point = tl.GeoPoint(round(longitude, 5), round(latitude, 5), 0)
    shown = tl.MessageMediaVenue(point, name, "", "", "", "") if name else tl.MessageMediaGeo(point)
    assert is_place(given, shown)
    far = tl.GeoPoint(point.long, point.lat + (1 if point.lat < 0 else -1), 0)
    assert not is_place(given, tl.MessageMediaGeo(far))
    assert not is_place(given, None)
