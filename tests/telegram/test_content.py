# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says, without a network: every kind is shown, none vanishes."""

from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.chat import ChatInfo, Member, Sender
from bridges.core.content import FormattedText, LinkPreview, Text
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    RemoteEdit,
    RemoteMessage,
    RemoteReceipt,
)
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.from_telegram.convert import events_of, typing_of
from bridges.telegram.from_telegram.messages import message_events
from bridges.telegram.from_telegram.surroundings import Surroundings
from tests.telegram.tl_samples import (
    BORIS,
    CHANNEL,
    DIRECT,
    GROUP,
    LOGIN,
    ME,
    NOW,
    ROOM,
    message,
    only,
    surroundings,
)


@pytest.fixture
def around() -> Surroundings:
    return surroundings()


def test_text_with_formatting(around: Surroundings) -> None:
    event = only(
        message_events(message(message="hi", entities=[tl.MessageEntityBold(0, 2)]), around)
    )
    assert event == RemoteMessage(
        DIRECT,
        Sender(RemoteUserID("2")),
        MessageID("5"),
        NOW,
        (Text(FormattedText("hi", "<strong>hi</strong>")),),
    )


@pytest.mark.parametrize(
    ("peer", "more", "sender"),
    [
        (tl.PeerUser(BORIS), {"out": True, "from_id": None}, Sender(RemoteUserID("1"), True)),
        (tl.PeerUser(BORIS), {"from_id": None}, Sender(RemoteUserID("2"))),
        (tl.PeerUser(ME), {"from_id": None}, Sender(RemoteUserID("1"), True)),
        (
            tl.PeerChannel(CHANNEL),
            {"from_id": None, "post": True},
            Sender(RemoteUserID("c400"), anonymous=True),
        ),
        (
            tl.PeerChannel(CHANNEL),
            {"from_id": None, "post": True, "out": True},
            Sender(RemoteUserID("c400"), anonymous=True),
        ),
        (
            tl.PeerChannel(CHANNEL),
            {"from_id": tl.PeerChannel(CHANNEL)},
            Sender(RemoteUserID("c400"), anonymous=True),
        ),
    ],
)
def test_senders(around: Surroundings, peer: Any, more: dict[str, Any], sender: Sender) -> None:
    assert only(message_events(message(peer, message="x", **more), around)).sender == sender


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (
            tl.WebPage(1, "https://example.org/a", "example.org/a", 0, title="A page"),
            (LinkPreview("https://example.org/a", "A page"),),
        ),
        (
            tl.WebPage(1, "example.org", "example.org", 0, site_name="Site", description="a\nb"),
            (LinkPreview("http://example.org", "Site", "a b", "Site"),),
        ),
        (tl.WebPage(1, "javascript:alert(1)", "x", 0, title="Trap"), ()),
        (tl.WebPage(1, "https://example.org/a", "example.org/a", 0), ()),
        (tl.WebPagePending(1, NOW), ()),
        (tl.WebPageEmpty(1), ()),
    ],
)
def test_previews_that_are_ready_come_along(
    around: Surroundings, page: Any, shown: tuple[LinkPreview, ...]
) -> None:
    media = tl.MessageMediaWebPage(page)
    (part,) = only(message_events(message(message="look", media=media), around)).parts
    assert part == Text(FormattedText("look"), previews=shown)


def test_an_empty_message_is_told_and_a_missing_one_is_not(around: Surroundings) -> None:
    (part,) = only(message_events(message(), around)).parts
    assert isinstance(part, Text)
    assert "empty" in part.text.body
    assert message_events(tl.MessageEmpty(5, None), around) == []


@pytest.mark.parametrize(
    ("header", "target"),
    [
        (None, None),
        (tl.MessageReplyHeader(reply_to_msg_id=3), "3"),
        (tl.MessageReplyHeader(reply_to_msg_id=3, reply_to_peer_id=tl.PeerUser(BORIS)), "3"),
        (tl.MessageReplyHeader(reply_to_msg_id=3, reply_to_peer_id=tl.PeerUser(77)), None),
        (tl.MessageReplyHeader(reply_to_msg_id=3, forum_topic=True), None),
        (tl.MessageReplyHeader(reply_to_msg_id=3, forum_topic=True, reply_to_top_id=1), "3"),
        (tl.MessageReplyStoryHeader(tl.PeerUser(BORIS), 3), None),
    ],
)
def test_replies(around: Surroundings, header: Any, target: str | None) -> None:
    assert only(message_events(message(message="x", reply_to=header), around)).reply_to == target


def test_short_forms(around: Surroundings) -> None:
    short = tl.UpdateShortMessage(5, BORIS, "hi", 1, 1, NOW, out=True)
    event = only(events_of(short, around))
    assert (event.chat, event.sender.is_me) == (DIRECT, True)
    grouped = tl.UpdateShortChatMessage(5, BORIS, GROUP, "hi", 1, 1, NOW)
    event = only(events_of(grouped, around))
    assert event.chat == ChatKey(ChatID("chat:30"), LOGIN)
    assert event.sender == Sender(RemoteUserID("2"))


def test_only_real_edits_are_edits(around: Surroundings) -> None:
    def update(pts: int, **more: Any) -> Any:
        return tl.UpdateEditMessage(message(message="new", **more), pts, 1)

    assert events_of(update(7), around) == []
    assert events_of(update(7, edit_date=NOW, edit_hide=True), around) == []
    first = only(events_of(update(7, edit_date=NOW), around))
    second = only(events_of(update(8, edit_date=NOW), around))
    final = only(events_of(update(0, edit_date=NOW), around))
    assert isinstance(first, RemoteEdit)
    assert first.stamp < second.stamp < final.stamp


def test_receipts(around: Surroundings) -> None:
    peer = tl.PeerUser(BORIS)
    inbox = only(events_of(tl.UpdateReadHistoryInbox(peer, 5, 0, 1, 0), around))
    assert inbox == RemoteReceipt(DIRECT, Sender(RemoteUserID("1"), True), MessageID("5"))
    outbox = only(events_of(tl.UpdateReadHistoryOutbox(peer, 5, 1, 0), around))
    assert outbox == RemoteReceipt(DIRECT, Sender(RemoteUserID("2")), MessageID("5"))
    room = only(events_of(tl.UpdateReadChannelInbox(CHANNEL, 5, 0, 1), around))
    assert room.chat == ROOM
    nobody = tl.UpdateReadHistoryOutbox(tl.PeerChat(GROUP), 5, 1, 0)
    assert events_of(nobody, around) == []


def test_typing(around: Surroundings) -> None:
    action = tl.SendMessageTypingAction()
    typing = typing_of(tl.UpdateChannelUserTyping(CHANNEL, tl.PeerUser(BORIS), action), around)
    assert typing is not None
    assert (typing.chat, typing.user.user, typing.seconds) == (ROOM, "2", 6)
    stopped = typing_of(tl.UpdateUserTyping(BORIS, tl.SendMessageCancelAction()), around)
    assert stopped is not None
    assert stopped.seconds == 0
    assert typing_of(tl.UpdateUser(BORIS), around) is None


@pytest.mark.parametrize(
    ("chat", "is_gone"),
    [
        (tl.ChannelForbidden(CHANNEL, 1, "News"), True),
        (tl.Channel(CHANNEL, "News", tl.ChatPhotoEmpty(), NOW, left=True), True),
        (tl.Channel(CHANNEL, "News", tl.ChatPhotoEmpty(), NOW), False),
    ],
)
def test_who_is_thrown_out_leaves(chat: Any, is_gone: bool) -> None:
    around = Surroundings(LOGIN, ME, {-1000000000400: chat})
    events = events_of(tl.UpdateChannel(CHANNEL), around)
    still_in = ChatChanged(
        ROOM, ChatInfo(members=(Member(Sender(RemoteUserID(str(ME)), is_me=True)),))
    )
    gone = [ChatGone(ROOM), ChatGone(ids.space_key(CHANNEL))]
    assert events == (gone if is_gone else [still_in])


def test_other_updates_mean_nothing(around: Surroundings) -> None:
    for update in (tl.UpdateConfig(), tl.UpdateUserStatus(BORIS, tl.UserStatusEmpty())):
        assert events_of(update, around) == []
