# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the worker's events about channels and status posts come to."""

from datetime import timedelta
from typing import Any

import pytest

from bridges.core.chat import MUTED_FOR_EVER, Avatar, ChatSettings
from bridges.core.errors import Rejected
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    RemoteChatSettings,
    RemoteEdit,
    RemoteMessage,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
)
from bridges.core.ids import SHARED, ChatID, ChatKey, MessageID
from bridges.core.outgoing import OutgoingReactions, OutgoingRedaction
from tests.whatsapp.linked.double import LOGIN, Scene

CHANNEL = ChatKey(ChatID("120999@newsletter"), SHARED)
STATUS = ChatKey(ChatID("status@broadcast"), LOGIN)


class TestStatusPosts:
    async def test_are_left_out_where_nobody_wants_them(self, linked: Scene) -> None:
        await linked.close()
        sync = linked.config.sync.model_copy(update={"status_posts": False})
        linked.config = linked.config.model_copy(update={"sync": sync})
        await linked.open()
        await linked.until_taken(linked.message("post", chat="status@broadcast"))
        assert not linked.handle.all(RemoteMessage)

    async def test_are_there_for_a_day_in_a_room_of_the_account(self, linked: Scene) -> None:
        await linked.until_taken(linked.message("post", chat="status@broadcast"))
        [post] = linked.handle.messages()
        assert (post.chat, post.sender.user) == (STATUS, "lid-200")
        assert post.expires_at == post.timestamp + timedelta(days=1)

    async def test_nothing_is_said_of_those_one_is_not_to_see(self, linked: Scene) -> None:
        base = {"chat": "status@broadcast", "sender": "200@lid", "from_me": False, "id": "no"}
        await linked.until_taken(linked.worker.happens("undecryptable", **base, hide=False))
        assert not linked.handle.received

    async def test_who_has_seen_ones_own_stays_on_the_phone(self, linked: Scene) -> None:
        base = {"chat": "status@broadcast", "from_me": True}
        linked.message("mine", **base, sender="100@lid")
        seen = {"sender": "200@lid", "ids": ["mine"], "type": "read"}
        await linked.until_taken(linked.worker.happens("receipt", **seen, chat="status@broadcast"))
        assert linked.handle.messages()
        assert not linked.handle.all(RemoteReceipt)

    async def test_old_ones_are_over(self, linked: Scene) -> None:
        assert linked.session is not None
        key = {"remoteJID": "status@broadcast", "participant": "200@lid", "ID": "old"}
        told = {"key": key, "message": {"conversation": "old"}, "messageTimestamp": "1790000000"}
        conversation = {"ID": "status@broadcast", "messages": [{"message": told}]}
        kinds = {"sync_type": "RECENT", "parts": 1, "part": 1}
        await linked.until_taken(
            linked.worker.happens("history_sync", **kinds, conversation=conversation)
        )
        linked.clock.passes(minutes=10)
        assert not (await linked.session.history(STATUS, None, 10)).messages

    async def test_nothing_is_done_to_them_from_here(self, linked: Scene) -> None:
        session = linked.session
        assert session is not None
        await linked.until_taken(linked.message("post", chat="status@broadcast"))
        with pytest.raises(Rejected, match=r"WHATSAPP\.STATUS"):
            await session.react(OutgoingReactions(STATUS, MessageID("post"), ("👍",)))
        with pytest.raises(Rejected, match=r"WHATSAPP\.STATUS"):
            await session.redact(OutgoingRedaction(STATUS, (MessageID("post"),)))


class TestChannels:
    async def test_posts_have_the_channel_as_their_author(self, linked: Scene) -> None:
        await linked.until_taken(post(linked, "first"))
        [message] = linked.handle.messages()
        assert message.chat == CHANNEL
        assert (message.sender.user, message.sender.anonymous) == ("newsletter-120999", True)

    async def test_those_that_come_again_are_changed_or_taken_away(self, linked: Scene) -> None:
        post(linked, "first")
        post(linked, "first", message={"conversation": "new"}, newsletter={"edit_ts": 1795337934})
        await linked.until_taken(post(linked, "first", message={}, edit="8"))
        assert len(linked.handle.messages()) == 1
        [edit] = linked.handle.all(RemoteEdit)
        assert (edit.target, edit.stamp) == ("first", 1795337934000)
        assert [one.target for one in linked.handle.all(RemoteRedaction)] == ["first"]

    async def test_one_that_is_not_followed_is_none_of_ours(self, linked: Scene) -> None:
        assert linked.session is not None
        told = {"id": "120999@newsletter", "thread_meta": {"name": {"text": "News"}}}
        for role, is_ours in (("SUBSCRIBER", True), ("GUEST", False)):
            viewer = {"mute": "ON", "role": role}
            linked.worker.channels_told["120999@newsletter"] = {**told, "viewer_meta": viewer}
            if is_ours:
                info = await linked.session.chat_info(CHANNEL)
                assert info.name == "News"
                assert info.settings == ChatSettings(muted_until=MUTED_FOR_EVER)
                continue
            with pytest.raises(Rejected, match=r"WHATSAPP\.NOT_FOLLOWED"):
                await linked.session.chat_info(CHANNEL)

    async def test_following_and_muting_on_the_phone_is_told(self, linked: Scene) -> None:
        assert linked.session is not None
        linked.worker.happens("newsletter_mute_change", id="120999@newsletter", mute="ON")
        await linked.until_taken(
            linked.worker.happens("newsletter_leave", id="120999@newsletter", role="GUEST")
        )
        [muted] = linked.handle.all(RemoteChatSettings)
        assert (muted.chat, muted.settings.muted_until) == (CHANNEL, MUTED_FOR_EVER)
        assert linked.handle.all(ChatGone) == [ChatGone(CHANNEL)]

    async def test_new_names_are_looked_for(self, linked: Scene) -> None:
        assert linked.session is not None
        address = "120999@newsletter"
        for name, told in (("News", 1), ("News", 1), ("Old news", 2)):
            about = {"name": {"text": name}, "preview": {"id": "7"}}
            linked.worker.channels_told[address] = {"id": address, "thread_meta": about}
            await linked.session._watch.channels()
            changed = linked.handle.all(ChatChanged)
            assert (len(changed), changed[-1].info.name) == (told, name)
            assert changed[-1].info.avatar == Avatar("7", f"picture:{address}")
            assert linked.handle.all(UserChanged)[-1].info.name == name


def post(linked: Scene, identifier: str, /, **fields: Any) -> int:
    """Have a post come in a channel."""
    address = "120999@newsletter"
    return linked.message(identifier, chat=address, sender=address, push_name="", **fields)
