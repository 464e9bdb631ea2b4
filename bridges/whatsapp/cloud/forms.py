# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages in the form in which the Cloud API takes them. Pure.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from collections.abc import Mapping
from math import isfinite

from attrs import frozen

from bridges.core.content import LocalMedia, Location, MediaKind
from bridges.core.errors import Rejected
from bridges.core.text import user_text
from bridges.whatsapp.cloud.reading import Json
from bridges.whatsapp.store.cloud_customers import Customer

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
"""Characters; Meta counts no finer."""

_MEGABYTE = 1024 * 1024
_BSUID_KEY = "recipient"
_NUMBER_KEY = "to"
_BAD_PLACE = user_text("This place has no coordinates that WhatsApp could show.")


@frozen
class Limits:
    """What Meta takes as a kind of file: types, and bytes at most."""

    mimes: frozenset[str]
    size: int


LIMITS: Mapping[MediaKind, Limits] = {
    MediaKind.IMAGE: Limits(frozenset({"image/jpeg", "image/png"}), 5 * _MEGABYTE),
    MediaKind.VIDEO: Limits(frozenset({"video/mp4", "video/3gpp"}), 16 * _MEGABYTE),
    MediaKind.AUDIO: Limits(
        frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}),
        16 * _MEGABYTE,
    ),
    MediaKind.STICKER: Limits(frozenset({"image/webp"}), 500 * 1024),
}
_NAMES: Mapping[MediaKind, str] = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.AUDIO: "audio",
    MediaKind.STICKER: "sticker",
    MediaKind.FILE: "document",
}


def envelope(customer: Customer, key: str, reply_to: str | None) -> Json:
    """What every message has; ``key`` comes back in what is reported of it."""
    body: Json = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "biz_opaque_callback_data": key,
    }
    if customer.phone:
        body[_NUMBER_KEY] = customer.phone
    else:
        body[_BSUID_KEY] = customer.bsuid
    if reply_to is not None:
        body["context"] = {"message_id": reply_to}
    return body


def text_form(text: str) -> Json:
    """A text."""
    return {"type": "text", "text": {"body": text, "preview_url": True}}


def place_form(place: Location) -> Json:
    """A place. Raises ``Rejected``."""
    latitude, _, rest = place.geo_uri.removeprefix("geo:").partition(",")
    longitude = rest.partition(";")[0].partition(",")[0]
    try:
        where = {"latitude": float(latitude), "longitude": float(longitude)}
    except ValueError as error:
        raise Rejected("WHATSAPP.BAD_PLACE", _BAD_PLACE) from error
    if not all(isfinite(one) for one in where.values()):
        raise Rejected("WHATSAPP.BAD_PLACE", _BAD_PLACE)
    name = {"name": place.description} if place.description else {}
    return {"type": "location", "location": where | name}


def bare_mime(file: LocalMedia) -> str:
    """The type of a file without what may stand behind it (``; codecs=opus``)."""
    return file.info.mime.partition(";")[0].strip().lower()


def shown_as(file: LocalMedia, size: int) -> MediaKind:
    """As what a file is sent: as a document if it is not one of its kind to Meta."""
    limits = LIMITS.get(file.kind)
    if limits is None or bare_mime(file) not in limits.mimes or size > limits.size:
        return MediaKind.FILE
    return file.kind


def takes_caption(kind: MediaKind) -> bool:
    """Whether a text may stand below a file."""
    return kind in (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.FILE)


def media_form(kind: MediaKind, media: str, name: str, caption: str, *, voice: bool) -> Json:
    """A file that was uploaded as ``media``."""
    content: Json = {"id": media}
    if caption and takes_caption(kind):
        content["caption"] = caption
    if kind is MediaKind.FILE:
        content["filename"] = name
    if kind is MediaKind.AUDIO and voice:
        content["voice"] = True
    return {"type": _NAMES[kind], _NAMES[kind]: content}


def reaction_form(message: str, emoji: str) -> Json:
    """A reaction; an empty one takes it back."""
    return {"type": "reaction", "reaction": {"message_id": message, "emoji": emoji}}
