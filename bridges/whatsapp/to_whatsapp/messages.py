# SPDX-License-Identifier: AGPL-3.0-or-later
"""The messages that one Matrix event becomes."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from bridges.core.content import (
    FormattedText,
    LocalMedia,
    Location,
    OutgoingContent,
    Poll,
    Text,
    TextKind,
)
from bridges.core.errors import Rejected
from bridges.core.text import user_text
from bridges.whatsapp.formatting import WhatsAppText, from_matrix
from bridges.whatsapp.to_whatsapp.context import Writing, with_context
from bridges.whatsapp.to_whatsapp.files import file_content, file_message, form_of
from bridges.whatsapp.to_whatsapp.places import place_content
from bridges.whatsapp.to_whatsapp.polls import poll_content

Message = dict[str, Any]

_EMOTE_MARK = "* "


@frozen
class Carried:
    """What was made ready for a message before it is written.

    Attributes:
        uploaded: of a file, what ``WorkerClient.upload`` has answered.
        thumbnail: of a file, a small JPEG; empty if there is none.
        secret: of a poll, 32 random bytes.
    """

    uploaded: Mapping[str, Any] = field(factory=dict)
    thumbnail: bytes = b""
    secret: bytes = b""


NOTHING_CARRIED = Carried()


def messages_of(
    content: OutgoingContent, writing: Writing, carried: Carried = NOTHING_CARRIED
) -> list[Message]:
    """The messages that carry ``content``, in order; none if there is nothing to see in it.

    Only the first one answers and mentions nobody twice. Raises ``Rejected``.
    """
    match content:
        case Text():
            return _texts(_read(content, writing), writing)
        case LocalMedia():
            return _file(content, writing, carried)
        case Location():
            place = with_context(place_content(content), writing.context())
            return [{"locationMessage": place}]
        case Poll():
            name, poll, secret = poll_content(content, carried.secret)
            return [{name: with_context(poll, writing.context()), "messageContextInfo": secret}]


def edited_text(content: Text, writing: Writing) -> Message:
    """What a text says now. Raises ``Rejected`` if it does not fit into one message, or is empty."""
    texts = _read(content, writing)
    _check_edit(texts)
    return _texts(texts, evolve(writing, answered=None))[0]


def edited_caption(content: Text, original: Message, writing: Writing) -> Message:
    """A file's message with another caption; ``original`` is it as it was sent. Raises ``Rejected``."""
    texts = _read(content, writing)
    if texts:
        _check_edit(texts)
    inner = original.get("documentWithCaptionMessage", {}).get("message") or original
    kind = next(iter(inner))
    caption = texts[0].text if texts else ""
    context = evolve(writing, answered=None).context(texts[0] if texts else None)
    file = {
        name: value for name, value in inner[kind].items() if name not in ("caption", "contextInfo")
    }
    changed = {kind: with_context({**file, "caption": caption}, context)}
    if inner is original:
        return changed
    return {"documentWithCaptionMessage": {"message": changed}}


def _check_edit(texts: Sequence[WhatsAppText]) -> None:
    if len(texts) != 1:
        raise Rejected(
            "WHATSAPP.EDIT_TOO_LONG",
            user_text("The new text does not fit into one message; send it as a new one.")
            if texts
            else user_text("There is nothing left to show; delete the message instead."),
        )


def _read(content: Text, writing: Writing) -> list[WhatsAppText]:
    text = content.text
    if content.kind is TextKind.EMOTE:
        html = None if text.html is None else _EMOTE_MARK + text.html
        text = evolve(text, body=_EMOTE_MARK + text.body, html=html)
    return _markup(text, writing)


def _markup(text: FormattedText, writing: Writing) -> list[WhatsAppText]:
    return from_matrix(text, jid_of=writing.jid_of)


def _texts(
    texts: Sequence[WhatsAppText], writing: Writing, *, answers: bool = True
) -> list[Message]:
    return [
        {
            "extendedTextMessage": with_context(
                {"text": one.text}, writing.context(one, answers=answers and index == 0)
            )
        }
        for index, one in enumerate(texts)
    ]


def _file(file: LocalMedia, writing: Writing, carried: Carried) -> list[Message]:
    """The file; a caption that it cannot carry, or that is too long, follows it."""
    form = form_of(file)
    texts = [] if file.caption is None else _markup(file.caption, writing)
    fits = form.takes_caption and len(texts) == 1
    content = file_content(
        file,
        form,
        carried.uploaded,
        caption=texts[0].text if fits else "",
        thumbnail=carried.thumbnail,
    )
    context = writing.context(texts[0] if fits else None)
    message = file_message(form, with_context(content, context))
    return [message, *([] if fits else _texts(texts, writing, answers=False))]
