# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Matrix messages become in WhatsApp, checked against WhatsApp's own protobuf."""

import base64
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from bridges.core.content import (
    FormattedText,
    LocalMedia,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    OutgoingContent,
    Poll,
    PollAnswer,
    RemoteMedia,
    Text,
    TextKind,
)
from bridges.core.errors import Rejected
from bridges.core.ids import MessageID, RemoteUserID
from bridges.whatsapp import waveforms
from bridges.whatsapp.from_whatsapp.content import parts_of
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.ids import STATUS, Jid
from bridges.whatsapp.to_whatsapp.context import Answered, Writing
from bridges.whatsapp.to_whatsapp.files import Form, form_of
from bridges.whatsapp.to_whatsapp.messages import (
    Carried,
    edited_caption,
    edited_text,
    messages_of,
)
from tests.whatsapp.from_whatsapp.samples import FILE, HASH

PLAIN = Writing()
SECRET = b"s" * 32
CARRIED = Carried({**FILE, "handle": "x"}, b"\xff\xd8jpeg", SECRET)


def sent(
    content: OutgoingContent, writing: Writing = PLAIN, carried: Carried = CARRIED
) -> list[dict[str, Any]]:
    """The messages; fails if WhatsApp's protobuf has no such fields, or would write them otherwise."""
    found = messages_of(content, writing, carried)
    for one in found:
        assert MessageToDict(ParseDict(one, Message())) == one
    return found


def said(body: str, html: str | None = None, **more: Any) -> Text:
    return Text(FormattedText(body, html, **more))


def file(kind: MediaKind, mime: str, **more: Any) -> LocalMedia:
    info = MediaInfo(more.pop("name", "a.bin"), mime, 2048, width=640, height=480, duration_ms=4600)
    return LocalMedia(kind, info, Path("/nowhere"), **more)


def test_text() -> None:
    assert sent(said("x", "<b>Salom</b> *")) == [{"extendedTextMessage": {"text": "*Salom* *"}}]
    assert sent(said("  ")) == []


def test_emotes_are_no_list() -> None:
    emote = Text(FormattedText("waves"), TextKind.EMOTE)
    (message,) = sent(emote)
    assert message["extendedTextMessage"]["text"].lstrip("\u2060") == "* waves"
    (back,) = parts_of(message, Surroundings())
    assert isinstance(back, Text)
    assert back.text == FormattedText("* waves")


def test_replies_mentions_and_timers_are_in_the_context() -> None:
    answered = Answered(MessageID("A1"), Jid("5", "lid", 3))
    writing = Writing(answered, timer=86400, timer_set=1790000000)
    user = RemoteUserID("lid-77")
    text = said("", '<a href="karvon:user/lid-77">Zarina</a> hi @room', mentions={user})
    (message,) = sent(
        Text(FormattedText("", text.text.html, frozenset({user}), everyone=True)), writing
    )
    assert message["extendedTextMessage"] == {
        "text": "@77 hi @all",
        "contextInfo": {
            "stanzaID": "A1",
            "participant": "5@lid",
            "quotedMessage": {"conversation": ""},
            "mentionedJID": ["77@lid"],
            "nonJIDMentions": 1,
            "expiration": 86400,
            "ephemeralSettingTimestamp": "1790000000",
        },
    }


def test_people_are_mentioned_by_the_address_they_have_in_the_chat() -> None:
    writing = Writing(jid_of=lambda _: Jid("992900000001", "s.whatsapp.net"))
    (message,) = sent(said("", '<a href="karvon:user/lid-77">Zarina</a>'), writing)
    inside = message["extendedTextMessage"]
    assert inside["text"] == "@992900000001"
    assert inside["contextInfo"]["mentionedJID"] == ["992900000001@s.whatsapp.net"]


def test_an_answer_to_a_status_names_where_that_is() -> None:
    answered = Answered(MessageID("A1"), Jid("5", "lid"), STATUS)
    (message,) = sent(said("nice"), Writing(answered))
    assert message["extendedTextMessage"]["contextInfo"]["remoteJID"] == "status@broadcast"


def test_a_long_text_is_divided_and_answers_once() -> None:
    answered = Answered(MessageID("A1"), Jid("5", "lid"))
    messages = sent(said("so'z " * 30_000), Writing(answered))
    assert len(messages) == 3
    assert "contextInfo" in messages[0]["extendedTextMessage"]
    assert all("contextInfo" not in one["extendedTextMessage"] for one in messages[1:])


@pytest.mark.parametrize(
    ("kind", "mime", "look", "form"),
    [
        (MediaKind.IMAGE, "image/jpeg", {}, Form.IMAGE),
        (MediaKind.IMAGE, "image/svg+xml", {}, Form.DOCUMENT),
        (MediaKind.VIDEO, "video/mp4", {}, Form.VIDEO),
        (MediaKind.VIDEO, "video/mp4", {"round": True}, Form.ROUND),
        (MediaKind.VIDEO, "video/webm", {}, Form.DOCUMENT),
        (MediaKind.AUDIO, "audio/ogg", {"voice": True}, Form.VOICE),
        (MediaKind.AUDIO, "audio/mp4", {"voice": True}, Form.AUDIO),
        (MediaKind.AUDIO, "audio/mpeg", {}, Form.AUDIO),
        (MediaKind.STICKER, "image/webp", {}, Form.STICKER),
        (MediaKind.STICKER, "image/png", {}, Form.IMAGE),
        (MediaKind.FILE, "application/pdf", {}, Form.DOCUMENT),
    ],
)
def test_forms_of_files(kind: MediaKind, mime: str, look: dict[str, Any], form: Form) -> None:
    local = file(kind, mime, look=MediaLook(**look))
    assert form_of(local) is form
    assert len(sent(local)) == 1


def test_a_photo_with_a_caption() -> None:
    (message,) = sent(file(MediaKind.IMAGE, "image/jpeg", caption=FormattedText("", "<i>x</i>")))
    assert message == {
        "imageMessage": {
            **FILE,
            "mimetype": "image/jpeg",
            "JPEGThumbnail": base64.b64encode(b"\xff\xd8jpeg").decode(),
            "width": 640,
            "height": 480,
            "caption": "_x_",
        }
    }


def test_a_document_with_a_caption_has_another_message_around() -> None:
    (message,) = sent(
        file(MediaKind.FILE, "application/pdf", name="plan.pdf", caption=FormattedText("see"))
    )
    inside = message["documentWithCaptionMessage"]["message"]["documentMessage"]
    assert (inside["fileName"], inside["caption"]) == ("plan.pdf", "see")
    (without,) = sent(file(MediaKind.FILE, "application/pdf", name="plan.pdf"))
    assert without["documentMessage"]["fileName"] == "plan.pdf"


def test_a_caption_that_cannot_stand_below_follows() -> None:
    voice = file(
        MediaKind.AUDIO,
        "audio/ogg",
        look=MediaLook(voice=True, waveform=(0, 1024)),
        caption=FormattedText("listen"),
    )
    first, second = sent(voice, Writing(Answered(MessageID("A1"), Jid("5", "lid"))))
    assert first["audioMessage"]["PTT"] is True
    assert first["audioMessage"]["seconds"] == 5
    wave = base64.b64decode(first["audioMessage"]["waveform"])
    assert wave == bytes(32) + bytes([100] * 32)
    assert first["audioMessage"]["contextInfo"]["stanzaID"] == "A1"
    assert second == {"extendedTextMessage": {"text": "listen"}}


def test_gifs_are_videos_that_repeat() -> None:
    (message,) = sent(file(MediaKind.VIDEO, "video/mp4", look=MediaLook(animated=True)))
    assert message["videoMessage"]["gifPlayback"] is True


def test_places() -> None:
    (message,) = sent(Location("geo:38.5598,68.787;u=10", "Rudaki  Park"))
    assert message["locationMessage"] == {
        "degreesLatitude": 38.5598,
        "degreesLongitude": 68.787,
        "name": "Rudaki Park",
        "accuracyInMeters": 10,
    }
    for bad in ("geo:91,0", "geo:", "38,68"):
        with pytest.raises(Rejected, match="BAD_PLACE"):
            messages_of(Location(bad), PLAIN)


def poll(*answers: str, **more: Any) -> Poll:
    return Poll("Lunch?", tuple(PollAnswer(one, one) for one in answers), **more)


def test_polls() -> None:
    (one,) = sent(poll("plov", "lagman"))
    assert one == {
        "pollCreationMessageV3": {
            "name": "Lunch?",
            "options": [{"optionName": "plov"}, {"optionName": "lagman"}],
            "selectableOptionsCount": 1,
        },
        "messageContextInfo": {"messageSecret": base64.b64encode(SECRET).decode()},
    }
    found = messages_of(poll("plov", "lagman", max_selections=2), PLAIN, CARRIED)
    assert found[0]["pollCreationMessage"]["selectableOptionsCount"] == 0
    ParseDict(found[0], Message())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (poll("one"), "POLL_ANSWERS"),
        (poll(*map(str, range(13))), "POLL_ANSWERS"),
        (poll("a", "b" * 101), "POLL_LENGTH"),
        (poll("a", "\U0001f600" * 51), "POLL_LENGTH"),
        (poll("a", "a"), "POLL_SAME_ANSWERS"),
        (poll("a", " "), "POLL_SAME_ANSWERS"),
    ],
)
def test_polls_that_whatsapp_would_not_take_are_explained(wrong: Poll, code: str) -> None:
    with pytest.raises(Rejected, match=code) as refused:
        messages_of(wrong, PLAIN, CARRIED)
    assert "WhatsApp" in str(refused.value.text)


def test_edits_of_texts() -> None:
    writing = Writing(Answered(MessageID("A1"), Jid("5", "lid")), timer=60)
    assert edited_text(said("new"), writing) == {
        "extendedTextMessage": {"text": "new", "contextInfo": {"expiration": 60}}
    }
    for wrong in ("x " * 40_000, " "):
        with pytest.raises(Rejected, match="EDIT_TOO_LONG"):
            edited_text(said(wrong), PLAIN)


def test_edits_of_captions_keep_the_file() -> None:
    for kind, mime in ((MediaKind.IMAGE, "image/jpeg"), (MediaKind.FILE, "application/pdf")):
        (first,) = sent(file(kind, mime, caption=FormattedText("old")))
        changed = edited_caption(said("new"), first, PLAIN)
        (part,) = parts_of(changed, Surroundings())
        assert isinstance(part, RemoteMedia)
        assert part.caption == FormattedText("new")
        assert part.cache_key == HASH


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-5, 2000), max_size=300))
def test_waveforms_have_64_points_between_0_and_100(waveform: list[int]) -> None:
    wave = waveforms.from_matrix(waveform)
    assert len(wave) == 64
    assert max(wave) <= 100


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=64, max_size=64).map(lambda one: bytes(each % 101 for each in one)))
def test_waveforms_do_not_drift(wave: bytes) -> None:
    assert waveforms.from_matrix(waveforms.to_matrix(wave)) == wave
