# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message of a webhook says, as parts of a Matrix message. Pure; any JSON gives parts.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components#messages-object
"""

import json
import mimetypes
from collections.abc import Callable, Mapping

from attrs import frozen

from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.text import Translation, UserText, user_text
from bridges.whatsapp.cloud.reading import (
    Json,
    decimal_at,
    flag_at,
    id_at,
    object_at,
    objects_at,
    text_at,
)
from bridges.whatsapp.formatting import to_matrix

_MEDIA = {
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "document": MediaKind.FILE,
    "sticker": MediaKind.STICKER,
}
_LEFT_OUT = user_text(
    "WhatsApp has left a file out here; it is on the phone with the WhatsApp app."
)
_NO_FILE = user_text("A file is here that WhatsApp did not hand over.")
_LONGEST_LINE = 300
_LONGEST_KIND = 40


@frozen
class Reader:
    """Puts contents; what is said about them in the language of ``translate``."""

    translate: Translation

    def parts(self, message: Json) -> tuple[RemotePart, ...]:
        """What a message says: at least one part."""
        kind = text_at(message, "type")
        if kind in _MEDIA:
            return (self._media(message, kind),)
        if kind == "contacts":
            parts = self._contacts(message)
        else:
            read = self._kinds().get(kind)
            parts = () if read is None else read(object_at(message, kind))
        return parts or (self._notice(_unshown(kind)),)

    def _kinds(self) -> Mapping[str, Callable[[Json], tuple[RemotePart, ...]]]:
        return {
            "text": lambda one: self._texts(text_at(one, "body")),
            "button": lambda one: self._texts(text_at(one, "text")),
            "interactive": self._interactive,
            "location": _location,
            "order": self._order,
            "system": lambda one: self._lines(text_at(one, "body")),
            "media_placeholder": lambda _: (self._notice(_LEFT_OUT),),
        }

    def _contacts(self, message: Json) -> tuple[RemotePart, ...]:
        """Cards stand in a list, where other kinds have an object."""
        cards = [_card(one) for one in objects_at(message, "contacts")]
        return self._plain("\n\n".join(card for card in cards if card))

    def _texts(self, body: str) -> tuple[RemotePart, ...]:
        return (Text(to_matrix(body)),) if body else ()

    def _plain(self, text: str) -> tuple[RemotePart, ...]:
        return (Text(FormattedText(text)),) if text else ()

    def _lines(self, text: str) -> tuple[RemotePart, ...]:
        return (Text(FormattedText(text), TextKind.NOTICE),) if text else ()

    def _notice(self, text: UserText) -> Text:
        return Text(FormattedText(self.translate(text)), TextKind.NOTICE)

    def _media(self, message: Json, kind: str) -> RemotePart:
        file = object_at(message, kind)
        reference = id_at(file, "id")
        if not reference:
            return self._notice(_NO_FILE)
        mime = text_at(file, "mime_type").partition(";")[0].strip().lower()
        caption = text_at(file, "caption")
        digest = id_at(file, "sha256")
        return RemoteMedia(
            kind=_MEDIA[kind],
            info=MediaInfo(name=_name(file, kind, mime), mime=mime or "application/octet-stream"),
            reference=reference,
            cache_key=f"cloud {digest}" if digest else "",
            caption=to_matrix(caption) if caption else None,
            look=MediaLook(voice=kind == "audio" and flag_at(file, "voice")),
        )

    def _interactive(self, content: Json) -> tuple[RemotePart, ...]:
        kind = text_at(content, "type")
        chosen = object_at(content, kind)
        if kind == "nfm_reply":
            return self._plain(_form(chosen))
        lines = (text_at(chosen, "title"), text_at(chosen, "description"))
        return self._plain("\n".join(line for line in lines if line))

    def _order(self, content: Json) -> tuple[RemotePart, ...]:
        lines = [text_at(content, "text")]
        for item in objects_at(content, "product_items"):
            price = f"{text_at(item, 'item_price')} {text_at(item, 'currency')}".strip()
            name = text_at(item, "product_retailer_id")
            lines.append(f"{text_at(item, 'quantity')} × {name} {price}".strip())
        return self._plain("\n".join(line for line in lines if line))


def _unshown(kind: str) -> UserText:
    return user_text(
        "A message is here that cannot be shown ({kind}).", kind=kind[:_LONGEST_KIND] or "?"
    )


def _location(place: Json) -> tuple[RemotePart, ...]:
    latitude, longitude = decimal_at(place, "latitude"), decimal_at(place, "longitude")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return ()
    names = [text_at(place, "name"), text_at(place, "address")]
    description = ", ".join(one for one in names if one)
    return (Location(f"geo:{latitude:.6f},{longitude:.6f}", description),)


def _card(contact: Json) -> str:
    """A contact's card as lines: name, organisation, numbers, addresses."""
    lines = [f"👤 {text_at(contact, 'name', 'formatted_name')}".rstrip()]
    lines.append(text_at(contact, "org", "company"))
    lines += [text_at(one, "phone") for one in objects_at(contact, "phones")]
    lines += [text_at(one, "email") for one in objects_at(contact, "emails")]
    lines += [text_at(one, "url") for one in objects_at(contact, "urls")]
    shown = [line for line in lines if line and line != "👤"]
    return "\n".join(shown)


def _form(answer: Json) -> str:
    """What somebody has filled in, a line for each field."""
    try:
        fields = json.loads(text_at(answer, "response_json"))
    except (ValueError, RecursionError):
        fields = None
    lines = [text_at(answer, "body")]
    if isinstance(fields, dict):
        for name, value in fields.items():
            shown = text_at({"v": value}, "v") or json.dumps(value, ensure_ascii=True)
            if name != "flow_token":
                lines.append(f"{text_at({'v': name}, 'v')}: {shown}"[:_LONGEST_LINE])
    return "\n".join(line for line in lines if line)


def _name(file: Json, kind: str, mime: str) -> str:
    given = text_at(file, "filename")
    if given:
        return given
    ending = ".ogg" if mime == "audio/ogg" else mimetypes.guess_extension(mime) or ""
    return f"{kind}{ending}"
