# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files and places as Matrix clients understand them."""

import json

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import UserID

from bridges.core.content import (
    FormattedText,
    LinkPreview,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    Text,
)
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.rendering import (
    Names,
    Rendered,
    Uploaded,
    location_content,
    media_event,
    text_content,
)
from bridges.core.portal.digest import digest
from tests.core.strategies import locations, media

URI = "mxc://home.test/1"
VOICE = MediaInfo("v.ogg", "audio/ogg", 900, duration_ms=1500)


def _mxid_of(user: RemoteUserID) -> UserID:
    return UserID(f"@test_{user.encode(errors='replace').hex()}:home.test")


_NAMES = Names(_mxid_of)


def _event(
    kind: MediaKind,
    info: MediaInfo = VOICE,
    look: MediaLook | None = None,
    caption: str | None = None,
    thumbnail: Uploaded | None = None,
) -> Rendered:
    words = None if caption is None else FormattedText(caption)
    part = RemoteMedia(kind, info, "ref", caption=words, look=look or MediaLook())
    return media_event(part, Uploaded(URI, kind, info, thumbnail), _NAMES)


def test_a_voice_message_shows_its_waveform() -> None:
    look = MediaLook(voice=True, waveform=(0, 512, 1024))
    event = _event(MediaKind.AUDIO, look=look)
    assert event.type == "m.room.message"
    assert event.content["msgtype"] == "m.audio"
    assert event.content["org.matrix.msc3245.voice"] == {}
    assert event.content["org.matrix.msc1767.audio"] == {
        "duration": 1500,
        "waveform": [0, 512, 1024],
    }
    plain = _event(MediaKind.AUDIO).content
    assert not [key for key in plain if key.startswith("org.matrix")]


def test_a_gif_plays_by_itself_and_a_round_video_is_marked() -> None:
    gif = _event(MediaKind.VIDEO, look=MediaLook(animated=True)).content["info"]
    assert gif["fi.mau.gif"]
    assert gif["fi.mau.loop"]
    assert gif["fi.mau.autoplay"]
    note = _event(MediaKind.VIDEO, look=MediaLook(round=True)).content["info"]
    assert note["fi.mau.telegram.round_message"]
    assert "fi.mau.gif" not in note


def test_a_spoiler_is_hidden_by_clients_of_either_proposal() -> None:
    content = _event(MediaKind.IMAGE, look=MediaLook(spoiler=True)).content
    assert content["page.codeberg.everypizza.msc4193.spoiler"] is True
    warning = content["town.robin.msc3725.content_warning"]
    assert warning == {"type": "town.robin.msc3725.spoiler"}


def test_a_thumbnail_is_told_with_its_measures() -> None:
    small = Uploaded("mxc://home.test/2", MediaKind.IMAGE, MediaInfo("t", "image/jpeg", 70, 32, 24))
    info = _event(MediaKind.VIDEO, thumbnail=small).content["info"]
    assert info["thumbnail_url"] == "mxc://home.test/2"
    assert info["thumbnail_info"] == {"mimetype": "image/jpeg", "size": 70, "w": 32, "h": 24}


def test_a_sticker_is_an_event_of_its_own_kind_and_says_its_emoji() -> None:
    event = _event(MediaKind.STICKER, MediaInfo("s.webp", "image/webp"), caption="🐫")
    assert event.type == "m.sticker"
    assert event.content["body"] == "🐫"
    assert event.content["url"] == URI
    assert "msgtype" not in event.content
    assert "filename" not in event.content


def test_what_could_not_be_made_a_sticker_is_shown_as_what_it_is() -> None:
    part = RemoteMedia(MediaKind.STICKER, VOICE, "ref", caption=FormattedText("🐫"))
    file = Uploaded(URI, MediaKind.VIDEO, MediaInfo("s.webm", "video/webm"))
    event = media_event(part, file, _NAMES)
    assert event.type == "m.room.message"
    assert event.content["msgtype"] == "m.video"
    assert (event.content["body"], event.content["filename"]) == ("🐫", "s.webm")


def test_a_place_has_its_name_and_its_coordinates() -> None:
    content = location_content(Location("geo:38.56,68.78", "Choyxona"))
    assert content["msgtype"] == "m.location"
    assert content["geo_uri"] == "geo:38.56,68.78"
    assert content["body"] == "Choyxona geo:38.56,68.78"
    assert content["org.matrix.msc3488.location"] == {
        "uri": "geo:38.56,68.78",
        "description": "Choyxona",
    }
    assert content["org.matrix.msc3488.asset"] == {"type": "m.pin"}
    own = location_content(Location("geo:1,2", text="Here I am", is_own=True))
    assert own["body"] == "Here I am"
    assert own["org.matrix.msc3488.asset"] == {"type": "m.self"}


@given(media, st.sampled_from(MediaKind))
def test_any_file_can_be_sent(part: RemoteMedia, kind: MediaKind) -> None:
    event = media_event(part, Uploaded(URI, kind, part.info), _NAMES)
    assert r"\u0000" not in json.dumps(event.content)
    assert isinstance(event.content["body"], str)
    assert (event.type == "m.sticker") == ("msgtype" not in event.content)


@given(locations)
def test_any_place_can_be_sent(place: Location) -> None:
    content = location_content(place)
    assert r"\u0000" not in json.dumps(content)
    assert content["geo_uri"] == content["org.matrix.msc3488.location"]["uri"]


def test_a_custom_emoji_is_shown_where_its_picture_is_known() -> None:
    known, unknown = (
        f'<img data-mx-emoticon src="karvon:emoji/{one}" alt="🐫" title="🐫" height="32"/>'
        for one in ("5", "6")
    )
    text = FormattedText("🐫🐫", f"<b>{known}{unknown}</b>")
    content = text_content(Text(text), Names(_mxid_of, {"5": "mxc://home.test/5"}))
    assert content["formatted_body"] == (
        '<b><img data-mx-emoticon src="mxc://home.test/5" alt="🐫" title="🐫" height="32"/>🐫</b>'
    )


def test_a_preview_comes_with_its_text_and_is_no_change_of_it() -> None:
    plain = Text(FormattedText("look: https://example.org/"))
    shown = evolve(plain, previews=(LinkPreview("https://example.org/", "A page", "of words"),))
    assert text_content(shown, _NAMES)["com.beeper.linkpreviews"] == [
        {
            "matched_url": "https://example.org/",
            "og:url": "https://example.org/",
            "og:title": "A page",
            "og:description": "of words",
        }
    ]
    assert "com.beeper.linkpreviews" not in text_content(plain, _NAMES)
    assert digest(shown) == digest(plain)


def test_a_text_may_address_everybody() -> None:
    told = text_content(Text(FormattedText("@all", everyone=True)), _NAMES)
    assert told["m.mentions"] == {"room": True}
    both = FormattedText("@all", None, frozenset({RemoteUserID("5")}), everyone=True)
    mentions = text_content(Text(both), _NAMES)["m.mentions"]
    assert mentions == {"user_ids": [_mxid_of(RemoteUserID("5"))], "room": True}
