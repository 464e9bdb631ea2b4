# SPDX-License-Identifier: AGPL-3.0-or-later
"""What clients attach to messages: TL input media to the media a message carries."""

from typing import Any

from telethon.tl import types

from sandbox.telegram.accounts import normal_phone
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, bad_request


def from_input(call: Call, given: Any, peer: Peer) -> Any:
    """Return the TL ``MessageMedia`` of an ``InputMedia`` for a chat; raises MEDIA_INVALID."""
    maker = _MAKERS.get(type(given))
    if maker is None:
        raise bad_request("MEDIA_INVALID")
    return maker(call, given, peer)


def kind_of(given: Any) -> str:
    """Name the right needed to send a media: ``photos`` or ``docs``.

    >>> kind_of(types.InputMediaPhoto(id=None))
    'photos'
    """
    is_photo = isinstance(given, types.InputMediaUploadedPhoto | types.InputMediaPhoto)
    return "photos" if is_photo else "docs"


def _uploaded_photo(call: Call, given: Any, _peer: Peer) -> Any:
    photo = call.world.files.photo(call.me.id, given.file)
    return _photo_media(given, photo)


def _known_photo(call: Call, given: Any, _peer: Peer) -> Any:
    return _photo_media(given, call.world.files.made(given.id))


def _photo_media(given: Any, photo: Any) -> Any:
    return types.MessageMediaPhoto(
        spoiler=given.spoiler, photo=photo, ttl_seconds=given.ttl_seconds
    )


def _uploaded_document(call: Call, given: Any, _peer: Peer) -> Any:
    return _document_media(given, call.world.files.document(call.me.id, given))


def _known_document(call: Call, given: Any, _peer: Peer) -> Any:
    return _document_media(given, call.world.files.made(given.id))


def _document_media(given: Any, document: Any) -> Any:
    videos = [a for a in document.attributes if isinstance(a, types.DocumentAttributeVideo)]
    sounds = [a for a in document.attributes if isinstance(a, types.DocumentAttributeAudio)]
    return types.MessageMediaDocument(
        spoiler=given.spoiler,
        video=bool(videos) or None,
        round=any(video.round_message for video in videos) or None,
        voice=any(sound.voice for sound in sounds) or None,
        document=document,
        ttl_seconds=given.ttl_seconds,
    )


def _geo(_call: Call, given: Any, _peer: Peer) -> Any:
    return types.MessageMediaGeo(_point(given.geo_point))


def _live_geo(_call: Call, given: Any, _peer: Peer) -> Any:
    return types.MessageMediaGeoLive(
        geo=_point(given.geo_point), period=given.period or 0, heading=given.heading
    )


def _venue(_call: Call, given: Any, _peer: Peer) -> Any:
    return types.MessageMediaVenue(
        geo=_point(given.geo_point),
        title=given.title,
        address=given.address,
        provider=given.provider,
        venue_id=given.venue_id,
        venue_type=given.venue_type,
    )


def _point(given: Any) -> Any:
    return types.GeoPoint(
        long=given.long, lat=given.lat, access_hash=0, accuracy_radius=given.accuracy_radius
    )


def _contact(call: Call, given: Any, _peer: Peer) -> Any:
    account = call.world.accounts.by_phone(given.phone_number)
    return types.MessageMediaContact(
        phone_number=normal_phone(given.phone_number),
        first_name=given.first_name,
        last_name=given.last_name,
        vcard=given.vcard,
        user_id=account.id if account is not None else 0,
    )


def _dice(call: Call, given: Any, _peer: Peer) -> Any:
    return types.MessageMediaDice(call.world.random_bytes(1)[0] % 6 + 1, given.emoticon)


def _poll(call: Call, given: Any, peer: Peer) -> Any:
    in_broadcast = peer.kind is Kind.CHANNEL and call.world.rooms.get(peer).broadcast
    poll = call.world.polls.create(call.me.id, given, in_broadcast=in_broadcast)
    return types.MessageMediaPoll(poll.poll, types.PollResults())


_MAKERS = {
    types.InputMediaUploadedPhoto: _uploaded_photo,
    types.InputMediaPhoto: _known_photo,
    types.InputMediaUploadedDocument: _uploaded_document,
    types.InputMediaDocument: _known_document,
    types.InputMediaGeoPoint: _geo,
    types.InputMediaGeoLive: _live_geo,
    types.InputMediaVenue: _venue,
    types.InputMediaContact: _contact,
    types.InputMediaDice: _dice,
    types.InputMediaPoll: _poll,
}
