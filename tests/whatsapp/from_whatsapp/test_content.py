# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every kind of message becomes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from bridges.core.content import (
    LinkPreview,
    Location,
    MediaKind,
    Poll,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.ids import RemoteUserID
from bridges.whatsapp.formatting import Mentioned
from bridges.whatsapp.from_whatsapp.content import answered, parts_of
from bridges.whatsapp.from_whatsapp.context import addresses_in
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.media import content_of, message_of, still_of
from bridges.whatsapp.polls import answer_id
from tests.whatsapp.from_whatsapp.samples import FILE, checked, wrapped

AROUND = Surroundings(people={"77": Mentioned(RemoteUserID("lid-77"), "Zarina")})
PICTURE = base64.b64encode(b"\xff\xd8jpeg").decode()


def only(message: dict[str, Any], around: Surroundings = AROUND) -> RemotePart:
    (part,) = parts_of(message, around)
    return part


def text_of(message: dict[str, Any], around: Surroundings = AROUND) -> Text:
    part = only(message, around)
    assert isinstance(part, Text)
    return part


def media_of(message: dict[str, Any], around: Surroundings = AROUND) -> RemoteMedia:
    part = only(message, around)
    assert isinstance(part, RemoteMedia)
    return part


def test_text() -> None:
    shown = text_of(checked(conversation="*Salom*"))
    assert (shown.text.body, shown.text.html) == ("Salom", "<strong>Salom</strong>")
    assert shown.kind is TextKind.TEXT


def test_mentions_by_lid_and_by_number_and_of_everybody() -> None:
    message = checked(
        extendedTextMessage={
            "text": "@77 @992900000001 @all",
            "contextInfo": {
                "mentionedJID": ["77@lid", "992900000001@s.whatsapp.net"],
                "nonJIDMentions": 1,
            },
        }
    )
    shown = text_of(message).text
    assert shown.body == "@Zarina @+992900000001 @all"
    assert shown.mentions == {"lid-77", "992900000001"}
    assert shown.everyone
    assert addresses_in(message) == {
        Jid("77", "lid"),
        Jid("992900000001", "s.whatsapp.net"),
    }


def test_link_preview() -> None:
    shown = text_of(
        checked(
            extendedTextMessage={
                "text": "https://example.org",
                "matchedText": "https://example.org",
                "title": "Example",
                "description": "A page",
            }
        )
    )
    assert shown.previews == (LinkPreview("https://example.org", "Example", "A page"),)


@pytest.mark.parametrize(
    ("kind", "extra", "shown", "name"),
    [
        ("imageMessage", {"mimetype": "image/jpeg"}, MediaKind.IMAGE, "image.jpg"),
        ("videoMessage", {"mimetype": "video/mp4"}, MediaKind.VIDEO, "video.mp4"),
        ("ptvMessage", {"mimetype": "video/mp4"}, MediaKind.VIDEO, "video.mp4"),
        ("audioMessage", {"mimetype": "audio/mp4"}, MediaKind.AUDIO, "audio.m4a"),
        ("documentMessage", {"fileName": "a/b.pdf"}, MediaKind.FILE, "a_b.pdf"),
        ("stickerMessage", {"mimetype": "image/webp"}, MediaKind.STICKER, "sticker"),
    ],
)
def test_files(kind: str, extra: dict[str, Any], shown: MediaKind, name: str) -> None:
    found = media_of(checked(**{kind: {**FILE, **extra}}))
    assert (found.kind, found.info.name, found.info.size) == (shown, name, 2048)
    assert found.cache_key == FILE["fileSHA256"]
    wanted = message_of(found.reference)[kind]
    assert {one: wanted[one] for one in FILE} == FILE
    assert content_of(found.reference) is None


def test_a_photo_with_caption_dimensions_and_thumbnail() -> None:
    found = media_of(
        checked(
            imageMessage={
                **FILE,
                "caption": "_Khujand_",
                "width": 640,
                "height": 480,
                "JPEGThumbnail": PICTURE,
            }
        )
    )
    assert found.caption is not None
    assert found.caption.html == "<em>Khujand</em>"
    assert (found.info.width, found.info.height) == (640, 480)
    assert found.thumbnail is not None
    assert content_of(found.thumbnail.reference) == b"\xff\xd8jpeg"


def test_a_voice_message_keeps_its_length_and_waveform() -> None:
    wave = bytes([0, 50, 100] + [7] * 61)
    found = media_of(
        checked(
            audioMessage={
                **FILE,
                "PTT": True,
                "seconds": 5,
                "mimetype": "audio/ogg; codecs=opus",
                "waveform": base64.b64encode(wave).decode(),
            }
        )
    )
    assert found.look.voice
    assert found.look.waveform[:3] == (0, 512, 1024)
    assert len(found.look.waveform) == 64
    assert (found.info.duration_ms, found.info.mime) == (5000, "audio/ogg")


def test_gifs_and_round_videos() -> None:
    assert media_of(checked(videoMessage={**FILE, "gifPlayback": True})).look.animated
    assert media_of(checked(ptvMessage=FILE)).look.round


def test_a_document_with_a_caption() -> None:
    inner = {"documentMessage": {**FILE, "fileName": "plan.pdf", "caption": "see"}}
    found = media_of(wrapped("documentWithCaptionMessage", **inner))
    assert found.caption is not None
    assert (found.caption.body, found.info.name) == ("see", "plan.pdf")


def test_lottie_stickers_are_drawn_or_shown_as_the_picture_that_came_along() -> None:
    with_picture = {**FILE, "isLottie": True, "pngThumbnail": PICTURE, "emojis": "😀"}
    found = media_of(wrapped("lottieStickerMessage", stickerMessage=with_picture))
    assert (found.kind, found.info.name) == (MediaKind.FILE, "😀.was")
    assert found.converter
    assert still_of(message_of(found.reference)) == b"\xff\xd8jpeg"
    nowhere = {name: value for name, value in with_picture.items() if name != "mediaKey"}
    found = media_of(wrapped("lottieStickerMessage", stickerMessage=nowhere))
    assert (found.kind, found.info.mime) == (MediaKind.STICKER, "image/png")
    assert content_of(found.reference) == b"\xff\xd8jpeg"
    without = text_of(wrapped("lottieStickerMessage", stickerMessage={"isLottie": True}))
    assert without.kind is TextKind.NOTICE


@pytest.mark.parametrize(
    "wrapper", ["viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"]
)
def test_what_can_be_seen_once_stays_in_whatsapp_unless_it_is_wanted(wrapper: str) -> None:
    message = wrapped(wrapper, imageMessage={**FILE, "viewOnce": True})
    assert "seen once" in text_of(message).text.body
    assert media_of(message, Surroundings(takes_view_once=True)).kind is MediaKind.IMAGE
    voice = wrapped(wrapper, audioMessage={**FILE, "PTT": True})
    assert "heard once" in text_of(voice).text.body


@pytest.mark.parametrize(
    "wrapper",
    ["ephemeralMessage", "deviceSentMessage", "groupMentionedMessage", "botInvokeMessage"],
)
def test_wrappers_are_taken_off(wrapper: str) -> None:
    assert text_of(wrapped(wrapper, conversation="inside")).text.body == "inside"


def test_an_album_says_nothing_and_its_pictures_come_by_themselves() -> None:
    assert parts_of(checked(albumMessage={"expectedImageCount": 2}), AROUND) == ()
    child = wrapped("associatedChildMessage", imageMessage=FILE)
    assert media_of(child).kind is MediaKind.IMAGE


def test_places() -> None:
    found = only(
        checked(
            locationMessage={
                "degreesLatitude": 38.5598,
                "degreesLongitude": 68.787,
                "name": "Rudaki Park",
                "address": "Dushanbe",
                "accuracyInMeters": 10,
            }
        )
    )
    assert isinstance(found, Location)
    assert found.geo_uri == "geo:38.5598,68.787;u=10"
    assert found.description == "Rudaki Park, Dushanbe"
    live = only(checked(liveLocationMessage={"degreesLatitude": 1.0, "caption": "on my way"}))
    assert isinstance(live, Location)
    assert (live.geo_uri, live.is_own) == ("geo:1,0", True)
    nowhere = text_of(checked(locationMessage={"degreesLatitude": 500.0}))
    assert nowhere.kind is TextKind.NOTICE


VCARD = (
    "BEGIN:VCARD\nVERSION:3.0\nFN:Farrukh\nitem1.TEL;waid=992900000002:+992 90 000 0002\nEND:VCARD"
)


def test_contacts() -> None:
    card = {"displayName": "Farrukh", "vcard": VCARD}
    message = checked(contactMessage=card)
    found = media_of(message)
    assert (found.info.name, found.info.mime) == ("Farrukh.vcf", "text/vcard")
    assert content_of(found.reference) == f"{VCARD}\n".encode()
    assert found.caption is not None
    assert found.caption.body == "Farrukh\n+992 90 000 0002"
    assert "karvon:user/992900000002" in (found.caption.html or "")
    assert addresses_in(message) == {Jid("992900000002", "s.whatsapp.net")}
    both = parts_of(checked(contactsArrayMessage={"contacts": [card, card]}), AROUND)
    assert len(both) == 2


@pytest.mark.parametrize(
    "kind",
    [
        "pollCreationMessage",
        "pollCreationMessageV2",
        "pollCreationMessageV3",
        "pollCreationMessageV5",
        "pollCreationMessageV6",
    ],
)
def test_polls(kind: str) -> None:
    options = [{"optionName": "plov"}, {"optionName": "lagman"}]
    poll = {"name": "Lunch?", "options": options, "selectableOptionsCount": 1}
    for message in (checked(**{kind: poll}), wrapped("pollCreationMessageV4", **{kind: poll})):
        found = only(message)
        assert isinstance(found, Poll)
        assert (found.question, found.max_selections) == ("Lunch?", 1)
        assert [one.id for one in found.answers] == [answer_id("plov"), answer_id("lagman")]


def test_poll_results() -> None:
    votes = [{"optionName": "plov", "optionVoteCount": "3"}]
    shown = text_of(checked(pollResultSnapshotMessage={"name": "Lunch?", "pollVotes": votes}))
    assert shown.text.body == "📊 Lunch?\n3 · plov"


def test_events() -> None:
    event = {
        "name": "Navruz",
        "description": "in the *park*",
        "startTime": "1774080000",
        "joinLink": "https://call.whatsapp.com/video/x",
        "location": {"degreesLatitude": 38.5, "degreesLongitude": 68.7, "name": "Park"},
        "isCanceled": True,
    }
    body = text_of(checked(eventMessage=event)).text.body
    for wanted in (
        "📅 Navruz",
        "cancelled",
        "2026-03-21 08:00 UTC",
        "in the park",
        "Park",
        "https",
    ):
        assert wanted in body


def test_business_messages_can_be_read() -> None:
    buttons = checked(
        buttonsMessage={
            "contentText": "Your *order* is ready",
            "footerText": "Shop",
            "buttons": [{"buttonID": "1", "buttonText": {"displayText": "Collect"}}],
        }
    )
    assert text_of(buttons).text.body == "Your order is ready\nShop\n▸ Collect"
    template = checked(
        templateMessage={
            "hydratedTemplate": {
                "hydratedTitleText": "Code",
                "hydratedContentText": "12345",
                "hydratedButtons": [
                    {"urlButton": {"displayText": "Open", "URL": "https://example.org/a"}},
                    {"callButton": {"displayText": "Call", "phoneNumber": "+99290"}},
                ],
            }
        }
    )
    body = text_of(template).text.body
    assert body == "Code\n12345\n▸ Open\nhttps://example.org/a\n▸ Call +99290"
    listed = checked(
        listMessage={
            "title": "Menu",
            "description": "Choose",
            "sections": [{"title": "Hot", "rows": [{"title": "Plov", "description": "big"}]}],
        }
    )
    assert text_of(listed).text.body == "Menu\nChoose\nHot\n▸ Plov\nbig"
    flow = {"name": "cta_url", "buttonParamsJSON": json.dumps({"display_text": "Pay"})}
    interactive = checked(
        interactiveMessage={
            "header": {"title": "Bill", "imageMessage": FILE},
            "body": {"text": "100"},
            "nativeFlowMessage": {"buttons": [flow]},
        }
    )
    with_picture = media_of(interactive)
    assert with_picture.caption is not None
    assert with_picture.caption.body == "Bill\n100\n▸ Pay"


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ({"buttonsResponseMessage": {"selectedDisplayText": "Collect"}}, "Collect"),
        ({"templateButtonReplyMessage": {"selectedDisplayText": "Yes"}}, "Yes"),
        ({"listResponseMessage": {"title": "Plov"}}, "Plov"),
        ({"interactiveResponseMessage": {"body": {"text": "Done"}}}, "Done"),
        ({"productMessage": {"product": {"title": "Cap"}}}, "Cap"),
        ({"orderMessage": {"orderTitle": "Caps", "itemCount": 2}}, "2 items"),
        ({"invoiceMessage": {"note": "for caps"}}, "for caps"),
        ({"sendPaymentMessage": {}}, "payment"),
        ({"groupInviteMessage": {"groupName": "Choyxona"}}, "Choyxona"),
        ({"newsletterAdminInviteMessage": {"newsletterName": "News"}}, "News"),
        ({"stickerPackMessage": {"name": "Cats"}}, "Cats"),
        ({"callLogMesssage": {"callOutcome": "MISSED", "isVideo": True}}, "Missed video call"),
        ({"scheduledCallCreationMessage": {"title": "Talk"}}, "Talk"),
        ({"placeholderMessage": {"type": "MASK_LINKED_DEVICES"}}, "phone only"),
        ({"requestPhoneNumberMessage": {}}, "phone number"),
        ({"secretEncryptedMessage": {"secretEncType": "MESSAGE_EDIT"}}, "cannot read"),
        ({"eventInviteMessage": {"eventTitle": "Toy"}}, "Toy"),
        ({"musicMessage": {}}, "music"),
        ({"highlyStructuredMessage": {"params": ["42"]}}, "42"),
    ],
)
def test_everything_else_is_readable_text(message: dict[str, Any], wanted: str) -> None:
    assert wanted in text_of(checked(**message)).text.body


def test_an_answer_to_a_status_says_what_the_status_said() -> None:
    message = checked(
        extendedTextMessage={
            "text": "nice",
            "contextInfo": {
                "stanzaID": "A1",
                "remoteJID": "status@broadcast",
                "quotedMessage": {"imageMessage": {"caption": "the lake"}},
            },
        }
    )
    shown = text_of(message).text
    assert shown.body == "Answer to a status post\n> the lake\nnice"


def test_an_answer_tells_what_it_answers() -> None:
    context = {
        "stanzaID": "A1",
        "participant": "77@lid",
        "quotedMessage": {"imageMessage": FILE},
    }
    message = checked(extendedTextMessage={"text": "nice", "contextInfo": context})
    assert text_of(message).text.body == "nice"
    told = answered(message, AROUND)
    assert told is not None
    assert told.body == "Answer to Zarina\n> Photo"
    empty = {**context, "quotedMessage": {"conversation": ""}}
    told = answered(checked(imageMessage={**FILE, "contextInfo": empty}), AROUND)
    assert told is not None
    assert told.body == "Answer to Zarina\n> …"


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"stanzaID": "A1"},
        {"remoteJID": "status@broadcast", "quotedMessage": {"conversation": "the lake"}},
    ],
)
def test_what_answers_nothing_in_its_chat_tells_nothing(context: dict[str, Any]) -> None:
    message = checked(extendedTextMessage={"text": "nice", "contextInfo": context})
    assert answered(message, AROUND) is None


def test_kinds_that_are_not_known_are_named() -> None:
    shown = text_of({"fooMessage": {"bar": 1}})
    assert "fooMessage" in shown.text.body
    assert shown.kind is TextKind.NOTICE


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"messageContextInfo": {}},
        {"senderKeyDistributionMessage": {}},
        {"reactionMessage": {"text": "👍"}},
        {"protocolMessage": {"type": "EPHEMERAL_SETTING"}},
        {"pinInChatMessage": {}},
        {"conversation": ""},
    ],
)
def test_what_says_nothing_has_no_parts(message: dict[str, Any]) -> None:
    assert parts_of(message, AROUND) == ()


SILENT_OR_SHOWN = sorted(one.json_name for one in Message.DESCRIPTOR.fields)


@pytest.mark.parametrize("kind", SILENT_OR_SHOWN)
def test_no_kind_that_whatsapp_has_is_unknown(kind: str) -> None:
    """Each field of ``Message`` is either shown or meant to say nothing."""
    for part in parts_of({kind: {}}, AROUND):
        body = part.text.body if isinstance(part, Text) else ""
        assert "does not know" not in body, kind


_NAMES = [
    "message",
    "text",
    "contextInfo",
    "mentionedJID",
    "options",
    "buttons",
    "header",
    "vcard",
    "caption",
    "mediaKey",
    "directPath",
    "waveform",
    "body",
    "contacts",
    "rows",
    "sections",
    "location",
]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SILENT_OR_SHOWN), _json)
def test_whatever_comes_in_something_readable_comes_out(kind: str, value: Any) -> None:
    for part in parts_of({kind: value}, AROUND):
        if isinstance(part, Text):
            assert part.text.body
            assert "could not read" not in part.text.body
    addresses_in({kind: value})


def test_messages_nested_without_end_do_no_harm() -> None:
    message: dict[str, Any] = {"conversation": "deep"}
    for _ in range(5000):
        message = {"commentMessage": {"message": message}}
    assert "could not read" in text_of(message).text.body
