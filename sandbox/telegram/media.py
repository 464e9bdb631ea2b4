# SPDX-License-Identifier: AGPL-3.0-or-later
"""What clients attach to messages: TL input media to the media a message carries."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import media_kinds
from sandbox.telegram.media_rights import kind_of, kind_of_document
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, bad_request

_MAX_PAID = 10
_ALBUMS = ({"photos", "videos"}, {"docs"}, {"audios"})


def from_input(call: Call, given: Any, peer: Peer) -> Any:
    """Return the TL ``MessageMedia`` of an ``InputMedia`` for a chat.

    Raises MEDIA_INVALID, and TTL_MEDIA_INVALID for what destroys itself outside direct chats.
    """
    maker = _MAKERS.get(type(given))
    if maker is None:
        raise bad_request("MEDIA_INVALID")
    if getattr(given, "ttl_seconds", None) and peer.kind is not Kind.USER:
        raise bad_request("TTL_MEDIA_INVALID")
    return maker(call, given, peer)


def check_album(call: Call, album: list[Any]) -> None:
    """Raise unless media may be sent together.

    They have to be uploaded before (MEDIA_INVALID), and photos and videos do not go together
    with music or other files (MEDIA_GROUPED_INVALID).
    """
    if not 1 <= len(album) <= 10:
        raise bad_request("MULTI_MEDIA_TOO_LONG")
    if not all(isinstance(one, types.InputMediaPhoto | types.InputMediaDocument) for one in album):
        raise bad_request("MEDIA_INVALID")
    kinds = {kind_of(call, one) for one in album}
    if len(album) > 1 and not any(kinds <= together for together in _ALBUMS):
        raise bad_request("MEDIA_GROUPED_INVALID")


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
    kind = kind_of_document(document.attributes)
    return types.MessageMediaDocument(
        spoiler=given.spoiler,
        video=kind in {"videos", "roundvideos", "gifs"} or None,
        round=kind == "roundvideos" or None,
        voice=kind == "voices" or None,
        document=document,
        video_timestamp=given.video_timestamp,
        ttl_seconds=given.ttl_seconds,
    )


def _paid(call: Call, given: Any, peer: Peer) -> Any:
    if not 1 <= len(given.extended_media) <= _MAX_PAID or given.stars_amount <= 0:
        raise bad_request("MEDIA_INVALID")
    hidden = [from_input(call, one, peer) for one in given.extended_media]
    return types.MessageMediaPaidMedia(
        given.stars_amount, [types.MessageExtendedMedia(one) for one in hidden]
    )


_MAKERS = {
    **media_kinds.MAKERS,
    types.InputMediaUploadedPhoto: _uploaded_photo,
    types.InputMediaPhoto: _known_photo,
    types.InputMediaUploadedDocument: _uploaded_document,
    types.InputMediaDocument: _known_document,
    types.InputMediaPaidMedia: _paid,
}
