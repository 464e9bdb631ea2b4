# SPDX-License-Identifier: AGPL-3.0-or-later
"""Communities, channels and status posts: one person uses neonize, the others pyaileys."""

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.jids import STATUS, Jid
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_client import DeniedError
from tests.sandbox_whatsapp.conftest import ALISA, BORIS, VERA, link
from tests.sandbox_whatsapp.peers import Peer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def alisa(net: WhatsAppSandbox, neonize: Peer) -> Peer:
    """Alisa uses neonize."""
    await link(net, neonize, ALISA)
    return neonize


@pytest.fixture(scope="module")
async def boris(net: WhatsAppSandbox) -> Person:
    """Boris uses pyaileys."""
    return await net.person(BORIS)


@pytest.fixture(scope="module")
async def vera(net: WhatsAppSandbox) -> Person:
    """Vera too."""
    return await net.person(VERA)


async def sees(person: Person, chat: Jid, message_id: str, text: str) -> None:
    """Wait until somebody sees a message."""

    def there() -> bool:
        shown = person.view.find(chat, message_id)
        return shown is not None and shown.text == text

    await eventually(there, describe=f"{text} of {message_id}")


class TestCommunities:
    async def test_gather_groups_and_the_people_in_them(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person, vera: Person
    ) -> None:
        group = await boris.groups.create("Oshxona", net.accounts.find(ALISA).jid())
        community = await boris.communities.create("Mahalla")
        (default,) = await boris.communities.groups(community)
        await boris.communities.link(community, group)
        # Everybody in the group is in the community now, and told of both.
        for one in (community, default):
            await alisa.wait_said("JoinedGroup", one.user, who="Alisa")
        await alisa.wait_said("GroupInfo", "PARENT", who="Alisa")
        told = await alisa.do("community", who="Alisa", community=str(community))
        assert told == {"is_one": True, "groups": {str(default): True, str(group): False}}
        assert (await alisa.do("group", who="Alisa", group=str(group)))["community"] == str(
            community
        )
        lids = {one.lid for one in (boris.account, net.accounts.find(ALISA))}
        assert await boris.communities.members(community) == lids
        await boris.communities.create_in(community, "Choyxona", vera.jid)
        # Of those who only read, nobody sees the others.
        seen = await vera.groups.see(default)
        assert set(seen.members) == {boris.account.lid, vera.account.lid}
        assert len((await boris.groups.see(default)).members) == 3
        sent = await boris.send(default, "hammaga")
        await alisa.wait("Message", who="Alisa", id=sent.id, chat=str(default), text="hammaga")
        await sees(vera, default, sent.id, "hammaga")
        await boris.communities.unlink(community, group)
        await alisa.wait_said("GroupInfo", "Unlink", who="Alisa")
        assert (await boris.groups.see(group)).community == ""

    async def test_are_made_by_whatsmeow_as_well(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person
    ) -> None:
        community = await alisa.do("create_community", who="Alisa", subject="Shahar")
        group = await alisa.do("create_group", who="Alisa", subject="Bozor", members=[BORIS])
        with pytest.raises(DeniedError, match="403"):
            await boris.communities.link(Jid.parse(community), Jid.parse(group))
        where = {"community": community, "group": group}
        await alisa.do("link_group", who="Alisa", **where, linked=True)
        found = await boris.communities.groups(Jid.parse(community))
        assert list(found.values()) == ["Shahar", "Bozor"]
        assert (await boris.groups.see(Jid.parse(group))).community == community
        await boris.groups.leave(Jid.parse(community))
        with pytest.raises(DeniedError, match="403"):
            await boris.groups.see(Jid.parse(group))


class TestChannels:
    async def test_are_followed_and_read(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person
    ) -> None:
        channel = await boris.channels.create("Khabar", "What is new")
        assert await alisa.do("channels", who="Alisa") == {}
        await alisa.do("follow", who="Alisa", channel=str(channel), follow=True)
        assert await alisa.do("channels", who="Alisa") == {str(channel): "Khabar"}
        about = {"name": "Khabar", "about": "What is new", "followers": 2, "role": "SUBSCRIBER"}
        assert await alisa.do("channel", who="Alisa", channel=str(channel)) == about
        post = await boris.channels.post(channel, "snow in Khujand")
        came = await alisa.wait("Message", who="Alisa", id=post.id)
        assert (came["chat"], came["text"]) == (str(channel), "snow in Khujand")
        await boris.channels.edit(channel, post, "snow in Khorugh")
        await alisa.wait("Message", who="Alisa", id=post.id, text="snow in Khorugh")
        await alisa.do("watch_channel", who="Alisa", channel=str(channel))
        where = {"channel": str(channel), "number": post.number}
        await alisa.do("react_in_channel", who="Alisa", **where, emoji="❄️")
        await alisa.wait_said("NewsletterLiveUpdate", str(post.number), who="Alisa")
        await boris.channels.view(channel, post.number)
        (seen,) = await boris.channels.posts(channel)
        assert (seen.text, seen.reactions, seen.views) == ("snow in Khorugh", {"❄️": 1}, 1)
        (told,) = await alisa.do("posts", who="Alisa", channel=str(channel))
        assert told == {
            "number": post.number,
            "text": "snow in Khorugh",
            "views": 1,
            "reactions": {"❄️": 1},
        }
        await boris.channels.take_away(channel, post)
        await alisa.wait("Message", who="Alisa", id=post.id, text="")
        account = net.accounts.find(ALISA)
        await eventually(
            lambda: not any(net.operator.waiting(one) for one in net.accounts.devices(account)),
            describe="everything is confirmed",
        )
        await alisa.do("follow", who="Alisa", channel=str(channel), follow=False)
        assert (await boris.channels.see(channel)).followers == 1

    async def test_are_written_by_whatsmeow_as_well(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person
    ) -> None:
        channel = await alisa.do("open_channel", who="Alisa", name="Bozor", about="Prices")
        jid = Jid.parse(channel)
        await boris.channels.follow(jid)
        sent = await alisa.do("send", who="Alisa", to=channel, text="melons")

        def texts() -> list[str]:
            return [one.text for one in boris.channels.arrived.get(jid, [])]

        await eventually(lambda: texts() == ["melons"], describe="the post")
        (post,) = await boris.channels.posts(jid)
        await boris.channels.react(jid, post.number, "🍈")
        assert [one.id for one in await boris.channels.posts(jid)] == [sent]
        with pytest.raises(DeniedError, match="403"):
            await boris.channels.post(jid, "mine are cheaper")
        await boris.channels.mute(jid)
        followed = {one.jid: one for one in await boris.channels.followed()}[jid]
        assert (followed.name, followed.muted, followed.role) == ("Bozor", True, "subscriber")
        await alisa.do("revoke", who="Alisa", chat=channel, id=sent)
        await eventually(lambda: texts() == [], describe="nothing")

    async def test_own_devices_are_told_what_one_of_them_did(
        self, net: WhatsAppSandbox, neonize: Peer, boris: Person, vera: Person
    ) -> None:
        await link(net, neonize, VERA)
        channel = await boris.channels.create("Sport")
        await vera.channels.follow(channel)
        await neonize.wait_said("NewsletterJoin", "Sport", who="Vera")
        await vera.channels.mute(channel)
        await neonize.wait_said("NewsletterMuteChange", channel.user, who="Vera")
        await vera.channels.follow(channel, follow=False)
        await neonize.wait_said("NewsletterLeave", channel.user, who="Vera")


class TestStatusPosts:
    async def test_are_seen_by_those_they_are_for(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person, vera: Person
    ) -> None:
        post = await boris.status.post("at the sea", net.accounts.find(ALISA).jid())
        came = await alisa.wait("Message", who="Alisa", id=post.id, text="at the sea")
        assert (came["chat"], came["name"]) == (str(STATUS), "Boris")
        again = await boris.status.post("still there", net.accounts.find(ALISA).jid(), vera.jid)
        await alisa.wait("Message", who="Alisa", id=again.id, text="still there")
        await sees(vera, STATUS, again.id, "still there")
        assert vera.view.find(STATUS, post.id) is None
        await alisa.do("read", who="Alisa", id=again.id)
        account = net.accounts.find(ALISA)
        await eventually(lambda: account.lid in again.read_by, describe="that she has seen it")
        await boris.status.take_away(again)
        await eventually(lambda: not vera.view.find(STATUS, again.id), describe="nothing")

    async def test_are_made_by_whatsmeow_as_well(
        self, net: WhatsAppSandbox, alisa: Peer, boris: Person, vera: Person
    ) -> None:
        whom = str(boris.account.jid(lid=False))
        await alisa.do("save_contact", who="Alisa", whom=whom, name="Boris")
        sent = await alisa.do("send", who="Alisa", to=str(STATUS), text="good morning")
        await sees(boris, STATUS, sent, "good morning")
        assert vera.view.find(STATUS, sent) is None
