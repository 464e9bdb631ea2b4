# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says, without a network: every kind is shown, none vanishes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.chat import NO_AVATAR, ChatInfo, Membership, Sender
from bridges.core.content import FormattedText, MediaKind, RemoteMedia, Text, TextKind
from bridges.core.events import (
    ChatChanged,
    ChatEvent,
    ChatGone,
    RemoteEdit,
    RemoteMessage,
    RemoteReactions,
    RemoteReceipt,
)
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.telegram.from_telegram.convert import events_of, typing_of
from bridges.telegram.from_telegram.messages import message_events
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.media import load_reference

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ME, BORIS, GROUP, CHANNEL = 1, 2, 30, 400
LOGIN = LoginID("tg-1")
DIRECT = ChatKey(ChatID("user:2"), LOGIN)
ROOM = ChatKey(ChatID("channel:400"), SHARED)
GEO = tl.GeoPoint(long=68.78, lat=38.56, access_hash=1)


@pytest.fixture
def around() -> Surroundings:
    channel = tl.Channel(CHANNEL, "News", tl.ChatPhotoEmpty(), NOW, username="news_test")
    return Surroundings(LOGIN, ME, {-1000000000400: channel})


def message(peer: Any = None, **more: Any) -> Any:
    fields: dict[str, Any] = {"message": "", "from_id": tl.PeerUser(BORIS), "date": NOW}
    return tl.Message(id=5, peer_id=peer or tl.PeerUser(BORIS), **(fields | more))


def service(action: Any, peer: Any = None, **more: Any) -> Any:
    fields: dict[str, Any] = {"from_id": tl.PeerUser(BORIS), "reactions_are_possible": False}
    return tl.MessageService(
        id=6, peer_id=peer or tl.PeerChat(GROUP), date=NOW, action=action, **(fields | more)
    )


def document(mime: str, *attributes: Any, size: int = 10) -> Any:
    return tl.Document(9, 8, b"ref", NOW, mime, size, 2, list(attributes))


def only(events: Sequence[ChatEvent]) -> Any:
    (event,) = events
    return event


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
        (tl.PeerChannel(CHANNEL), {"from_id": None, "post": True}, Sender(RemoteUserID("c400"))),
        (
            tl.PeerChannel(CHANNEL),
            {"from_id": None, "post": True, "out": True},
            Sender(RemoteUserID("c400")),
        ),
        (
            tl.PeerChannel(CHANNEL),
            {"from_id": tl.PeerChannel(CHANNEL)},
            Sender(RemoteUserID("c400")),
        ),
    ],
)
def test_senders(around: Surroundings, peer: Any, more: dict[str, Any], sender: Sender) -> None:
    assert only(message_events(message(peer, message="x", **more), around)).sender == sender


def test_a_photo(around: Surroundings) -> None:
    sizes = [tl.PhotoSize("m", 32, 24, 100), tl.PhotoSizeProgressive("y", 128, 96, [50, 900])]
    photo = tl.Photo(9, 8, b"ref", NOW, [tl.PhotoStrippedSize("i", b"x"), *sizes], 2)
    event = only(
        message_events(message(media=tl.MessageMediaPhoto(photo=photo), message="look"), around)
    )
    (part,) = event.parts
    assert isinstance(part, RemoteMedia)
    assert (part.kind, part.info.width, part.info.size) == (MediaKind.IMAGE, 128, 900)
    assert part.caption == FormattedText("look")
    assert part.cache_key == "telegram:photo:9:y"
    location = load_reference(part.reference).location()
    assert (location.id, location.thumb_size, location.file_reference) == (9, "y", b"ref")


@pytest.mark.parametrize(
    ("mime", "attributes", "kind", "name"),
    [
        ("application/pdf", [tl.DocumentAttributeFilename("a/b\0.pdf")], MediaKind.FILE, "a/b.pdf"),
        ("application/pdf", [], MediaKind.FILE, "file_9.pdf"),
        ("video/mp4", [tl.DocumentAttributeVideo(1.5, 3, 2)], MediaKind.VIDEO, "video_9.mp4"),
        ("video/mp4", [tl.DocumentAttributeAnimated()], MediaKind.VIDEO, "video_9.mp4"),
        ("audio/ogg", [tl.DocumentAttributeAudio(7, voice=True)], MediaKind.AUDIO, "voice_9"),
        (
            "image/webp",
            [tl.DocumentAttributeSticker("🐫", tl.InputStickerSetEmpty())],
            MediaKind.IMAGE,
            "sticker_9.webp",
        ),
        (
            "application/x-tgsticker",
            [tl.DocumentAttributeSticker("🐫", tl.InputStickerSetEmpty())],
            MediaKind.FILE,
            "sticker_9",
        ),
        ("image/png", [tl.DocumentAttributeImageSize(3, 2)], MediaKind.IMAGE, "image_9.png"),
        ("", [], MediaKind.FILE, "file_9.bin"),
    ],
)
def test_files(
    around: Surroundings, mime: str, attributes: list[Any], kind: MediaKind, name: str
) -> None:
    media = tl.MessageMediaDocument(document=document(mime, *attributes))
    (part,) = only(message_events(message(media=media), around)).parts
    assert isinstance(part, RemoteMedia)
    assert part.kind is kind
    assert part.info.name.startswith(name)
    assert part.info.size == 10


def test_a_videos_measures(around: Surroundings) -> None:
    video = document("video/mp4", tl.DocumentAttributeVideo(1.5, 640, 480))
    (part,) = only(
        message_events(message(media=tl.MessageMediaDocument(document=video)), around)
    ).parts
    assert isinstance(part, RemoteMedia)
    assert (part.info.width, part.info.height, part.info.duration_ms) == (640, 480, 1500)


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        (
            tl.MessageMediaGeo(GEO),
            "[Location] https://www.openstreetmap.org/?mlat=38.56&mlon=68.78",
        ),
        (tl.MessageMediaGeoLive(GEO, 60), "[Live location]"),
        (tl.MessageMediaVenue(GEO, "Choyxona", "Rudaki 1", "", "", ""), "Choyxona, Rudaki 1"),
        (tl.MessageMediaContact("992900000000", "Ali", "Test", "", 3), "Ali Test +992900000000"),
        (tl.MessageMediaDice(6, "🎲"), "🎲 6"),
        (tl.MessageMediaPhoto(ttl_seconds=5), "disappears"),
        (tl.MessageMediaPhoto(), "not available any more"),
        (tl.MessageMediaDocument(), "not available any more"),
        (tl.MessageMediaUnsupported(), "does not know"),
        (tl.MessageMediaStory(tl.PeerUser(BORIS), 3), "story"),
        (tl.MessageMediaPhoto(photo=tl.Photo(9, 8, b"", NOW, [], 2)), "could not read"),
    ],
)
def test_other_kinds_are_told_with_their_link(around: Surroundings, media: Any, shown: str) -> None:
    event = only(
        message_events(message(tl.PeerChannel(CHANNEL), media=media, message="caption"), around)
    )
    first = event.parts[0]
    assert isinstance(first, Text)
    assert first.kind is TextKind.NOTICE
    assert shown in first.text.body
    assert "https://t.me/news_test/5" in first.text.body
    if "could not" not in shown:
        assert event.parts[1] == Text(FormattedText("caption"))


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


@pytest.mark.parametrize(
    ("action", "info"),
    [
        (tl.MessageActionChatEditTitle("New\0 title"), ChatInfo(name="New title")),
        (tl.MessageActionChatDeletePhoto(), ChatInfo(avatar=NO_AVATAR)),
        (tl.MessageActionChannelCreate("News"), ChatInfo(name="News")),
    ],
)
def test_changes_of_a_chat_are_states(around: Surroundings, action: Any, info: ChatInfo) -> None:
    event = only(message_events(service(action), around))
    assert event == ChatChanged(ChatKey(ChatID("chat:30"), LOGIN), info)


def test_who_comes_and_goes(around: Surroundings) -> None:
    added = only(message_events(service(tl.MessageActionChatAddUser([ME, 3])), around))
    assert [(one.user.user, one.user.is_me) for one in added.info.members] == [
        ("1", True),
        ("3", False),
    ]
    gone = only(message_events(service(tl.MessageActionChatDeleteUser(3)), around))
    assert gone.info.members[0].membership is Membership.LEAVE
    kicked = only(message_events(service(tl.MessageActionChatDeleteUser(ME)), around))
    assert kicked == ChatGone(ChatKey(ChatID("chat:30"), LOGIN))
    joined = only(message_events(service(tl.MessageActionChatJoinedByLink(3)), around))
    assert [one.user.user for one in joined.info.members] == ["2"]


def test_a_migrated_group_says_so_and_ends(around: Surroundings) -> None:
    told, gone = message_events(service(tl.MessageActionChatMigrateTo(CHANNEL)), around)
    assert isinstance(told, RemoteMessage)
    assert isinstance(gone, ChatGone)


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (tl.MessageActionPhoneCall(1, duration=65), "call, 65 seconds"),
        (tl.MessageActionPhoneCall(1, duration=7200, video=True), "video call, 2 hours"),
        (tl.MessageActionPhoneCall(1, reason=tl.PhoneCallDiscardReasonMissed()), "missed call"),
        (tl.MessageActionPinMessage(), "pinned a message"),
        (
            tl.MessageActionSetMessagesTTL(86400 * 7),
            "messages are deleted automatically after 7 days",
        ),
        (tl.MessageActionSetMessagesTTL(0), "turned off automatic deletion of messages"),
        (tl.MessageActionCustomAction("<b>x</b>"), "<b>x</b>"),
        (tl.MessageActionPaidMessagesRefunded(1, 2), "[paid messages refunded]"),
    ],
)
def test_other_service_messages_are_told(around: Surroundings, action: Any, shown: str) -> None:
    event = only(message_events(service(action), around))
    assert event.parts == (Text(FormattedText(shown), TextKind.NOTICE),)


def test_no_service_message_is_unreadable(around: Surroundings) -> None:
    kinds = [
        getattr(tl, name)
        for name in dir(tl)
        if name.startswith("MessageAction") and name != "MessageActionEmpty"
    ]
    assert len(kinds) > 50
    for kind in kinds:
        try:
            action = kind()
        except TypeError:
            continue  # needs arguments; the common ones are above
        for event in message_events(service(action), around):
            assert isinstance(event, RemoteMessage | ChatChanged)


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
    assert events == ([ChatGone(ROOM)] if is_gone else [])


def reactions(*recent: tuple[int, Any], count: int | None = None, **more: Any) -> Any:
    listed = [
        tl.MessagePeerReaction(tl.PeerUser(user), NOW, one, my=user == ME) for user, one in recent
    ]
    total = len(recent) if count is None else count
    results = [tl.ReactionCount(tl.ReactionEmoji("👍"), total)] if total else []
    return tl.UpdateMessageReactions(
        tl.PeerUser(BORIS), 5, tl.MessageReactions(results, recent_reactions=listed, **more)
    )


def test_reactions(around: Surroundings) -> None:
    heart, custom = tl.ReactionEmoji("❤"), tl.ReactionCustomEmoji(5)
    event = only(events_of(reactions((BORIS, heart), (BORIS, custom), (ME, heart)), around))
    assert isinstance(event, RemoteReactions)
    assert [(one.user, one.emojis) for one in event.by] == [
        (Sender(RemoteUserID("2")), ("❤️", "🖼")),
        (Sender(RemoteUserID("1"), True), ("❤️",)),
    ]
    assert event.complete
    partial = only(events_of(reactions((BORIS, heart), count=9), around))
    assert not partial.complete
    assert events_of(reactions(count=9), around) == []
    assert events_of(reactions(count=0, min=True), around) == []
    assert only(events_of(reactions(), around)).by == ()


def test_other_updates_mean_nothing(around: Surroundings) -> None:
    for update in (tl.UpdateConfig(), tl.UpdateUserStatus(BORIS, tl.UserStatusEmpty())):
        assert events_of(update, around) == []
