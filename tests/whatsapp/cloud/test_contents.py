# SPDX-License-Identifier: AGPL-3.0-or-later
"""What webhooks say, kind by kind; and that no JSON makes the parser fail."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.core.content import (
    FormattedText,
    Location,
    MediaKind,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.messages import (
    Changed,
    Person,
    Reacted,
    Renumbered,
    Revoked,
    Said,
    happening_of,
    person_of,
)
from bridges.whatsapp.cloud.notifications import changes_of
from bridges.whatsapp.cloud.past import has_come, is_refused, past_of
from bridges.whatsapp.cloud.statuses import Status, StatusKind, statuses_of
from bridges.whatsapp.cloud.templates import templates_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
READER = Reader(str)
WORDS = [
    "object",
    "entry",
    "changes",
    "value",
    "field",
    "messages",
    "statuses",
    "contacts",
    "metadata",
    "phone_number_id",
    "id",
    "type",
    "text",
    "body",
    "from",
    "from_user_id",
    "user_id",
    "timestamp",
    "reaction",
    "message_id",
    "emoji",
    "edit",
    "revoke",
    "message",
    "original_message_id",
    "interactive",
    "button_reply",
    "title",
    "image",
    "caption",
    "mime_type",
    "location",
    "latitude",
    "longitude",
    "history",
    "threads",
    "errors",
    "code",
    "context",
    "system",
    "wa_id",
    "order",
    "product_items",
    "name",
    "formatted_name",
    "phones",
    "phone",
    "status",
    "template",
    "components",
    "profile",
    "nfm_reply",
    "response_json",
    "whatsapp_business_account",
    "smb_message_echoes",
    "APPROVED",
    "BODY",
    "{{1}}",
]

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(WORDS), any_json, max_size=5)


def parts_of(message: dict[str, Any]) -> tuple[RemotePart, ...]:
    said = happening_of({"id": "wamid.1", "timestamp": "1795338000"} | message, READER, NOW)
    assert isinstance(said, Said)
    return said.parts


def text_of(message: dict[str, Any]) -> str:
    (part,) = parts_of(message)
    assert isinstance(part, Text)
    return part.text.body


def test_a_text_is_read_with_what_it_answers() -> None:
    message = {
        "id": "wamid.2",
        "timestamp": "1795338000",
        "type": "text",
        "text": {"body": "Salom"},
        "context": {"from": "1", "id": "wamid.1"},
    }
    at = datetime.fromtimestamp(1795338000, UTC)
    said = Said("wamid.2", at, (Text(FormattedText("Salom")),), "wamid.1")
    assert happening_of(message, READER, NOW) == said


@pytest.mark.parametrize(
    ("kind", "file", "shown", "name"),
    [
        ("image", {"mime_type": "image/jpeg"}, MediaKind.IMAGE, "image.jpg"),
        ("video", {"mime_type": "video/mp4"}, MediaKind.VIDEO, "video.mp4"),
        ("audio", {"mime_type": "audio/ogg; codecs=opus"}, MediaKind.AUDIO, "audio.ogg"),
        ("sticker", {"mime_type": "image/webp"}, MediaKind.STICKER, "sticker.webp"),
        ("document", {"filename": "a.pdf"}, MediaKind.FILE, "a.pdf"),
    ],
)
def test_files_are_announced(kind: str, file: dict[str, str], shown: MediaKind, name: str) -> None:
    (part,) = parts_of({"type": kind, kind: {"id": "55", "caption": "see"} | file})
    assert isinstance(part, RemoteMedia)
    assert (part.kind, part.reference, part.info.name) == (shown, "55", name)
    assert part.caption == FormattedText("see")


def test_a_voice_message_is_one() -> None:
    (part,) = parts_of({"type": "audio", "audio": {"id": "1", "voice": True}})
    assert isinstance(part, RemoteMedia)
    assert part.look.voice


def test_places() -> None:
    place = {"latitude": 38.56, "longitude": 68.78, "name": "Choyxona", "address": "Rudaki 1"}
    assert parts_of({"type": "location", "location": place}) == (
        Location("geo:38.560000,68.780000", "Choyxona, Rudaki 1"),
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ({"type": "button", "button": {"payload": "p", "text": "Yes"}}, "Yes"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "No"}},
            },
            "No",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "list_reply",
                    "list_reply": {"id": "1", "title": "Tea", "description": "green"},
                },
            },
            "Tea\ngreen",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {"body": "Sent", "response_json": '{"day": "Mon", "n": 2}'},
                },
            },
            "Sent\nday: Mon\nn: 2",
        ),
        (
            {
                "type": "contacts",
                "contacts": [
                    {"name": {"formatted_name": "Sherzod"}, "phones": [{"phone": "+992 90"}]}
                ],
            },
            "👤 Sherzod\n+992 90",
        ),
        (
            {
                "type": "order",
                "order": {
                    "text": "please",
                    "product_items": [
                        {
                            "product_retailer_id": "non",
                            "quantity": 2,
                            "item_price": 3.5,
                            "currency": "TJS",
                        }
                    ],
                },
            },
            "please\n2 × non 3.5 TJS",
        ),
        ({"type": "poll", "poll": {}}, "A message is here that cannot be shown (poll)."),
        (
            {"type": "unsupported", "errors": [{"code": 131051}]},
            "A message is here that cannot be shown (unsupported).",
        ),
        ({}, "A message is here that cannot be shown (?)."),
        ({"type": "image", "image": {}}, "A file is here that WhatsApp did not hand over."),
        ({"type": "text", "text": {"body": "a\0b\ud800"}}, "ab?"),
    ],
)
def test_what_else_can_be_said(message: dict[str, Any], shown: str) -> None:
    assert text_of(message) == shown


def test_changes_of_messages() -> None:
    base = {"id": "wamid.9", "timestamp": "1795338000"}
    at = datetime.fromtimestamp(1795338000, UTC)
    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}
    assert happening_of(base | reaction, READER, NOW) == Reacted("wamid.9", at, "wamid.1", "👍")
    gone = {"type": "reaction", "reaction": {"message_id": "wamid.1"}}
    assert happening_of(base | gone, READER, NOW) == Reacted("wamid.9", at, "wamid.1", "")
    revoked = {"type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    assert happening_of(base | revoked, READER, NOW) == Revoked("wamid.9", at, "wamid.1")
    new = {"type": "text", "text": {"body": "new"}}
    edit = {"type": "edit", "edit": {"original_message_id": "wamid.1", "message": new}}
    assert happening_of(base | edit, READER, NOW) == Changed(
        "wamid.9", at, "wamid.1", (Text(FormattedText("new")),)
    )
    details = {"type": "user_changed_number", "wa_id": "992900000302", "body": "moved"}
    changed = happening_of(base | {"type": "system", "system": details}, READER, NOW)
    assert isinstance(changed, Renumbered)
    assert changed.phone == "992900000302"
    assert changed.parts == (Text(FormattedText("moved"), TextKind.NOTICE),)


def test_people_are_known_by_number_or_bsuid() -> None:
    value = {"contacts": [{"wa_id": "992900", "user_id": "TJ.1", "profile": {"name": "Farhod"}}]}
    both = Person("992900", "TJ.1", "Farhod")
    assert person_of(value, {"from": "992900"}) == both
    assert person_of(value, {"from_user_id": "TJ.1"}) == both
    assert person_of(value, {"from": "992901"}) == Person("992901")


def test_statuses() -> None:
    status = {
        "id": "wamid.1",
        "status": "failed",
        "recipient_id": "992900",
        "biz_opaque_callback_data": "key",
        "errors": [{"code": 131047}],
    }
    assert statuses_of({"statuses": [status, {"id": "x", "status": "pondered"}]}) == [
        Status("wamid.1", StatusKind.FAILED, Person("992900"), "key", 131047)
    ]


@settings(deadline=None)
@given(any_json)
def test_any_json_can_be_taken_apart(value: object) -> None:
    for change in changes_of(value):
        list(past_of(change.value))


@settings(deadline=None)
@given(any_json, objects)
def test_any_batch_can_be_taken_apart(value: object, inner: dict[str, Any]) -> None:
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"value": inner, "field": "messages"}, value]}, value],
    }
    assert changes_of(body)


@settings(deadline=None)
@given(objects, objects)
def test_any_message_can_be_read(value: dict[str, Any], message: dict[str, Any]) -> None:
    person_of(value, message)
    statuses_of(value)
    has_come(value)
    is_refused(value)
    list(past_of(value))
    list(templates_of(value))
    happening = happening_of(message | {"id": "wamid.1"}, READER, NOW)
    if isinstance(happening, Said | Changed | Renumbered):
        assert happening.parts
        for part in happening.parts:
            if isinstance(part, Text):
                part.text.body.encode()
