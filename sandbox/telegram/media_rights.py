# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which right a media needs, as ``chatBannedRights`` tells them apart."""

from typing import Any

from telethon.tl import types

from sandbox.telegram.rpc import Call

_BY_TYPE = {
    types.InputMediaUploadedPhoto: "photos",
    types.InputMediaPhoto: "photos",
    types.InputMediaStory: "photos",
    types.InputMediaPoll: "polls",
    types.InputMediaTodo: "polls",
    types.InputMediaGame: "games",
    types.InputMediaDice: "stickers",
}

_BY_MEDIA = {
    types.MessageMediaPhoto: "photos",
    types.MessageMediaStory: "photos",
    types.MessageMediaPoll: "polls",
    types.MessageMediaToDo: "polls",
    types.MessageMediaGame: "games",
    types.MessageMediaDice: "stickers",
}


def kind_of(call: Call, given: Any) -> str | None:
    """Name the right needed to send an ``InputMedia``, for example ``photos``.

    None for what counts as plain text: places, contacts, invoices, links.
    """
    if isinstance(given, types.InputMediaUploadedDocument):
        return kind_of_document(given.attributes)
    if isinstance(given, types.InputMediaDocument):
        document: Any = call.world.files.made(given.id)
        return kind_of_document(document.attributes)
    if isinstance(given, types.InputMediaPaidMedia):
        return kind_of(call, given.extended_media[0])
    return _BY_TYPE.get(type(given))


def kind_of_media(media: Any) -> str | None:
    """Name the right needed to send the media of a message on."""
    if isinstance(media, types.MessageMediaDocument):
        return kind_of_document(media.document.attributes)
    return _BY_MEDIA.get(type(media))


def kind_of_document(attributes: list[Any]) -> str:
    """Name what a document is by its attributes.

    >>> kind_of_document([types.DocumentAttributeAudio(duration=1, voice=True)])
    'voices'
    """
    found = {type(attribute): attribute for attribute in attributes}
    video = found.get(types.DocumentAttributeVideo)
    audio = found.get(types.DocumentAttributeAudio)
    if types.DocumentAttributeSticker in found or types.DocumentAttributeCustomEmoji in found:
        return "stickers"
    if types.DocumentAttributeAnimated in found:
        return "gifs"
    if video is not None:
        return "roundvideos" if video.round_message else "videos"
    if audio is not None:
        return "voices" if audio.voice else "audios"
    return "docs"
