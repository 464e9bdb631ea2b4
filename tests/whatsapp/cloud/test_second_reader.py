# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks as pywa reads them, a client of another make: what it finds, we find."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pywa import WhatsApp, types
from pywa.types.base_update import RawUpdate
from pywa.types.message import DeletedMessage, EditedMessage

from bridges.core.content import Location, RemoteMedia, Text
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.messages import (
    Changed,
    Reacted,
    Renumbered,
    Revoked,
    Said,
    happening_of,
    person_of,
)
from bridges.whatsapp.cloud.notifications import changes_of
from bridges.whatsapp.cloud.statuses import statuses_of
from sandbox.whatsapp_cloud.customer import CustomerPhone
from sandbox.whatsapp_cloud.sandbox import CloudSandbox

FIRST = "wamid.FIRST"
CARD = {
    "name": {"formatted_name": "Sherzod", "first_name": "Sherzod"},
    "phones": [{"phone": "+992 900", "type": "CELL"}],
}
BUTTON = {"type": "button_reply", "button_reply": {"id": "1", "title": "No"}}
MOVED = {"type": "user_changed_number", "wa_id": "992900000399", "body": "Farhod has moved"}

Saying = Callable[[CustomerPhone], object]

SAYINGS: dict[str, tuple[Saying, type]] = {
    "text": (lambda one: one.says("Salom"), types.Message),
    "answer": (lambda one: one.says("Ha", reply_to=FIRST), types.Message),
    "image": (
        lambda one: one.sends_file("image", b"x", "image/jpeg", caption="see"),
        types.Message,
    ),
    "voice": (lambda one: one.sends_file("audio", b"x", "audio/ogg", voice=True), types.Message),
    "document": (
        lambda one: one.sends_file("document", b"x", "application/pdf", "a.pdf"),
        types.Message,
    ),
    "reaction": (lambda one: one.reacts(FIRST, "👍"), types.Message),
    "edit": (lambda one: one.edits(FIRST, "new"), EditedMessage),
    "revoke": (lambda one: one.revokes(FIRST), DeletedMessage),
    "place": (
        lambda one: one.sends("location", {"latitude": 1.5, "longitude": 2.5}),
        types.Message,
    ),
    "card": (lambda one: one.sends("contacts", [CARD]), types.Message),
    "button": (lambda one: one.sends("interactive", BUTTON), types.CallbackButton),
    "moved": (lambda one: one.sends("system", MOVED), types.PhoneNumberChange),
}


def reading_of(body: bytes, signature: str, kind: type, number: str) -> Any:
    """The same webhook, read by pywa."""
    update = RawUpdate(body, hmac_header=signature, update_hash="")
    client = WhatsApp(phone_id=number, token="token", server=None)
    return kind.from_update(client, update)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SAYINGS)
async def test_both_find_the_same(name: str) -> None:
    say, kind = SAYINGS[name]
    async with CloudSandbox() as net:
        number = net.add_number("+992440000001", "Choyxona")
        net.webhooks.held = True
        say(net.customer("+992900000301", "Farhod", number))
        sent = net.webhooks.sent[0]
    theirs = reading_of(sent.body, sent.signature, kind, number.id)
    (change,) = changes_of(json.loads(sent.body))
    (message,) = change.value["messages"]
    ours = happening_of(message, Reader(str), datetime.now(UTC))
    person = person_of(change.value, message)
    assert ours is not None
    assert (person.phone, person.bsuid) == (
        theirs.from_user.wa_id,
        theirs.from_user.bsuid or person.bsuid,
    )
    assert ours.at == theirs.timestamp.astimezone(UTC)
    match ours:
        case Said():
            assert (ours.id, ours.reply_to) == (theirs.id, _answered(theirs))
            _same_content(ours, theirs)
        case Changed(target=target, parts=(Text(text=text),)):
            assert (target, text.body) == (theirs.original_message_id, theirs.message.text)
        case Revoked(target=target):
            assert target == theirs.original_message_id
        case Reacted(target=target, emoji=emoji):
            assert (target, emoji) == (theirs.reaction.message_id, theirs.reaction.emoji)
        case Renumbered(phone=phone):
            assert phone == theirs.new_wa_id
        case _:
            pytest.fail(f"{ours} is something else")


def _answered(theirs: Any) -> str:
    answered = getattr(theirs, "reply_to_message", None)
    return "" if answered is None else answered.id


def _same_content(ours: Said, theirs: Any) -> None:
    match ours.parts[0]:
        case RemoteMedia() as media:
            assert media.reference == theirs.media.id
            assert media.info.mime == theirs.media.mime_type
            assert (media.caption.body if media.caption else None) == theirs.caption
            assert media.look.voice == bool(getattr(theirs.media, "voice", False))
        case Location(geo_uri=uri):
            place = theirs.location
            assert uri == f"geo:{place.latitude:.6f},{place.longitude:.6f}"
        case Text(text=text) if getattr(theirs, "contacts", None):
            assert text.body.startswith(f"👤 {theirs.contacts[0].name.formatted_name}")
        case Text(text=text):
            assert text.body == (getattr(theirs, "text", None) or theirs.title)


async def test_both_find_the_same_statuses() -> None:
    async with CloudSandbox() as net:
        number = net.add_number("+992440000001", "Choyxona")
        net.webhooks.held = True
        farhod = net.customer("+992900000301", "Farhod", number)
        net.faults.fail(131047)
        body = {"messaging_product": "whatsapp", "to": "992900000301", "type": "text"}
        more = {"text": {"body": "x"}, "biz_opaque_callback_data": "key"}
        net.world.people["992900000301"].wrote_at[number.id] = net.world.now()
        farhod.messages.send(number, body | more)
        farhod.messages.send(number, body | more)
        sent = list(net.webhooks.sent)
    assert len(sent) == 3
    for delivery in sent:
        theirs = reading_of(delivery.body, delivery.signature, types.MessageStatus, number.id)
        (change,) = changes_of(json.loads(delivery.body))
        (ours,) = statuses_of(change.value)
        assert (ours.message, ours.kind, ours.key) == (theirs.id, theirs.status, theirs.tracker)
        assert ours.person.phone == theirs.from_user.wa_id
        assert ours.error == (theirs.error.code if theirs.error else 0)
