# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places, and where somebody is for a while (RFC 5870, MSC3488)."""

from bridges.core.content import FormattedText, Location, RemotePart, Text, TextKind
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.json_form import Json, fraction, number, text

_DIGITS = 6
"""Of a degree; the last one is a tenth of a metre."""


def place(message: Json, around: Surroundings, *, live: bool = False) -> RemotePart:
    """What ``locationMessage`` and ``liveLocationMessage`` show."""
    # Protobuf leaves out what is zero: a place on the equator has no latitude.
    latitude = fraction(message.get("degreesLatitude", 0))
    longitude = fraction(message.get("degreesLongitude", 0))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        said = around.say(user_text("A place that cannot be shown. See it in WhatsApp."))
        return Text(FormattedText(said), TextKind.NOTICE)
    live = live or message.get("isLive") is True
    accuracy = number(message.get("accuracyInMeters"))
    uri = f"geo:{_degrees(latitude)},{_degrees(longitude)}" + (f";u={accuracy}" if accuracy else "")
    named = [clean_name(text(message.get(one))) for one in ("name", "address")]
    note = clean_name(text(message.get("caption")) or text(message.get("comment")))
    shown = ", ".join(one for one in named if one)
    title = around.say(user_text("Live location")) if live else shown
    first = title or around.say(user_text("A place"))
    lines = [f"📍 {first}", note, _map(_degrees(latitude), _degrees(longitude))]
    return Location(uri, shown or note, "\n".join(line for line in lines if line), is_own=live)


def _map(latitude: str, longitude: str) -> str:
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"


def _degrees(value: float) -> str:
    shown = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
