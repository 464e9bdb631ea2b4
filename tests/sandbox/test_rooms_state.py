# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever was set in rooms and for chats is still there after a restart."""

from datetime import timedelta
from pathlib import Path

import pytest
from telethon import errors
from telethon.tl import functions, types

from tests.sandbox.conftest import png
from tests.sandbox.town import Town, new_town

account, channels, messages = functions.account, functions.channels, functions.messages


async def test_rooms_and_settings_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with new_town(state) as town:
        forum, topic, copy = await _set_things(town)
    async with new_town(state) as town:
        await _check_rooms(town, forum, topic, copy)
        await _check_settings(town)


async def _set_things(town: Town) -> tuple[int, int, int]:
    alisa, boris, net = town.alisa, town.boris, town.net
    members = ("boris_test", "vera_test")
    forum = await net.add_room("supergroup", "Forum", "alisa_test", members)
    await alisa.set_forum(forum.id)
    topic = await alisa.create_topic(forum.id, "Kept")
    await alisa.edit_topic(forum.id, topic, closed=True)
    sent = await alisa.send_in(forum.id, topic, "inside")
    await boris.read_thread(forum.id, topic, sent.id)
    await alisa.pin(forum.id, sent.id)
    await alisa.promote(forum.id, "boris_test", "Host", anonymous=True, invite_users=True)
    until = net.clock.moment() + timedelta(days=2)
    await alisa.restrict(forum.id, "vera_test", until, send_photos=True)
    await alisa.deny_all(forum.id, send_polls=True)
    await alisa.set_lifetime(forum.id, 604800)
    await alisa.set_photo(forum.id, png(3, 3))
    request = messages.ExportChatInviteRequest(await alisa.entity(forum.id), request_needed=True)
    link = (await alisa.client(request)).link
    with pytest.raises(errors.InviteRequestSentError):
        await town.grisha.join(link.rpartition("+")[2])
    channel = await net.add_room("channel", "Paper", "alisa_test", members)
    group = await net.add_room("supergroup", "Readers", "alisa_test", members)
    await alisa.link(channel.id, group.id)
    post = await alisa.send(channel.id, "headline")
    copy = (await alisa.discussion(channel.id, post.id)).messages[0].id
    await boris.send_in(group.id, copy, "comment")
    old = await net.add_room("group", "Old", "alisa_test", members)
    await alisa.migrate(old.id)
    for name in ("boris_test", "vera_test"):
        await alisa.send(name, "hello")
    await alisa.mute("boris_test", until)
    await alisa.pin_chat("boris_test")
    await alisa.archive("vera_test")
    await alisa.save_draft("boris_test", "unfinished")
    await alisa.set_lifetime("boris_test", 86400)
    await alisa.block("grisha_test")
    await alisa.client(messages.SetDefaultHistoryTTLRequest(86400))
    key, nobody = types.InputPrivacyKeyChatInvite(), types.InputPrivacyValueDisallowAll()
    await town.vera.client(account.SetPrivacyRequest(key, [nobody]))
    return forum.id, topic, copy


async def _check_rooms(town: Town, forum: int, topic: int, copy: int) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    kept = next(one for one in await boris.topics(forum) if one.id == topic)
    assert (kept.title, kept.closed, kept.unread_count) == ("Kept", True, 1)
    assert [m.message for m in await boris.thread(forum, topic) if m.message] == ["inside"]
    assert len(await boris.pinned(forum)) == 1
    assert (await alisa.participant(forum, "boris_test")).rank == "Host"
    assert (await alisa.participant(forum, "vera_test")).banned_rights.send_photos
    with pytest.raises(errors.RPCError, match="TOPIC_CLOSED"):
        await vera.send_in(forum, topic, "may I?")
    target = await alisa.entity(forum)
    full = await alisa.client(channels.GetFullChannelRequest(target))
    assert (full.full_chat.ttl_period, full.full_chat.requests_pending) == (604800, 1)
    assert full.chats[0].default_banned_rights.send_polls
    sent = await boris.send(forum, "as nobody")
    assert sent.from_id.channel_id == forum
    comments = await boris.thread("Paper", (await boris.history("Paper"))[-1].id)
    assert [(m.message, m.reply_to.reply_to_msg_id) for m in comments] == [("comment", copy)]
    after = await alisa.send("Paper", "second edition")
    assert (await alisa.discussion("Paper", after.id)).messages[0].message == "second edition"


async def _check_settings(town: Town) -> None:
    alisa, net = town.alisa, town.net
    dialogs = {d.name.split()[0]: d.dialog async for d in alisa.client.iter_dialogs()}
    boris, vera = dialogs["Boris"], dialogs["Vera"]
    assert boris.notify_settings.mute_until > net.clock.moment()
    assert (boris.pinned, boris.draft.message, boris.ttl_period) == (True, "unfinished", 86400)
    assert vera.folder_id == 1
    assert (await alisa.client(messages.GetDefaultHistoryTTLRequest())).period == 86400
    with pytest.raises(errors.UserIsBlockedError):
        await town.grisha.send("alisa_test", "hello?")
    assert await alisa.invite("Readers", "vera_test") == [town.vera.account.id]
    old = next(room for room in net.world.rooms if room.title == "Old" and room.deactivated)
    found = await alisa.client.get_messages(types.InputPeerChat(old.id), limit=1)
    assert isinstance(found[0].action, types.MessageActionChatMigrateTo)
