# SPDX-License-Identifier: AGPL-3.0-or-later
"""As what WhatsApp shows a file, and the message that carries it once it is uploaded."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bridges.core.content import LocalMedia, MediaKind
from bridges.whatsapp import waveforms
from bridges.whatsapp.json_form import encoded

_PICTURES = frozenset({"image/jpeg", "image/png"})
VIDEOS = frozenset({"video/mp4", "video/3gpp", "video/quicktime"})
"""What WhatsApp's clients play."""
_STICKER = "image/webp"
_VOICE = "audio/ogg"
_VOICE_SENT_AS = "audio/ogg; codecs=opus"


class Form(StrEnum):
    """As what a file is shown, by its field in ``Message``."""

    IMAGE = "imageMessage"
    VIDEO = "videoMessage"
    ROUND = "ptvMessage"
    VOICE = "voice"
    AUDIO = "audioMessage"
    STICKER = "stickerMessage"
    DOCUMENT = "documentMessage"

    @property
    def upload_kind(self) -> str:
        """As what the worker uploads it."""
        return _UPLOADS.get(self, "document")

    @property
    def takes_caption(self) -> bool:
        """Whether a text may stand below it."""
        return self in (Form.IMAGE, Form.VIDEO, Form.DOCUMENT)


_UPLOADS: Mapping[Form, str] = {
    Form.IMAGE: "image",
    Form.VIDEO: "video",
    Form.ROUND: "video",
    Form.VOICE: "audio",
    Form.AUDIO: "audio",
    Form.STICKER: "sticker",
}


def form_of(file: LocalMedia) -> Form:
    """As what a file is sent; what WhatsApp's clients could not show goes as a document."""
    mime = file.info.mime.partition(";")[0].strip().lower()
    match file.kind:
        case MediaKind.STICKER if mime == _STICKER:
            return Form.STICKER
        case MediaKind.IMAGE | MediaKind.STICKER if mime in _PICTURES:
            return Form.IMAGE
        case MediaKind.VIDEO if mime in VIDEOS:
            return Form.ROUND if file.look.round else Form.VIDEO
        case MediaKind.AUDIO if mime.startswith("audio/"):
            return Form.VOICE if file.look.voice and mime == _VOICE else Form.AUDIO
    return Form.DOCUMENT


def file_content(
    file: LocalMedia,
    form: Form,
    uploaded: Mapping[str, Any],
    *,
    caption: str = "",
    thumbnail: bytes = b"",
) -> dict[str, Any]:
    """The part of the message that describes a file.

    ``uploaded`` is what ``WorkerClient.upload`` has answered; ``thumbnail`` is a small JPEG.
    """
    info = file.info
    content: dict[str, Any] = {name: value for name, value in uploaded.items() if name != "handle"}
    content["mimetype"] = _VOICE_SENT_AS if form is Form.VOICE else info.mime
    if thumbnail and form not in (Form.VOICE, Form.AUDIO, Form.STICKER):
        content["JPEGThumbnail"] = encoded(thumbnail)
    if form not in (Form.VOICE, Form.AUDIO, Form.DOCUMENT) and info.width and info.height:
        content |= {"width": info.width, "height": info.height}
    if form in (Form.VIDEO, Form.ROUND, Form.VOICE, Form.AUDIO) and info.duration_ms is not None:
        content["seconds"] = max(round(info.duration_ms / 1000), 1)
    if form is Form.VOICE:
        wave = waveforms.from_matrix(file.look.waveform)
        content |= {"PTT": True, "waveform": encoded(wave)}
    if form is Form.VIDEO and file.look.animated:
        content["gifPlayback"] = True
    if form is Form.DOCUMENT:
        content |= {"fileName": info.name, "title": info.name}
    if form is Form.STICKER and info.name:
        content["accessibilityLabel"] = info.name
    if caption and form.takes_caption:
        content["caption"] = caption
    return content


def file_message(form: Form, content: Mapping[str, Any]) -> dict[str, Any]:
    """The message around it; a document with a caption needs another one around, or it loses it."""
    field = Form.AUDIO if form is Form.VOICE else form
    message: dict[str, Any] = {field.value: dict(content)}
    if form is Form.DOCUMENT and content.get("caption"):
        return {"documentWithCaptionMessage": {"message": message}}
    return message
