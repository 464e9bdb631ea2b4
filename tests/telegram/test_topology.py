# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topics, moved groups and settings of chats, as updates tell of them; without a network."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from telethon.tl import types as tl

from bridges.core.chat import MUTED_FOR_EVER, NO_AVATAR, NOT_MUTED, ChatInfo, ChatSettings, Sender
from bridges.core.events import (
    ChatChanged,
    ChatEvent,
    ChatGone,
    ChatMoved,
    RemoteChatSettings,
    RemoteEdit,
    RemoteMessage,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
)
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.from_telegram.convert import events_of, typing_of
from bridges.telegram.from_telegram.messages import message_events
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.from_telegram.topics import channels_with_threads, places_of_new
from bridges.telegram.to_telegram.threads import reply_header

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 1, 20, tzinfo=UTC)
ME, BORIS, GROUP, FORUM, TOPIC = 1, 2, 30, 400, 7
LOGIN = LoginID("tg-1")
OLD = ChatKey(ChatID("chat:30"), LOGIN)
GENERAL = ChatKey(ChatID("channel:400"), SHARED)
STRINGS = ChatKey(ChatID("channel:400/7"), SHARED)
SPACE = ChatKey(ChatID("channel:400/space"), SHARED)
PEER = tl.PeerChannel(FORUM)


@pytest.fixture
def around() -> Surroundings:
    channel = tl.Channel(FORUM, "Orchestra", tl.ChatPhotoEmpty(), NOW, megagroup=True, forum=True)
    return Surroundings(LOGIN, ME, {-1000000000400: channel}, forums=frozenset({FORUM}))


def in_topic(reply_to: int = TOPIC, top: int | None = None) -> Any:
    return tl.MessageReplyHeader(forum_topic=True, reply_to_msg_id=reply_to, reply_to_top_id=top)


def message(**more: Any) -> Any:
    fields: dict[str, Any] = {"message": "x", "from_id": tl.PeerUser(BORIS), "date": NOW}
    return tl.Message(id=50, peer_id=PEER, **(fields | more))


def service(action: Any, peer: Any = PEER, number: int = 51, **more: Any) -> Any:
    fields: dict[str, Any] = {"from_id": tl.PeerUser(BORIS), "reactions_are_possible": False}
    return tl.MessageService(id=number, peer_id=peer, date=NOW, action=action, **(fields | more))


def only(events: Sequence[ChatEvent]) -> Any:
    (event,) = events
    return event


class TestIds:
    def test_of_topics(self) -> None:
        assert ids.topic_key(FORUM, TOPIC) == STRINGS
        assert ids.topic_key(FORUM, ids.GENERAL) == ids.topic_key(FORUM, None) == GENERAL
        assert ids.space_key(FORUM) == SPACE
        assert [ids.topic_number(one) for one in (GENERAL, STRINGS, SPACE, OLD)] == [
            None,
            TOPIC,
            None,
            None,
        ]
        assert [ids.is_space(one) for one in (GENERAL, STRINGS, SPACE)] == [False, False, True]
        for one in (GENERAL, STRINGS, SPACE):
            assert ids.chat_peer(one) == PEER

    @pytest.mark.parametrize("chat", ["channel:400/x", "channel:400/7/8", "channel:400/-1"])
    def test_that_nobody_made(self, chat: str) -> None:
        with pytest.raises(ids.UnknownID):
            ids.topic_number(ChatKey(ChatID(chat)))


class TestMessages:
    def test_are_in_their_topic(self, around: Surroundings) -> None:
        first = only(message_events(message(reply_to=in_topic()), around))
        assert (first.chat, first.reply_to) == (STRINGS, None)
        answer = only(message_events(message(reply_to=in_topic(20, TOPIC)), around))
        assert (answer.chat, answer.reply_to) == (STRINGS, MessageID("20"))

    def test_in_no_topic_are_in_general(self, around: Surroundings) -> None:
        assert only(message_events(message(), around)).chat == GENERAL
        answer = tl.MessageReplyHeader(reply_to_msg_id=20)
        event = only(message_events(message(reply_to=answer), around))
        assert (event.chat, event.reply_to) == (GENERAL, MessageID("20"))

    def test_of_threads_outside_of_forums_stay_in_the_group(self, around: Surroundings) -> None:
        comment = tl.MessageReplyHeader(reply_to_msg_id=20, reply_to_top_id=19)
        event = only(message_events(message(reply_to=comment), around))
        assert (event.chat, event.reply_to) == (GENERAL, MessageID("20"))

    def test_know_their_topic_although_nothing_is_known_of_the_channel(self) -> None:
        event = only(message_events(message(reply_to=in_topic()), Surroundings(LOGIN, ME)))
        assert event.chat == STRINGS

    def test_of_bots_with_topics_stay_in_the_direct_chat(self, around: Surroundings) -> None:
        direct = message(reply_to=in_topic())
        direct.peer_id = tl.PeerUser(BORIS)
        assert only(message_events(direct, around)).chat.chat == "user:2"

    def test_are_edited_where_they_are(self, around: Surroundings) -> None:
        edited = message(reply_to=in_topic(), edit_date=NOW)
        event = only(events_of(tl.UpdateEditChannelMessage(edited, 5, 1), around))
        assert isinstance(event, RemoteEdit)
        assert event.chat == STRINGS

    def test_are_deleted_where_they_were(self, around: Surroundings) -> None:
        around = evolve(around, topics={(FORUM, 50): STRINGS})
        events = events_of(tl.UpdateDeleteChannelMessages(FORUM, [50, 60], 5, 2), around)
        assert events == [
            RemoteRedaction(STRINGS, MessageID("50")),
            RemoteRedaction(GENERAL, MessageID("60")),
        ]

    @pytest.mark.parametrize(("top", "known", "chat"), [(TOPIC, {}, STRINGS), (1, {}, GENERAL)])
    def test_are_reacted_to_where_they_are(
        self, around: Surroundings, top: int, known: Mapping[Any, Any], chat: ChatKey
    ) -> None:
        nothing = tl.MessageReactions([], recent_reactions=[])
        update = tl.UpdateMessageReactions(PEER, 50, nothing, top_msg_id=top)
        event = only(events_of(update, around))
        assert isinstance(event, RemoteReactions)
        assert event.chat == chat

    def test_are_found_by_their_number_if_the_update_names_no_topic(
        self, around: Surroundings
    ) -> None:
        update = tl.UpdateMessageReactions(PEER, 50, tl.MessageReactions([], recent_reactions=[]))
        assert channels_with_threads([update]) == {FORUM}
        found = evolve(around, topics={(FORUM, 50): STRINGS})
        assert only(events_of(update, found)).chat == STRINGS

    def test_that_are_new_in_the_same_batch_are_found(self) -> None:
        new = tl.UpdateNewChannelMessage(message(reply_to=in_topic()), 5, 1)
        assert places_of_new([new]) == {(FORUM, 50): STRINGS}


class TestTopics:
    def test_begin_with_a_message_that_has_their_number(self, around: Surroundings) -> None:
        created = service(tl.MessageActionTopicCreate("Strings", 1), number=TOPIC)
        event = only(message_events(created, around))
        assert isinstance(event, RemoteMessage)
        assert (event.chat, event.id) == (STRINGS, MessageID("7"))

    def test_are_renamed_and_told(self, around: Surroundings) -> None:
        edited = service(tl.MessageActionTopicEdit(title="Bows"), reply_to=in_topic())
        told, changed = message_events(edited, around)
        assert changed == ChatChanged(STRINGS, ChatInfo(name="Bows"))
        assert isinstance(told, RemoteMessage)
        assert told.chat == STRINGS

    def test_general_is_renamed_in_words_only(self, around: Surroundings) -> None:
        told = only(message_events(service(tl.MessageActionTopicEdit(title="Foyer")), around))
        assert isinstance(told, RemoteMessage)
        assert told.chat == GENERAL

    @pytest.mark.parametrize(("closed", "may_write"), [(True, False), (False, True)])
    def test_are_closed_and_opened(
        self, around: Surroundings, closed: bool, may_write: bool
    ) -> None:
        edited = service(tl.MessageActionTopicEdit(closed=closed), reply_to=in_topic())
        _, changed = message_events(edited, around)
        assert changed == ChatChanged(STRINGS, ChatInfo(may_write=may_write))

    def test_that_lose_their_icon_have_no_picture(self, around: Surroundings) -> None:
        edited = service(tl.MessageActionTopicEdit(icon_emoji_id=0), reply_to=in_topic())
        _, changed = message_events(edited, around)
        assert changed == ChatChanged(STRINGS, ChatInfo(avatar=NO_AVATAR))

    def test_general_is_hidden(self, around: Surroundings) -> None:
        _, changed = message_events(service(tl.MessageActionTopicEdit(hidden=True)), around)
        assert changed == ChatChanged(GENERAL, ChatInfo(may_write=False))

    def test_go_with_the_message_they_began_with(self, around: Surroundings) -> None:
        around = evolve(around, topics={(FORUM, TOPIC): STRINGS, (FORUM, 50): STRINGS})
        events = events_of(tl.UpdateDeleteChannelMessages(FORUM, [TOPIC, 50], 5, 2), around)
        assert events[:2] == [
            RemoteRedaction(STRINGS, MessageID("7")),
            RemoteRedaction(STRINGS, MessageID("50")),
        ]
        assert events[2:] == [ChatGone(STRINGS, deleted=True)]


class TestReadingAndTyping:
    def test_is_of_a_topic(self, around: Surroundings) -> None:
        read = tl.UpdateReadChannelDiscussionInbox(FORUM, TOPIC, 50)
        me = Sender(RemoteUserID("1"), is_me=True)
        assert only(events_of(read, around)) == RemoteReceipt(STRINGS, me, MessageID("50"))
        typing = tl.UpdateChannelUserTyping(
            FORUM, tl.PeerUser(BORIS), tl.SendMessageTypingAction(), top_msg_id=TOPIC
        )
        shown = typing_of(typing, around)
        assert shown is not None
        assert shown.chat == STRINGS

    def test_of_a_thread_elsewhere_is_not(self, around: Surroundings) -> None:
        around = evolve(around, forums=frozenset())
        assert not events_of(tl.UpdateReadChannelDiscussionInbox(FORUM, 19, 50), around)
        typing = tl.UpdateChannelUserTyping(
            FORUM, tl.PeerUser(BORIS), tl.SendMessageTypingAction(), top_msg_id=19
        )
        shown = typing_of(typing, around)
        assert shown is not None
        assert shown.chat == GENERAL


class TestMigration:
    def test_is_told_by_both_sides_and_shown_once(self, around: Surroundings) -> None:
        moved = ChatMoved(OLD, GENERAL)
        there = service(tl.MessageActionChatMigrateTo(FORUM), tl.PeerChat(GROUP))
        assert message_events(there, around) == [moved]
        here = service(tl.MessageActionChannelMigrateFrom("Orchestra", GROUP))
        event, notice = message_events(here, around)
        assert event == moved
        assert isinstance(notice, RemoteMessage)
        assert notice.chat == GENERAL

    def test_is_seen_in_the_group_itself(self, around: Surroundings) -> None:
        group = tl.Chat(
            GROUP,
            "Orchestra",
            tl.ChatPhotoEmpty(),
            3,
            NOW,
            1,
            left=True,
            deactivated=True,
            migrated_to=tl.InputChannel(FORUM, 9),
        )
        around = evolve(around, known={**around.known, -GROUP: group})
        assert events_of(tl.UpdateChat(GROUP), around) == [ChatMoved(OLD, GENERAL)]


class TestSettings:
    @pytest.mark.parametrize(
        ("until", "shown"),
        [
            (None, NOT_MUTED),
            (datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), MUTED_FOR_EVER),
            (LATER, LATER),
        ],
    )
    def test_tell_until_when_a_chat_is_muted(
        self, around: Surroundings, until: datetime | None, shown: datetime
    ) -> None:
        peer = tl.NotifyPeer(tl.PeerUser(BORIS))
        update = tl.UpdateNotifySettings(peer, tl.PeerNotifySettings(mute_until=until))
        settings = ChatSettings(muted_until=shown)
        direct = ChatKey(ChatID("user:2"), LOGIN)
        assert events_of(update, around) == [RemoteChatSettings(direct, settings)]

    def test_of_a_forum_are_those_of_its_topics(self, around: Surroundings) -> None:
        settings = tl.PeerNotifySettings(mute_until=LATER)
        whole = tl.UpdateNotifySettings(tl.NotifyPeer(PEER), settings)
        assert channels_with_threads([whole]) == {FORUM}
        muted = ChatSettings(muted_until=LATER)
        assert events_of(whole, around) == [
            RemoteChatSettings(GENERAL, muted),
            RemoteChatSettings(SPACE, muted),
        ]
        one = tl.UpdateNotifySettings(tl.NotifyForumTopic(PEER, TOPIC), settings)
        assert events_of(one, around) == [RemoteChatSettings(STRINGS, muted)]
        assert events_of(whole, evolve(around, forums=frozenset())) == [
            RemoteChatSettings(GENERAL, muted)
        ]

    def test_of_all_groups_at_once_change_none(self, around: Surroundings) -> None:
        update = tl.UpdateNotifySettings(tl.NotifyChats(), tl.PeerNotifySettings(mute_until=LATER))
        assert events_of(update, around) == []

    def test_tell_of_the_archive_pins_and_marks(self, around: Surroundings) -> None:
        archived = tl.UpdateFolderPeers([tl.FolderPeer(PEER, 1)], 5, 1)
        pinned = tl.UpdateDialogPinned(tl.DialogPeer(PEER), pinned=True)
        order = tl.UpdatePinnedDialogs(order=[tl.DialogPeer(PEER), tl.DialogPeerFolder(1)])
        unread = tl.UpdateDialogUnreadMark(tl.DialogPeer(PEER), unread=True)
        for update, settings in (
            (archived, ChatSettings(archived=True)),
            (tl.UpdateFolderPeers([tl.FolderPeer(PEER, 0)], 5, 1), ChatSettings(archived=False)),
            (pinned, ChatSettings(pinned=True)),
            (tl.UpdateDialogPinned(tl.DialogPeer(PEER)), ChatSettings(pinned=False)),
            (order, ChatSettings(pinned=True)),
            (unread, ChatSettings(unread=True)),
        ):
            assert events_of(update, around) == [RemoteChatSettings(GENERAL, settings)]

    def test_that_matrix_has_not_are_left_out(self, around: Surroundings) -> None:
        draft = tl.UpdateDraftMessage(PEER, tl.DraftMessage("half a th", NOW))
        assert events_of(draft, around) == []
        assert events_of(tl.UpdateDialogFilters(), around) == []


@pytest.mark.parametrize(
    ("chat", "reply_to", "expected"),
    [
        (GENERAL, None, None),
        (GENERAL, MessageID("50"), (50, None)),
        (STRINGS, None, (TOPIC, None)),
        (STRINGS, MessageID("50"), (50, TOPIC)),
    ],
)
def test_what_is_sent_names_its_topic(
    chat: ChatKey, reply_to: MessageID | None, expected: tuple[int, int | None] | None
) -> None:
    header = reply_header(chat, reply_to)
    said = None if header is None else (header.reply_to_msg_id, header.top_msg_id)
    assert said == expected
