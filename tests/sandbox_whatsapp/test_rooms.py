# SPDX-License-Identifier: AGPL-3.0-or-later
"""Communities, channels and status posts: one person uses neonize, the others pyaileys."""

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.jids import Jid
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
