# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the worker's events come to, above all those that WhatsApp sends seldom or wrongly."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from pydantic import SecretStr

from bridges.core.abilities import KnowsNumbers, TellsAccounts
from bridges.core.chat import ChatInfo, ChatSettings
from bridges.core.content import Text
from bridges.core.egress.border import DestinationRefused
from bridges.core.errors import TemporaryError
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    ChatMoved,
    RemoteChatSettings,
    RemoteEdit,
    RemotePollTally,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
)
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import SHARED, ChatID, ChatKey, MessageID
from bridges.core.network import SessionState
from bridges.whatsapp.config import LinkedConfig
from bridges.whatsapp.linked.border import LinkedBorder
from bridges.whatsapp.polls import answer_id
from bridges.whatsapp.wire.values import ChatSettings as Told
from bridges.whatsapp.wire.values import Contact, Group, Participant
from tests.whatsapp.linked.double import LOGIN, Scene

BY_LID = ChatKey(ChatID("200@lid"), LOGIN)
BY_NUMBER = ChatKey(ChatID("992555000200@s.whatsapp.net"), LOGIN)
NUMBER = "992555000200@s.whatsapp.net"
GROUP = ChatKey(ChatID("120363@g.us"), SHARED)


def texts(linked: Scene) -> list[str]:
    return [
        part.text.body
        for one in linked.handle.messages()
        for part in one.parts
        if isinstance(part, Text)
    ]


class TestOnce:
    async def test_an_event_that_comes_again_is_dropped(self, linked: Scene) -> None:
        number = linked.message("one")
        await linked.until_taken(number)
        await linked.close()
        await linked.open()
        linked.message("one", number)
        await linked.until_taken(linked.message("two", number + 1))
        assert texts(linked) == ["one", "two"]

    async def test_nothing_is_acknowledged_before_it_is_safe(self, linked: Scene) -> None:
        linked.handle.fails_left = 2
        number = linked.message("stubborn")
        assert number not in linked.worker.acknowledged
        await linked.until_taken(number)
        assert texts(linked) == ["stubborn"]

    async def test_what_makes_no_sense_does_not_hold_up_what_is_behind(self, linked: Scene) -> None:
        linked.message("nowhere", chat="what is this", sender="")
        linked.message(
            "two servers", chat="200@lid@s.whatsapp.net", sender="200@lid@s.whatsapp.net"
        )
        linked.worker.happens("receipt", ids=5, type="read", chat="200@lid")
        await linked.until_taken(linked.message("clear"))
        assert texts(linked) == ["two servers", "clear"]
        assert {one.chat for one in linked.handle.messages()} == {BY_LID}


class TestAddresses:
    async def test_a_chat_by_number_goes_on_by_lid_in_the_same_room(self, linked: Scene) -> None:
        linked.handle.rooms.add(BY_NUMBER)
        linked.message("before", chat=NUMBER, sender=NUMBER)
        linked.message("told", sender_alt=NUMBER)
        await linked.until_taken(linked.message("after", chat=NUMBER, sender=NUMBER))
        before, told, after = linked.handle.messages()
        assert [before.chat, told.chat, after.chat] == [BY_NUMBER, BY_LID, BY_LID]
        assert told.sender == after.sender
        [moved] = linked.handle.all(ChatMoved)
        assert moved == ChatMoved(BY_NUMBER, BY_LID, same_messages=True)
        assert linked.handle.received.index(moved) < linked.handle.received.index(told)

    async def test_a_message_that_tells_both_is_by_lid_at_once(self, linked: Scene) -> None:
        number = linked.message("hello", chat=NUMBER, sender=NUMBER, sender_alt="200@lid")
        await linked.until_taken(number)
        [message] = linked.handle.messages()
        assert (message.chat, message.sender.user) == (BY_LID, "lid-200")
        assert not linked.handle.all(ChatMoved)

    async def test_own_messages_are_in_the_chat_with_the_other(self, linked: Scene) -> None:
        number = linked.message(
            "mine", chat=NUMBER, sender="100:7@lid", recipient_alt="200@lid", from_me=True
        )
        await linked.until_taken(number)
        [message] = linked.handle.messages()
        assert message.chat == BY_LID
        assert message.sender.is_me

    async def test_names_hold_nothing_a_database_cannot_keep(self, linked: Scene) -> None:
        await linked.until_taken(linked.message("hello", push_name="Bo\0ris\n"))
        assert [one.info.name for one in linked.handle.all(UserChanged)] == ["Boris"]

    async def test_saved_names_name_rooms_and_not_people(self, linked: Scene) -> None:
        assert linked.session is not None
        linked.message("hello", sender_alt=NUMBER)
        await linked.until_taken(linked.message("again"))
        told = Contact(NUMBER, "Uncle", "Uncle B.", "Boris", "", "")
        linked.worker.contacts_told = [told]
        for _ in range(2):
            await linked.session._watch.contacts()
        [changed] = linked.handle.all(ChatChanged)
        assert (changed.chat, changed.info.name) == (BY_LID, "Uncle B.")
        assert {one.info.name for one in linked.handle.all(UserChanged)} == {"Boris"}
        assert (await linked.session.chat_info(BY_LID)).name == "Uncle B."

    async def test_accounts_are_told_with_both_addresses(self, linked: Scene) -> None:
        assert isinstance(linked.session, TellsAccounts)
        await linked.until_taken(linked.message("hello", sender_alt=NUMBER))
        linked.worker.contacts_told = [Contact(NUMBER, "Uncle", "Uncle B.", "Boris", "", "")]
        linked.clock.passes(seconds=3600)  # The phone hands over no chats.
        me = await linked.session.own_account()
        assert (me.user, me.phone) == ("lid-100", "+992555000100")
        assert me.ids == {"whatsapp_lid": "100", "whatsapp_number": "992555000100"}
        (uncle,) = await linked.session.known_accounts()
        assert uncle.chat == BY_LID
        assert (uncle.account.name, uncle.account.own_name) == ("Uncle B.", "Boris")
        assert uncle.account.phone == "+992555000200"
        assert uncle.account.ids == {"whatsapp_lid": "200", "whatsapp_number": "992555000200"}

    async def test_whose_a_number_is_once_its_lid_was_told(self, linked: Scene) -> None:
        assert isinstance(linked.session, KnowsNumbers)
        wanted = ("+992555000200", "+992555000201")
        assert await linked.session.users_of(wanted) == {}
        await linked.until_taken(linked.message("hello", sender_alt=NUMBER))
        assert await linked.session.users_of(wanted) == {"+992555000200": "lid-200"}

    async def test_a_name_saved_for_a_number_goes_along_to_the_lid(self, linked: Scene) -> None:
        linked.worker.contacts_told = [Contact(NUMBER, "Uncle", "Uncle B.", "", "", "")]
        linked.worker.happens("app_state", collection="critical_unblock_low")
        await linked.until_taken(linked.message("hello", sender_alt=NUMBER))
        named = [(one.chat, one.info.name) for one in linked.handle.all(ChatChanged)]
        assert named == [(BY_NUMBER, "Uncle B."), (BY_LID, "Uncle B.")]


class TestWhatIsDoneToMessages:
    async def test_a_placeholder_is_replaced_in_place(self, linked: Scene) -> None:
        base = {"chat": "200@lid", "sender": "200@lid", "from_me": False, "id": "late"}
        linked.worker.happens("undecryptable", **base, timestamp=1, hide=False)
        await linked.until_taken(linked.message("late"))
        [placeholder] = linked.handle.messages()
        [edit] = linked.handle.all(RemoteEdit)
        assert placeholder.id == edit.target == "late"
        assert isinstance(edit.parts[0], Text)
        assert edit.parts[0].text.body == "late"

    async def test_nobody_changes_what_others_have_said(self, linked: Scene) -> None:
        everybody = {"chat": "120363@g.us", "is_group": True}
        linked.message("hello", **everybody)
        key = {"remoteJID": "120363@g.us", "ID": "hello"}
        changes = (
            {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "no"}},
            {"key": key, "type": "REVOKE"},
        )
        for number, change in enumerate(changes):
            message = {"protocolMessage": change}
            linked.message(f"{number}", sender="300@lid", message=message, **everybody)
        await linked.until_taken(linked.message("last", **everybody))
        assert linked.handle.all(RemoteEdit) == []
        assert linked.handle.all(RemoteRedaction) == []
        by_admin = {"protocolMessage": changes[1]}
        await linked.until_taken(
            linked.message("2", sender="300@lid", edit="8", message=by_admin, **everybody)
        )
        assert [one.target for one in linked.handle.all(RemoteRedaction)] == ["hello"]

    async def test_an_author_is_known_by_both_addresses(self, linked: Scene) -> None:
        group = {"chat": "120363@g.us", "is_group": True}
        linked.message("hello", sender=NUMBER, **group)
        key = {"remoteJID": "120363@g.us", "ID": "hello"}
        edit = {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "good day"}}
        by_lid = {"sender": "200@lid", "sender_alt": NUMBER, "message": {"protocolMessage": edit}}
        await linked.until_taken(linked.message("edit", **by_lid, **group))
        assert [one.target for one in linked.handle.all(RemoteEdit)] == ["hello"]

    async def test_what_is_to_be_hidden_is_hidden(self, linked: Scene) -> None:
        base = {"chat": "200@lid", "sender": "200@lid", "from_me": False, "id": "no"}
        await linked.until_taken(linked.worker.happens("undecryptable", **base, hide=True))
        assert not linked.handle.received

    async def test_edits_reactions_and_removals_find_their_message(self, linked: Scene) -> None:
        key = {"remoteJID": "200@lid", "ID": "first"}
        linked.message("first")
        edit = {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "new"}}
        linked.message("e", message={"protocolMessage": {**edit, "timestampMS": "7"}})
        linked.message("r", message={"reactionMessage": {"key": key, "text": "👍"}})
        linked.message("t", message={"reactionMessage": {"key": key}})
        number = linked.message("d", message={"protocolMessage": {"key": key, "type": "REVOKE"}})
        await linked.until_taken(number)
        assert [(one.target, one.stamp) for one in linked.handle.all(RemoteEdit)] == [("first", 7)]
        given, taken = linked.handle.all(RemoteReactions)
        assert (given.by[0].emojis, taken.by[0].emojis) == (("👍",), ())
        assert [one.target for one in linked.handle.all(RemoteRedaction)] == ["first"]

    async def test_votes_name_answers_by_their_hash(self, linked: Scene) -> None:
        options = [{"optionName": "tea"}, {"optionName": "coffee"}]
        poll = {"name": "?", "options": options, "selectableOptionsCount": 1}
        linked.message("poll", message={"pollCreationMessageV3": poll})
        linked.worker.votes_told = ["1Kw5WOlYMbVmVfHfLpwQC6rYCsgZZCcMHe1lc2ryVlw="]
        update = {"pollCreationMessageKey": {"ID": "poll"}, "vote": {}}
        await linked.until_taken(linked.message("v", message={"pollUpdateMessage": update}))
        [tally] = linked.handle.all(RemotePollTally)
        assert tally.target == "poll"
        assert len(tally.votes[0].answers[0]) == len(answer_id("tea"))

    async def test_a_vote_in_a_poll_from_before_is_passed_over(self, linked: Scene) -> None:
        update = {"pollCreationMessageKey": {"ID": "older"}, "vote": {}}
        await linked.until_taken(linked.message("v", message={"pollUpdateMessage": update}))
        assert not linked.handle.all(RemotePollTally)

    async def test_who_has_read_how_far(self, linked: Scene) -> None:
        linked.message("one")
        linked.clock.passes(seconds=5)
        linked.message("two", from_me=True, sender="100@lid")
        base = {"chat": "200@lid", "sender": "200@lid", "from_me": False, "type": "read"}
        linked.worker.happens("receipt", **base, ids=["two", "unknown"], timestamp=1)
        own = {"chat": "200@lid", "sender": "100@lid", "from_me": True, "type": "read_self"}
        await linked.until_taken(linked.worker.happens("receipt", **own, ids=["one"], timestamp=2))
        theirs, ours = linked.handle.all(RemoteReceipt)
        assert (theirs.reader.user, theirs.up_to) == ("lid-200", "two")
        assert ours.reader.is_me

    async def test_messages_end_when_the_chat_says_so(self, linked: Scene) -> None:
        said = {"text": "soon gone", "contextInfo": {"expiration": 86400}}
        await linked.until_taken(linked.message("e", message={"extendedTextMessage": said}))
        [message] = linked.handle.messages()
        assert message.expires_at is not None
        assert (message.expires_at - message.timestamp).total_seconds() == 86400

    async def test_times_are_never_in_the_future(self, linked: Scene) -> None:
        await linked.until_taken(linked.message("early", timestamp=9_999_999_999_999))
        assert linked.handle.messages()[0].timestamp == linked.clock.now()


class TestGroups:
    async def test_changes_are_told(self, linked: Scene) -> None:
        base = {"jid": "120363@g.us", "sender": "200@lid"}
        linked.worker.happens("group_info", **base, name={"name": "New"})
        await linked.until_taken(
            linked.worker.happens("group_info", **base, promote=["200@lid"], leave=["300@lid"])
        )
        renamed, members = linked.handle.all(ChatChanged)
        assert renamed == ChatChanged(GROUP, ChatInfo(name="New"))
        assert members.info.members is not None
        assert [(one.user.user, one.power) for one in members.info.members] == [
            ("lid-300", None),
            ("lid-200", 90),
        ]

    async def test_switches_are_asked_for(self, linked: Scene) -> None:
        linked.handle.rooms.add(GROUP)
        linked.worker.groups_told["120363@g.us"] = group(announce=True)
        linked.worker.happens("group_info", jid="120363@g.us", announce={"is_announce": True})
        [changed] = await linked.handle.until(lambda: linked.handle.all(ChatChanged))
        assert changed.info.rights is not None
        assert changed.info.rights.write == 90
        assert changed.info.may_write is False

    async def test_hidden_members_are_not_taken_for_gone(self, linked: Scene) -> None:
        assert linked.session is not None
        for hidden in (False, True):
            told = evolve(group(announce=True), incognito=hidden)
            linked.worker.groups_told["120363@g.us"] = told
            info = await linked.session.chat_info(GROUP)
            assert info.members_complete is not hidden

    async def test_a_group_put_into_a_community_is_asked_about(self, linked: Scene) -> None:
        linked.handle.rooms.add(GROUP)
        community = "120999@g.us"
        linked.worker.groups_told["120363@g.us"] = evolve(
            group(announce=False), community=community
        )
        change = {"type": "SUB", "group": {"jid": "120363@g.us"}}
        linked.worker.happens("group_info", jid=community, link=change)
        [changed] = await linked.handle.until(lambda: linked.handle.all(ChatChanged))
        assert changed.chat == GROUP
        assert changed.info.parent == ChatKey(ChatID(community), SHARED)

    async def test_who_is_taken_out_is_told(self, linked: Scene) -> None:
        await linked.until_taken(
            linked.worker.happens("group_info", jid="120363@g.us", leave=["100@lid"])
        )
        assert linked.handle.all(ChatGone) == [ChatGone(GROUP)]


class TestHistory:
    async def test_what_the_phone_counts_as_unread_is_unread(self, linked: Scene) -> None:
        assert linked.session is not None
        told = [past("c", 3), past("mine", 2, mine=True), past("b", 2), past("a", 1)]
        conversation = {"ID": "200@lid", "messages": told, "unreadCount": 2}
        kinds = {"sync_type": "RECENT", "parts": 1, "part": 1}
        linked.worker.happens("app_state", collection="critical_unblock_low")
        await linked.until_taken(
            linked.worker.happens("history_sync", **kinds, conversation=conversation)
        )
        page = await linked.session.history(BY_LID, None, 10)
        ids = [one.message.id for one in page.messages]
        assert ids == ["a", "b", "mine", "c"]
        [mark] = await linked.session.read_marks(BY_LID, ids)
        assert mark.up_to == "mine"

    async def test_pages_begin_before_what_came_by_itself(self, linked: Scene) -> None:
        assert linked.session is not None
        conversation = {"ID": "200@lid", "messages": [past("b", 2), past("a", 1)]}
        kinds = {"sync_type": "RECENT", "parts": 1, "part": 1}
        linked.worker.happens("app_state", collection="critical_unblock_low")
        linked.worker.happens("history_sync", **kinds, conversation=conversation)
        await linked.until_taken(linked.message("live"))
        newest = await linked.session.history(BY_LID, MessageID("live"), 1)
        assert [one.message.id for one in newest.messages] == ["b"]
        rest = await linked.session.history(BY_LID, newest.more, 5)
        assert [one.message.id for one in rest.messages] == ["a"]
        assert rest.more is None

    async def test_rooms_wait_for_the_phone_but_not_for_ever(self, linked: Scene) -> None:
        assert linked.session is not None
        with pytest.raises(TemporaryError):
            await linked.session.recent_chats(10)
        linked.clock.passes(minutes=1)
        assert await linked.session.history(BY_LID, None, 10) == HistoryPage()

    async def test_contacts_are_waited_for_as_well(self, linked: Scene) -> None:
        assert linked.session is not None
        kinds = {"sync_type": "RECENT", "parts": 0, "part": 0}
        await linked.until_taken(linked.worker.happens("history_sync", **kinds))
        with pytest.raises(TemporaryError):
            await linked.session.chat_info(BY_LID)
        linked.worker.contacts_told = [Contact("200@lid", "Uncle", "Uncle B.", "", "", "")]
        await linked.until_taken(
            linked.worker.happens("app_state", collection="critical_unblock_low")
        )
        assert (await linked.session.chat_info(BY_LID)).name == "Uncle B."

    async def test_what_is_said_without_a_room_is_there_when_one_is_made(
        self, linked: Scene
    ) -> None:
        assert linked.session is not None
        linked.clock.passes(minutes=1)
        linked.message("first")
        linked.message("second")
        key = {"remoteJID": "200@lid", "ID": "second"}
        for identifier, change in (
            (
                "edit",
                {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "new"}},
            ),
            ("revoke", {"key": {**key, "ID": "first"}, "type": "REVOKE"}),
        ):
            linked.message(identifier, message={"protocolMessage": change})
        liked = {"reactionMessage": {"key": key, "text": "👍"}}
        await linked.until_taken(linked.message("liked", message=liked))
        linked.handle.rooms.add(BY_LID)
        await linked.until_taken(linked.message("third"))
        page = await linked.session.history(BY_LID, None, 10)
        [kept] = page.messages
        assert kept.message.id == "second"
        assert isinstance(kept.message.parts[0], Text)
        assert kept.message.parts[0].text.body == "new"
        assert [(one.user.user, one.emojis) for one in kept.reactions] == [("lid-200", ("👍",))]


def past(identifier: str, seconds: int, *, mine: bool = False) -> dict[str, Any]:
    """An old message as phones hand it over."""
    key = {"remoteJID": "200@lid", "fromMe": mine, "ID": identifier}
    said = {"key": key, "message": {"conversation": identifier}, "messageTimestamp": str(seconds)}
    return {"message": said}


class TestAccount:
    async def test_warnings_about_the_phone_come_once_each(self, linked: Scene) -> None:
        assert linked.session is not None
        watch = linked.session._watch
        for days, warnings in ((9, 0), (1, 1), (1, 1), (1, 2), (1, 2)):
            linked.clock.passes(days=days)
            await watch.phone()
            assert len(linked.handle.told) == warnings
        linked.message("here I am", from_me=True, sender="100@lid", sender_device=0)
        await linked.until_taken(linked.message("fine"))
        linked.clock.passes(days=9)
        await watch.phone()
        assert len(linked.handle.told) == 2
        linked.clock.passes(days=2)
        await watch.phone()
        assert "10 days" in linked.handle.told[2]

    async def test_settings_of_chats_are_told_once(self, linked: Scene) -> None:
        assert linked.session is not None
        await linked.until_taken(linked.message("hello", sender_alt=NUMBER))
        linked.worker.settings_told[NUMBER] = Told(0, pinned=True, archived=False)
        for _ in range(2):
            await linked.session._watch.settings()
        [told] = linked.handle.all(RemoteChatSettings)
        assert told.chat == BY_LID
        assert told.settings.differing(ChatSettings(told.settings.muted_until)) == ChatSettings(
            archived=False, pinned=True
        )

    async def test_a_logout_is_final(self, linked: Scene) -> None:
        await linked.until_taken(
            linked.worker.happens("logged_out", on_connect=True, reason="MAIN_DEVICE_GONE")
        )
        assert linked.handle.state is SessionState.BAD_CREDENTIALS
        assert "not on its phone" in str(linked.handle.states[-1][1])


class Gatekeeper:
    """A policy that lists some names; see `bridges.core.egress.border.Border`."""

    def __init__(self, *listed: str) -> None:
        self.listed = listed

    def check(self, host: str) -> None:
        if host not in self.listed:
            raise DestinationRefused(f"{host} is not listed")

    def check_address(self, host: str, port: int, address: str) -> None:
        """Never asked: the worker resolves names by itself."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Nothing changes by itself."""


class TestPolicy:
    async def test_what_is_not_listed_is_not_connected_to(self, linked: Scene) -> None:
        await linked.close()
        connects = linked.worker.connects
        linked.handle.border = Gatekeeper("whatsapp.com")
        await linked.open()
        await linked.handle.until(lambda: linked.handle.state is SessionState.TRANSIENT_DISCONNECT)
        assert "whatsapp.net is not listed" in str(linked.handle.states[-1][1])
        assert linked.worker.connects == connects

    async def test_a_proxy_has_to_be_listed_too(self) -> None:
        config = LinkedConfig(proxy=SecretStr("socks5://a:b@proxy.example.org:1080"))
        border = LinkedBorder(Gatekeeper("whatsapp.com", "whatsapp.net"), config)
        with pytest.raises(DestinationRefused, match=r"proxy\.example\.org:1080"):
            border.check()


def group(*, announce: bool) -> Group:
    """A group of ours and Boris, who runs it."""

    def member(lid: str, *, admin: bool) -> Participant:
        return Participant(f"{lid}@lid", f"{lid}@lid", "", admin, False, "", 0)

    return Group(
        jid="120363@g.us",
        owner="200@lid",
        owner_phone="",
        name="Town",
        name_set_at=0,
        name_set_by="",
        topic="",
        topic_id="",
        topic_set_at=0,
        topic_set_by="",
        locked=False,
        announce=announce,
        disappearing_seconds=0,
        is_community=False,
        approval_mode="",
        community="",
        is_default_subgroup=False,
        incognito=False,
        created=0,
        participants=(member("100", admin=False), member("200", admin=True)),
    )
