# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that may happen to a linked account says what has happened and what to do."""

import pytest

from sandbox.whatsapp.faults import CLIENT_OUTDATED, UNAVAILABLE, Ban, temporary_ban
from tests.conformance.stage import Resident, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


def bridged(whatsapp: WhatsAppDriver, resident: Resident) -> None:
    """Cut the connection of somebody's bridged device, which comes back by itself."""
    assert isinstance(resident.phone, WhatsAppPhone)
    whatsapp.net.operator.drop(resident.phone.person.account)


async def test_a_ban_is_told_with_its_end_and_waited_for(
    stage: Stage, whatsapp: WhatsAppDriver
) -> None:
    somebody = await stage.resident("Gulnora")
    assert isinstance(somebody.phone, WhatsAppPhone)
    before = somebody.last_event()
    ban = temporary_ban(Ban.TOO_MANY_PEOPLE, 20)
    fault = whatsapp.net.faults.refuse_login(ban, somebody.phone.person.account, count=None)
    bridged(whatsapp, somebody)
    notice = await somebody.hears_from_bot("has banned this account until", after=before)
    assert "too many people who do not have it" in notice["content"]["body"]
    await eventually(lambda: fault.struck >= 2, describe="another try after the ban")
    whatsapp.net.faults.clear()
    await somebody.hears_from_bot("again", after=notice["event_id"])


async def test_an_outdated_client_is_the_operators_business(
    stage: Stage, whatsapp: WhatsAppDriver
) -> None:
    somebody = await stage.resident("Gulnora")
    assert isinstance(somebody.phone, WhatsAppPhone)
    before = somebody.last_event()
    whatsapp.net.faults.refuse_login(CLIENT_OUTDATED, somebody.phone.person.account, count=2)
    bridged(whatsapp, somebody)
    notice = await somebody.hears_from_bot("no longer accepts", after=before)
    assert "operator" in notice["content"]["body"]


async def test_an_unavailable_service_is_a_delay(stage: Stage, whatsapp: WhatsAppDriver) -> None:
    somebody = await stage.resident("Gulnora")
    nodira = await whatsapp.person("Nodira")
    talk = await stage.meet(somebody, nodira)
    assert isinstance(somebody.phone, WhatsAppPhone)
    whatsapp.net.faults.refuse_login(UNAVAILABLE, somebody.phone.person.account, count=1)
    bridged(whatsapp, somebody)
    text = unique("while nobody is there")
    await nodira.send(talk.chat, text)
    await talk.in_matrix(text)


async def test_a_link_removed_on_the_phone_is_told_and_made_anew(
    stage: Stage, whatsapp: WhatsAppDriver
) -> None:
    somebody = await stage.resident("Gulnora")
    nodira = await whatsapp.person("Nodira")
    talk = await stage.meet(somebody, nodira)
    before = somebody.last_event()
    await whatsapp.end_session(somebody.phone)
    notice = await somebody.hears_from_bot("has logged", after=before)
    assert "The link was removed" in notice["content"]["body"]
    await stage.log_in(somebody)
    text = unique("back in the same room")
    await nodira.send(talk.chat, text)
    assert (await talk.in_matrix(text))["room_id"] == talk.room


async def test_a_replaced_connection_names_the_second_copy(
    stage: Stage, whatsapp: WhatsAppDriver
) -> None:
    somebody = await stage.resident("Gulnora")
    assert isinstance(somebody.phone, WhatsAppPhone)
    before = somebody.last_event()
    whatsapp.net.operator.replace(somebody.phone.person.account)
    notice = await somebody.hears_from_bot("a second copy of this bridge", after=before)
    assert "stop one of them" in notice["content"]["body"]


async def test_a_killed_worker_is_a_delay(stage: Stage, whatsapp: WhatsAppDriver) -> None:
    somebody = await stage.resident("Gulnora")
    nodira = await whatsapp.person("Nodira")
    talk = await stage.meet(somebody, nodira)
    await whatsapp.worker_ends()
    missed, waiting = unique("missed"), unique("waiting")
    await nodira.send(talk.chat, missed)
    await talk.say(waiting)
    await whatsapp.start_worker()
    await talk.in_matrix(missed)
    await talk.on_phone(nodira, waiting)
    seen = [one for one in await nodira.messages(talk.chat) if one.text == waiting]
    assert len(seen) == 1


async def test_a_wrong_number_is_asked_again(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    assert "nobody here can undo that" in await somebody.ask("login phone")
    assert "country code" in await somebody.ask("not a number")
