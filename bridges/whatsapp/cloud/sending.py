# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending in the name of a number, once each.

The Cloud API has no key by which it would count a message once. It gives back our own with everything it
reports of a message, so an attempt whose answer was lost is found by that: until a report has come, or
long enough none, it is not sent again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bridges.core.clock import Clock
from bridges.core.content import FormattedText, LocalMedia, Location, Poll, Text
from bridges.core.errors import BridgeError, Rejected, TemporaryError, Unsupported
from bridges.core.ids import MessageID
from bridges.core.outgoing import OutgoingMessage, Sent
from bridges.core.text import user_text
from bridges.whatsapp.cloud import forms
from bridges.whatsapp.cloud.errors import CODE_WINDOW, WINDOW_CLOSED, unreachable
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.reading import Json, id_at, objects_at
from bridges.whatsapp.cloud.window import is_closed
from bridges.whatsapp.formatting import from_matrix
from bridges.whatsapp.store.cloud_customers import Customer
from bridges.whatsapp.store.cloud_sendings import SendingStore

REPORT_WITHIN = timedelta(minutes=2)
"""How long a report of a message may take, after which it surely was not taken."""

_Make = Callable[[], Awaitable[Json]]
"""Prepares a part of a message, which may take an upload."""

_LOOK_AGAIN = 10.0
_NO_POLL = user_text("Organisations' numbers have no polls on WhatsApp.")
_EMPTY = user_text("There is nothing in this message that WhatsApp could show.")
_UNKNOWN = user_text("It is being found out whether WhatsApp has taken this message.")


class Sender:
    """Sends messages of one number."""

    def __init__(
        self,
        graph: GraphApi,
        sendings: SendingStore,
        clock: Clock,
    ) -> None:
        self._graph = graph
        self._sendings = sendings
        self._clock = clock

    async def message(self, who: Credentials, message: OutgoingMessage, customer: Customer) -> Sent:
        """Send what somebody has written. Raises the errors of ``bridges.core.errors``."""
        if is_closed(customer, self._clock.now()) and not message.repeated:
            raise Rejected(CODE_WINDOW, WINDOW_CLOSED)
        reply_to = message.reply_to
        ids: list[MessageID] = []
        for number, make in enumerate(self._parts(who, message)):
            key = f"{message.key}.{number}"
            found = await self._earlier(key) if message.repeated else None
            if found is None:
                body = forms.envelope(customer, key, None if number else reply_to)
                found = await self._once(who, key, body | await make())
            ids.append(MessageID(found))
        return Sent(tuple(ids), self._clock.now())

    async def form(self, who: Credentials, key: str, customer: Customer, content: Json) -> str:
        """Send a message of any form, once for each ``key``; returns its id."""
        earlier = await self._earlier(key)
        return earlier or await self._once(who, key, forms.envelope(customer, key, None) | content)

    def _parts(self, who: Credentials, message: OutgoingMessage) -> Sequence[_Make]:
        match message.content:
            case Text(text=text):
                return self._texts(text)
            case LocalMedia() as file:
                return self._file(who, file)
            case Location() as place:
                form = forms.place_form(place)
                return [_ready(form)]
            case Poll():
                raise Unsupported("WHATSAPP.NO_POLLS", _NO_POLL)

    def _texts(self, text: FormattedText) -> Sequence[_Make]:
        forms_of_text = [_ready(forms.text_form(piece)) for piece in _pieces(text)]
        if not forms_of_text:
            raise Rejected("WHATSAPP.EMPTY", _EMPTY)
        return forms_of_text

    def _file(self, who: Credentials, file: LocalMedia) -> Sequence[_Make]:
        kind = forms.shown_as(file, file.path.stat().st_size)
        texts = [] if file.caption is None else _pieces(file.caption)
        caption = texts[0] if len(texts) == 1 else ""
        below = forms.takes_caption(kind) and 0 < len(caption) <= forms.LONGEST_CAPTION

        async def uploaded() -> Json:
            info, mime = file.info, forms.bare_mime(file)
            media = await self._graph.upload(who, file.path, info.name, mime)
            shown = caption if below else ""
            return forms.media_form(kind, media, info.name, shown, voice=file.look.voice)

        if below:
            return [uploaded]
        return [uploaded, *(_ready(forms.text_form(piece)) for piece in texts)]

    async def _earlier(self, key: str) -> str | None:
        """The message an earlier attempt has become; None if it has become none.

        Raises ``TemporaryError`` while that is not known.
        """
        earlier = await self._sendings.get(key)
        if earlier is None:
            return None
        if earlier.message:
            return earlier.message
        if self._clock.now() - earlier.begun < REPORT_WITHIN:
            raise TemporaryError(
                "WHATSAPP.OUTCOME_UNKNOWN", _UNKNOWN, retry_after=_LOOK_AGAIN, certain=False
            )
        return None

    async def _once(self, who: Credentials, key: str, body: Json) -> str:
        await self._sendings.begin(key, self._clock.now())
        try:
            answer = await self._graph.post(who, f"{who.number}/messages", body)
        except BridgeError as error:
            if error.certain:
                await self._sendings.failed(key)
            raise
        sent = next((id_at(one, "id") for one in objects_at(answer, "messages")), "")
        if not sent:
            raise unreachable(certain=False)
        await self._sendings.is_message(key, sent)
        return sent


def _pieces(text: FormattedText) -> list[str]:
    return [one.text for one in from_matrix(text, max_length=forms.LONGEST_TEXT)]


def _ready(form: Json) -> _Make:
    async def make() -> Json:
        return form

    return make
