# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading and writing message contents, also of people who mean no good."""

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import EventID, RoomID, UserID

from bridges.core.content import (
    FormattedText,
    Location,
    MediaKind,
    MediaLook,
    Poll,
    RemoteMedia,
    Text,
    TextKind,
)
from bridges.core.ids import ChatID, MessageID, RemoteUserID
from bridges.core.matrix.content import (
    MediaSource,
    ParsedMessage,
    UnreadableMessage,
    parse_message,
    parse_reaction,
    parse_references,
)
from bridges.core.matrix.links import Known, linked_body, neutral_html
from bridges.core.matrix.rendering import (
    Names,
    Uploaded,
    as_edit,
    as_reply,
    location_content,
    media_event,
    text_content,
)
from bridges.core.sanitize import MAX_CONTENT_BYTES, clean_text
from tests.core.strategies import any_text, json_values, locations, media

MESSAGE, STICKER = "m.room.message", "m.sticker"


def _remote_of(mxid: str) -> RemoteUserID | None:
    return RemoteUserID(mxid[6:].partition(":")[0]) if mxid.startswith("@test_") else None


def _mxid_of(user: RemoteUserID) -> UserID:
    return UserID(f"@test_{user}:home.test")


_NAMES = Names(_mxid_of)


_KNOWN = Known(
    _remote_of,
    {EventID("$known"): (ChatID("a/b"), MessageID("7"))},
    {RoomID("!room:home.test"): ChatID("c:5")},
    {"mxc://home.test/smile": "77"},
)


def _parse(content: dict[str, Any], event_type: str = MESSAGE) -> ParsedMessage:
    assert parse_references(content).events <= {"$known", "$other", "$event"}
    return parse_message(event_type, content, _KNOWN)


def _text(content: dict[str, Any]) -> FormattedText:
    parsed = _parse(content).content
    assert isinstance(parsed, Text)
    return parsed.text


# -- What people mean well


@pytest.mark.parametrize("kind", TextKind)
def test_texts_keep_their_kind(kind: TextKind) -> None:
    parsed = _parse({"msgtype": kind.value, "body": "salom"})
    assert parsed == ParsedMessage(Text(FormattedText("salom"), kind))


def test_html_is_read_only_if_its_format_is_known() -> None:
    content = {"msgtype": "m.text", "body": "b", "formatted_body": "<b>b</b>"}
    assert _text(content).html is None
    assert _text(content | {"format": "org.matrix.custom.html"}).html == "<b>b</b>"


def test_a_reply_loses_its_quote_and_keeps_its_target() -> None:
    body = "> <@ali:home.test> first\n> second\n\nanswer"
    relation = {"m.in_reply_to": {"event_id": "$1"}}
    parsed = _parse({"msgtype": "m.text", "body": body, "m.relates_to": relation})
    assert parsed.reply_to == "$1"
    assert isinstance(parsed.content, Text)
    assert parsed.content.text.body == "answer"


def test_a_quote_that_is_no_reply_stays() -> None:
    body = "> <@ali:home.test> said so\n\nyes"
    assert _text({"msgtype": "m.text", "body": body}).body == body


@pytest.mark.parametrize(
    ("relation", "reply"),
    [
        ({"is_falling_back": True, "m.in_reply_to": {"event_id": "$last"}}, "$root"),
        ({"m.in_reply_to": {"event_id": "$one"}}, "$one"),
        ({}, "$root"),
    ],
    ids=["a fallback", "a reply inside", "nothing else"],
)
def test_what_is_in_a_thread_answers_its_root_or_what_it_says(
    relation: dict[str, Any], reply: str
) -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root"} | relation
    parsed = _parse({"msgtype": "m.text", "body": "b", "m.relates_to": thread})
    assert (parsed.reply_to, parsed.thread) == (reply, "$root")


def test_an_edit_says_what_it_replaces_and_what_is_new() -> None:
    content = as_edit({"msgtype": "m.text", "body": "new"}, EventID("$1"))
    parsed = _parse(content)
    assert parsed == ParsedMessage(Text(FormattedText("new")), replaces=EventID("$1"))


def test_an_edit_inside_an_edit_is_not_followed() -> None:
    content = as_edit(as_edit({"msgtype": "m.text", "body": "deep"}, EventID("$2")), EventID("$1"))
    parsed = _parse(content)
    assert parsed.replaces == "$1"
    assert parsed.content == Text(FormattedText("* deep"))


@pytest.mark.parametrize(
    ("content", "caption"),
    [
        ({"body": "photo.png"}, None),
        ({"body": "photo.png", "filename": "photo.png"}, None),
        ({"body": "", "filename": "photo.png"}, None),
        ({"body": "in the garden", "filename": "photo.png"}, FormattedText("in the garden")),
    ],
)
def test_a_caption_is_a_body_that_is_not_the_name(
    content: dict[str, Any], caption: FormattedText | None
) -> None:
    parsed = _parse({"msgtype": "m.image", "url": "mxc://home.test/1"} | content).content
    assert isinstance(parsed, MediaSource)
    assert parsed.kind is MediaKind.IMAGE
    assert (parsed.info.name, parsed.caption) == ("photo.png", caption)


def test_a_name_cannot_leave_its_folder() -> None:
    content = {"msgtype": "m.file", "url": "mxc://home.test/1", "body": "../../etc/passwd"}
    parsed = _parse(content).content
    assert isinstance(parsed, MediaSource)
    assert "/" not in parsed.info.name


@pytest.mark.parametrize("size", [-1, True, "5", 1.5, None, {}, []])
def test_sizes_that_are_none_are_unknown(size: object) -> None:
    content = {
        "msgtype": "m.file",
        "url": "mxc://home.test/1",
        "body": "f",
        "info": {"size": size},
    }
    parsed = _parse(content).content
    assert isinstance(parsed, MediaSource)
    assert parsed.info.size is None


def test_a_sticker_has_a_name_and_no_caption() -> None:
    info = {"w": 512, "h": 512, "mimetype": "image/webp"}
    content = {"body": "😀", "filename": "x", "url": "mxc://home.test/1", "info": info}
    parsed = _parse(content, STICKER).content
    assert isinstance(parsed, MediaSource)
    assert (parsed.kind, parsed.info.name, parsed.caption) == (MediaKind.STICKER, "😀", None)
    assert (parsed.info.width, parsed.info.mime) == (512, "image/webp")


@pytest.mark.parametrize(
    ("kind", "marks", "look"),
    [
        ("m.image", {}, MediaLook()),
        ("m.image", {"page.codeberg.everypizza.msc4193.spoiler": True}, MediaLook(spoiler=True)),
        (
            "m.image",
            {"town.robin.msc3725.content_warning": {"type": "town.robin.msc3725.spoiler"}},
            MediaLook(spoiler=True),
        ),
        ("m.image", {"info": {"org.matrix.msc4230.is_animated": True}}, MediaLook(animated=True)),
        ("m.video", {"info": {"fi.mau.gif": True}}, MediaLook(animated=True)),
        ("m.video", {"info": {"fi.mau.telegram.round_message": True}}, MediaLook(round=True)),
        (
            "m.audio",
            {
                "org.matrix.msc3245.voice": {},
                "org.matrix.msc1767.audio": {"waveform": [-5, 7, 2000, "x"], "duration": 5},
            },
            MediaLook(voice=True, waveform=(0, 7, 1024)),
        ),
        ("m.audio", {"org.matrix.msc3245.voice": "yes"}, MediaLook()),
    ],
)
def test_looks(kind: str, marks: dict[str, Any], look: MediaLook) -> None:
    content = {"msgtype": kind, "body": "x", "url": "mxc://home.test/1"} | marks
    parsed = _parse(content).content
    assert isinstance(parsed, MediaSource)
    assert parsed.look == look
    assert parsed.info.duration_ms == (5 if look.waveform else None)


@given(media)
def test_looks_survive_matrix(part: RemoteMedia) -> None:
    file = Uploaded("mxc://home.test/1", part.kind, part.info)
    event = media_event(part, file, _NAMES)
    read = parse_message(event.type, event.content, _KNOWN).content
    assert isinstance(read, MediaSource)
    assert read.kind is part.kind
    is_voice = part.look.voice and part.kind is not MediaKind.STICKER
    assert read.look == evolve(
        part.look,
        voice=is_voice,
        waveform=part.look.waveform if is_voice else (),
        round=part.look.round and part.kind is MediaKind.VIDEO,
        animated=part.look.animated
        and part.kind in (MediaKind.VIDEO, MediaKind.IMAGE, MediaKind.STICKER),
    )


@given(locations)
def test_places_survive_matrix(place: Location) -> None:
    read = _parse(location_content(place)).content
    assert isinstance(read, Location)
    assert read.geo_uri == clean_text(place.geo_uri)
    assert read.description == clean_text(place.description)
    assert read.is_own == place.is_own


def test_a_place_in_the_old_form() -> None:
    parsed = _parse({"msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2"}).content
    assert parsed == Location("geo:1,2", text="here")


def test_a_thumbnail_is_found() -> None:
    content = {"msgtype": "m.video", "body": "x", "url": "mxc://home.test/1"}
    for uri, found in (("mxc://home.test/2", "mxc://home.test/2"), ("https://x", None), (5, None)):
        parsed = _parse(content | {"info": {"thumbnail_url": uri}}).content
        assert isinstance(parsed, MediaSource)
        assert parsed.thumbnail == found


@pytest.mark.parametrize(
    ("html", "neutral"),
    [
        (
            '<a href="https://matrix.to/#/!r:home.test/$known?via=home.test">it</a>',
            '<a href="karvon:message/a%2Fb/7">it</a>',
        ),
        (
            "<a href='https://matrix.to/#/%21r%3Ahome.test/%24known'>it</a>",
            '<a href="karvon:message/a%2Fb/7">it</a>',
        ),
        (
            '<a href="https://matrix.to/#/!room:home.test?via=home.test">there</a>',
            '<a href="karvon:chat/c%3A5">there</a>',
        ),
        (
            '<img data-mx-emoticon alt="x" src="mxc://home.test/smile">',
            '<img data-mx-emoticon alt="x" src="karvon:emoji/77">',
        ),
        ('<a href="https://matrix.to/#/!r:home.test/$other">it</a>', None),
        ('<a href="https://matrix.to/#/#alias:home.test">it</a>', None),
        ('<img data-mx-emoticon src="mxc://home.test/2">', None),
    ],
)
def test_what_is_pointed_to_gets_its_neutral_address(html: str, neutral: str | None) -> None:
    content = {
        "msgtype": "m.text",
        "body": "x",
        "format": "org.matrix.custom.html",
        "formatted_body": html,
    }
    assert _text(content).html == (html if neutral is None else neutral)


def test_addresses_in_plain_text_are_found_too() -> None:
    link = "https://matrix.to/#/!r:home.test/$known?via=home.test"
    text = _text({"msgtype": "m.text", "body": f"a<b\n{link} end"})
    assert text.html == f'a&lt;b<br><a href="karvon:message/a%2Fb/7">{link}</a> end'
    assert text.body == f"a<b\n{link} end"
    other = "https://matrix.to/#/!r:home.test/$other"
    assert _text({"msgtype": "m.text", "body": other}).html is None


@given(any_text)
def test_nothing_is_lost_by_looking_for_addresses(text: str) -> None:
    known = evolve(_KNOWN, messages={})
    assert linked_body(text, known) is None
    assert neutral_html(text, known) == text


def test_people_are_mentioned_by_their_remote_ids() -> None:
    html = '<a href="https://matrix.to/#/@test_7:home.test">Z</a>'
    text = _text(
        {
            "msgtype": "m.text",
            "body": "Z",
            "format": "org.matrix.custom.html",
            "formatted_body": html,
            "m.mentions": {"user_ids": ["@test_7:home.test", "@stranger:home.test"]},
        }
    )
    assert text.html == '<a href="karvon:user/7">Z</a>'
    assert text.mentions == {"7"}


@pytest.mark.parametrize(
    ("told", "everyone"), [({"room": True}, True), ({"room": "yes"}, False), ({}, False)]
)
def test_a_message_may_address_everybody(told: dict[str, Any], everyone: bool) -> None:
    text = _text({"msgtype": "m.text", "body": "@room", "m.mentions": told})
    assert text.everyone is everyone


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"msgtype": "m.text"},
        {"msgtype": "m.location", "body": "nowhere"},
        {"msgtype": "m.image", "body": "x"},
        {"msgtype": "m.image", "body": "x", "file": {"url": "mxc://home.test/1"}},
        {"msgtype": ["m.text"], "body": "x"},
        {"msgtype": "m.text", "body": "x", "m.relates_to": "$1"},
        {"msgtype": "m.text", "body": "x", "m.relates_to": {"m.in_reply_to": {"event_id": 5}}},
        {
            "msgtype": "m.text",
            "body": "x",
            "m.new_content": {"msgtype": "m.text", "body": "y"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": ["$1"]},
        },
    ],
)
def test_what_cannot_be_carried_is_told_apart(content: dict[str, Any]) -> None:
    with pytest.raises(UnreadableMessage):
        _parse(content)


# -- What people may mean badly


@given(
    st.dictionaries(any_text, json_values, max_size=3),
    json_values,
    st.sampled_from((MESSAGE, STICKER)),
)
def test_any_json_is_read_or_refused(
    content: dict[str, Any], value: object, event_type: str
) -> None:
    for candidate in (content, value):
        if isinstance(candidate, dict):
            _read_or_refuse(candidate, event_type)


@given(
    msgtype=st.sampled_from(("m.text", "m.emote", "m.image", "m.file", "m.new")) | json_values,
    body=json_values,
    url=json_values,
    info=json_values,
    relation=json_values,
    mentions=json_values,
    new=json_values,
)
def test_a_message_with_any_field_malformed_is_read_or_refused(
    msgtype: object,
    body: object,
    url: object,
    info: object,
    relation: object,
    mentions: object,
    new: object,
) -> None:
    content = {
        "msgtype": msgtype,
        "body": body,
        "url": url,
        "info": info,
        "m.mentions": mentions,
        "format": "org.matrix.custom.html",
        "formatted_body": body,
    }
    _read_or_refuse(content, MESSAGE)
    _read_or_refuse(content | {"m.relates_to": relation}, MESSAGE)
    edit = {"rel_type": "m.replace", "event_id": relation}
    _read_or_refuse(content | {"m.relates_to": edit, "m.new_content": new}, MESSAGE)


def test_deeply_nested_contents_are_refused() -> None:
    content: dict[str, Any] = {"msgtype": "m.text", "body": "x"}
    for _ in range(5000):
        content = {
            "m.new_content": content,
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"},
        }
    _read_or_refuse(content, MESSAGE)


@given(json_values, st.dictionaries(st.sampled_from(("event_id", "key")), json_values))
def test_any_reaction_is_read_or_refused(value: object, relation: dict[str, Any]) -> None:
    for content in ({}, {"m.relates_to": value}, {"m.relates_to": relation}):
        try:
            event, emoji = parse_reaction(content)
        except UnreadableMessage:
            continue
        assert isinstance(event, str)
        assert isinstance(emoji, str)


def _read_or_refuse(content: dict[str, Any], event_type: str) -> None:
    """The only ways out: a well-typed message, or ``UnreadableMessage``."""
    try:
        parsed = _parse(content, event_type)
    except UnreadableMessage:
        return
    assert parsed.reply_to is None or isinstance(parsed.reply_to, str)
    assert parsed.replaces is None or isinstance(parsed.replaces, str)
    assert not isinstance(parsed.content, Poll)
    if isinstance(parsed.content, Location):
        return
    text = parsed.content.text if isinstance(parsed.content, Text) else parsed.content.caption
    if text is not None:
        assert isinstance(text.body, str)
        assert isinstance(text.html, str | None)
        assert all(isinstance(user, str) for user in text.mentions)
    if isinstance(parsed.content, MediaSource):
        assert parsed.content.uri.startswith("mxc://")


# -- What goes to Matrix


@given(any_text, st.none() | any_text, st.frozensets(st.sampled_from(("7", "8"))))
def test_a_text_from_the_network_can_be_sent_and_read_again(
    body: str, html: str | None, mentions: frozenset[str]
) -> None:
    users = frozenset(map(RemoteUserID, mentions))
    content = text_content(Text(FormattedText(body, html, users)), _NAMES)
    json.dumps(content, ensure_ascii=False).encode()
    assert r"\u0000" not in json.dumps(content)
    assert _text(content).mentions == mentions
    assert (_text(content).html is None) == (html is None)


def test_formatting_that_does_not_fit_into_an_event_is_given_up() -> None:
    text = FormattedText("x" * 10_000, "<b>x</b>" * 10_000)
    content = text_content(Text(text), _NAMES)
    assert "formatted_body" not in content
    edit = as_edit(as_reply(content, EventID("$1")), EventID("$2"))
    assert len(json.dumps(edit)) < MAX_CONTENT_BYTES


def test_links_to_remote_users_become_links_to_their_ghosts() -> None:
    html = '<a href="karvon:user/7">Z</a> <a href="karvon:message/1/2">there</a>'
    content = text_content(Text(FormattedText("Z there", html)), _NAMES)
    assert content["formatted_body"] == (
        '<a href="https://matrix.to/#/@test_7:home.test">Z</a> there'
    )


def test_custom_emoji_nobody_has_brought_are_shown_as_what_they_stand_for() -> None:
    html = '<b><img data-mx-emoticon src="karvon:emoji/7" alt="😀" title="😀" height="32"></b>'
    content = text_content(Text(FormattedText("😀", html)), _NAMES)
    assert content["formatted_body"] == "<b>😀</b>"


def test_an_edit_answers_nothing_new_and_tells_nobody_again() -> None:
    content = text_content(
        Text(FormattedText("b", "<i>b</i>", frozenset([RemoteUserID("7")]))), _NAMES
    )
    edit = as_edit(as_reply(content, EventID("$1")), EventID("$2"))
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$2"}
    assert edit["m.mentions"] == {}
    assert edit["body"] == "* b"
