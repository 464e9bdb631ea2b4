# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two people answer for an organisation's number, each from their own account on a real homeserver."""

from collections.abc import AsyncIterator, Callable

import pytest
from attrs import define

from bridges.whatsapp.network import network
from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.customer import CustomerPhone
from sandbox.whatsapp_cloud.world import BusinessNumber
from tests.support.bridge_under_test import BridgeSlot, BridgeUnderTest
from tests.support.matrix_user import MatrixUser
from tests.support.people import People
from tests.support.ports import LOOPBACK, PortLease
from tests.support.synapse import SynapseFactory, SynapseSettings
from tests.support.sync_record import Event
from tests.support.waiting import eventually
from tests.whatsapp.cloud.organisation import cloud_config, log_in

pytestmark = pytest.mark.synapse

STATUS = "com.beeper.message_send_status"
PHONE = "+992900000301"


@define
class Shop:
    """A shop with two agents, its number, and a customer who has a room."""

    bridge: BridgeUnderTest
    net: CloudSandbox
    number: BusinessNumber
    webhook: str
    alisa: MatrixUser
    boris: MatrixUser
    farhod: CustomerPhone
    room: str = ""

    async def sees(self, agent: MatrixUser, wanted: Callable[[Event], object], what: str) -> Event:
        return await agent.wait_for(wanted, self.room, describe=what)

    async def told(self, agent: MatrixUser, event: str) -> str:
        """What the bot says in answer to an event."""

        def answers(one: Event) -> bool:
            relation = one["content"].get("m.relates_to", {})
            about: bool = relation.get("m.in_reply_to") == {"event_id": event}
            return about and one["sender"] == self.bridge.bot

        answer = await self.sees(agent, answers, f"an answer to {event}")
        return str(answer["content"]["body"])

    async def status(self, agent: MatrixUser, event: str, status: str) -> Event:
        def fits(one: Event) -> bool:
            content = one["content"]
            about: bool = content.get("m.relates_to", {}).get("event_id") == event
            return one["type"] == STATUS and about and content["status"] == status

        return await self.sees(agent, fits, f"{status} of {event}")

    def ghost(self) -> str:
        return self.bridge.ghost(PHONE.removeprefix("+"))

    def body_count(self, agent: MatrixUser, text: str) -> int:
        return agent.bodies(self.room).count(text)


@pytest.fixture(scope="module")
async def shop(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """A shop whose customer has written once."""
    data = tmp_path_factory.mktemp("shop")
    slot = BridgeSlot("whatsapp")
    settings = SynapseSettings(registrations=slot.registrations)
    with PortLease() as lease:
        async with (
            CloudSandbox() as net,
            synapse_factory.running(settings) as server,
            People() as people,
        ):
            number = net.add_number("+992440000001", "Choyxona")
            agents = [server.mxid(name) for name in ("alisa", "boris")]
            chosen = cloud_config(net, number, lease.port, slot, agents)
            database = f"sqlite:///{data / 'bridge.db'}"
            bridge = BridgeUnderTest(slot, server, network, chosen, database, data / "bridge")
            async with bridge:
                alisa = await people.join(server, "alisa", auto_join=True)
                boris = await people.join(server, "boris", auto_join=True)
                for agent in (alisa, boris):
                    await log_in(agent, bridge.bot)
                url = f"http://{LOOPBACK}:{lease.port}/whatsapp/webhook"
                assert await net.webhooks.verify(url, number.verify_token)
                farhod = net.customer(PHONE, "Farhod", number)
                shop = Shop(bridge, net, number, url, alisa, boris, farhod)
                farhod.says("Are you open?")
                shop.room = (await alisa.wait_message("Are you open?"))["room_id"]
                yield shop
    slot.release()


async def test_both_agents_are_in_the_customers_one_room(shop: Shop) -> None:
    seen = await shop.boris.wait_message("Are you open?")
    assert seen["room_id"] == shop.room
    assert seen["sender"] == shop.ghost()
    assert shop.body_count(shop.boris, "Are you open?") == 1
    name = shop.alisa.record.state_content(shop.room, "m.room.member", shop.ghost())
    assert name is not None
    assert name["displayname"] == "Farhod (WhatsApp)"


async def test_each_answers_and_the_other_sees_it(shop: Shop) -> None:
    said = await shop.alisa.say(shop.room, "Yes, *until* 22", "Yes, <strong>until</strong> 22")
    await shop.status(shop.alisa, said, "SUCCESS")
    await shop.boris.wait_message("Yes, *until* 22", shop.room, sender=shop.alisa.mxid)
    again = await shop.boris.reply(shop.room, said, "on Sundays too")
    await shop.status(shop.boris, again, "SUCCESS")
    assert shop.farhod.texts() == ["Yes, *until* 22", "on Sundays too"]
    answered = shop.farhod.inbox[-1].content["context"]["message_id"]
    assert answered == shop.farhod.inbox[0].id
    assert shop.body_count(shop.alisa, "on Sundays too") == 1


async def test_what_the_customer_does_to_messages_is_shown(shop: Shop) -> None:
    answer = shop.farhod.inbox[0].id
    shop.farhod.reacts(answer, "👍")
    await shop.sees(
        shop.alisa,
        lambda one: (
            one["type"] == "m.reaction"
            and one["sender"] == shop.ghost()
            and one["content"]["m.relates_to"]["key"] == "👍"
        ),
        "the reaction",
    )
    shop.farhod.reads()
    mistake = shop.farhod.says("two tabels")
    await shop.alisa.wait_message("two tabels", shop.room)
    shop.farhod.edits(mistake, "two tables")
    await shop.sees(
        shop.boris,
        lambda one: one["content"].get("m.new_content", {}).get("body") == "two tables",
        "the edit",
    )
    shop.farhod.revokes(mistake)
    await shop.sees(shop.boris, lambda one: one["type"] == "m.room.redaction", "the removal")


async def test_files_go_both_ways(shop: Shop) -> None:
    shop.farhod.sends_file("document", b"%PDF-1.4 list", "application/pdf", "list.pdf")
    event = await shop.sees(
        shop.alisa, lambda one: one["content"].get("msgtype") == "m.file", "the file"
    )
    assert event["content"]["body"] == "list.pdf"
    assert await shop.alisa.download(event["content"]["url"]) == b"%PDF-1.4 list"
    sent = await shop.boris.send_file(shop.room, b"menu", "menu.pdf", "application/pdf")
    await shop.status(shop.boris, sent, "SUCCESS")
    document = shop.farhod.inbox[-1].content["document"]
    assert document["filename"] == "menu.pdf"
    assert shop.net.world.files[document["id"]].data == b"menu"


async def test_what_came_while_the_bridge_was_away_comes_once(shop: Shop) -> None:
    await shop.bridge.stop()
    shop.farhod.says("anybody there?")
    delivery = shop.net.webhooks.sent[-1]
    await eventually(lambda: delivery.statuses, describe="an attempt without a bridge")
    await shop.bridge.start()
    await shop.alisa.wait_message("anybody there?", shop.room)
    await shop.boris.wait_message("anybody there?", shop.room)
    await shop.net.webhooks.repeat(delivery)
    shop.farhod.says("hello again")
    await shop.alisa.wait_message("hello again", shop.room)
    assert shop.body_count(shop.alisa, "anybody there?") == 1


async def test_after_a_day_the_agent_is_told_what_to_do_and_a_template_reaches_the_customer(
    shop: Shop,
) -> None:
    shop.net.add_template(shop.number, "ready", "en", "Dear {{1}}, your tea is ready.")
    shop.net.world.advance(25 * 3600)
    late = await shop.alisa.say(shop.room, "Your tea is ready")
    await shop.status(shop.alisa, late, "FAIL_PERMANENT")
    assert "template" in await shop.told(shop.alisa, late)
    refused = await shop.boris.say(shop.room, "Your tea!")
    await shop.status(shop.boris, refused, "FAIL_PERMANENT")
    assert "template" in await shop.told(shop.boris, refused)
    await shop.alisa.say(shop.room, f"{shop.bridge.prefix} template")
    await shop.alisa.wait_message("ready", shop.room, sender=shop.bridge.bot)
    await shop.alisa.say(shop.room, f"{shop.bridge.prefix} template ready Farhod")
    await shop.boris.wait_message("Dear Farhod, your tea is ready.", shop.room)
    await eventually(lambda: shop.farhod.inbox[-1].content["type"] == "template")
    assert "Your tea is ready" not in shop.farhod.texts()
    shop.farhod.says("I am coming")
    await shop.alisa.wait_message("I am coming", shop.room)
    welcome = await shop.alisa.say(shop.room, "Welcome!")
    await shop.status(shop.alisa, welcome, "SUCCESS")
    assert shop.farhod.texts()[-1] == "Welcome!"
