# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading and writing message contents, also of people who mean no good."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import EventID, UserID

from bridges.core.content import FormattedText, MediaKind, Poll, Text, TextKind
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.content import (
    MediaSource,
    ParsedMessage,
    UnreadableMessage,
    parse_message,
    parse_reaction,
)
from bridges.core.matrix.rendering import Names, as_edit, as_reply, text_content
from bridges.core.sanitize import MAX_CONTENT_BYTES
from tests.core.strategies import any_text, json_values

MESSAGE, STICKER = "m.room.message", "m.sticker"


def _remote_of(mxid: str) -> RemoteUserID | None:
    return RemoteUserID(mxid[6:].partition(":")[0]) if mxid.startswith("@test_") else None


def _mxid_of(user: RemoteUserID) -> UserID:
    return UserID(f"@test_{user}:home.test")


_NAMES = Names(_mxid_of)


def _parse(content: dict[str, Any], event_type: str = MESSAGE) -> ParsedMessage:
    return parse_message(event_type, content, _remote_of)


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


def test_what_only_falls_back_to_a_reply_in_a_thread_is_no_reply() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$1"},
    }
    assert _parse({"msgtype": "m.text", "body": "b", "m.relates_to": relation}).reply_to is None


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


def test_a_sticker_is_an_image() -> None:
    parsed = _parse({"body": "cat", "url": "mxc://home.test/1", "info": {}}, STICKER).content
    assert isinstance(parsed, MediaSource)
    assert parsed.kind is MediaKind.IMAGE


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
    "content",
    [
        {},
        {"msgtype": "m.text"},
        {"msgtype": "m.location", "geo_uri": "geo:1,2"},
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
