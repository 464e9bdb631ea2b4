# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in, several agents, people who hide their number, and what the Business app hands over."""

import pytest

from bridges.core.content import FormattedText, Text
from bridges.core.errors import LoginFailed, Rejected, WrongInput
from bridges.core.events import ChatChanged, RemoteMessage, UserChanged
from bridges.core.ids import ChatID, ChatKey
from bridges.core.login import SECRET_KINDS, Claim, Complete, UserInput
from bridges.core.network import SessionState
from bridges.core.outgoing import OutgoingMessage
from tests.whatsapp.cloud.office import (
    ALISA,
    BORIS,
    CUSTOMER,
    OfficeUnderTest,
    _nobody_else,
)


async def test_secrets_are_checked_at_meta_before_they_are_kept(office: OfficeUnderTest) -> None:
    process = office.provider.begin_login("cloud", Claim(BORIS, _nobody_else))
    step = await process.start()
    assert isinstance(step, UserInput)
    assert [one.kind in SECRET_KINDS for one in step.fields] == [False, True, True, True]
    wrong = {"number": "+992", "verify_token": "short", "access_token": "old", "app_secret": "x"}
    for name, value in wrong.items():
        with pytest.raises(WrongInput):
            await process.submit(office.secrets() | {name: value})
    step = await process.submit(office.secrets())
    assert isinstance(step, Complete)
    assert step.login.id.startswith(f"cloud-{office.number.id}-")
    again = office.provider.begin_login("cloud", Claim(BORIS, _nobody_else))
    await again.start()
    second = await again.submit(office.secrets())
    assert isinstance(second, Complete)
    assert second.login == step.login


async def test_secrets_are_stored_sealed(office: OfficeUnderTest) -> None:
    rows = await office.handle.database.fetch("SELECT * FROM cloud_account")
    stored = b"".join(bytes(row["sealed"]) for row in rows)
    for secret in office.secrets().values():
        assert secret.encode() not in stored


async def test_listed_agents_need_no_secret(office: OfficeUnderTest) -> None:
    number = {
        "phone_number_id": office.number.id,
        "access_token": office.number.access_token,
        "app_secret": office.number.app_secret,
        "verify_token": office.number.verify_token,
        "agents": [str(BORIS)],
    }
    await office.restart(number=number, own_numbers=False)
    process = office.provider.begin_login("cloud", Claim(BORIS, _nobody_else))
    assert isinstance(await process.start(), Complete)
    stranger = office.provider.begin_login("cloud", Claim(ALISA, _nobody_else))
    with pytest.raises(LoginFailed, match="NOT_LISTED"):
        await stranger.start()


async def test_each_agent_is_brought_into_the_customers_room(office: OfficeUnderTest) -> None:
    await office.log_in(BORIS)
    office.customer().says("to both")
    await office.handle.until(lambda: len(office.handle.messages()) == 2)
    first, second = office.handle.messages()
    assert first == second
    assert first.chat == office.chat()
    infos = [await one.chat_info(first.chat) for one in office.sessions.values()]
    assert [one.other_user for one in infos] == ["992900000301"] * 2


async def test_the_chats_of_another_number_are_not_ours(office: OfficeUnderTest) -> None:
    with pytest.raises(Rejected):
        await office.sessions[ALISA].chat_info(ChatKey(ChatID("992900000301@1.cloud")))


async def test_with_the_last_agent_the_number_is_forgotten(office: OfficeUnderTest) -> None:
    boris = await office.log_in(BORIS)
    await office.sessions[ALISA].logout()
    office.customer().says("anybody?")
    await office.handle.until_text("anybody?")
    await boris.logout()
    for table in ("account", "agent", "customer", "seen"):
        assert not await office.handle.database.fetch(f"SELECT 1 FROM cloud_{table}")
    await office.sessions[ALISA].connect()
    await office.handle.until_state(SessionState.BAD_CREDENTIALS)


async def test_somebody_who_hides_their_number_stays_the_same_person(
    office: OfficeUnderTest,
) -> None:
    customer = office.net.customer(CUSTOMER, "Farhod", office.number, hides_number=True)
    customer.says("incognito")
    await office.handle.until_text("incognito")
    customer.person.hides_number = False
    customer.says("here I am")
    await office.handle.until_text("here I am")
    chats = {one.chat for one in office.handle.messages()}
    assert len(chats) == 1
    assert next(iter(chats)).chat.startswith("bsuid-tj.")


async def test_somebody_who_hides_their_number_can_be_answered(office: OfficeUnderTest) -> None:
    customer = office.net.customer(CUSTOMER, "Farhod", office.number, hides_number=True)
    customer.says("incognito")
    await office.handle.until_text("incognito")
    chat = office.handle.messages()[0].chat
    text = Text(FormattedText("hello, whoever you are"))
    message = OutgoingMessage(chat, "k", text, office.clock.now())
    await office.sessions[ALISA].send(message)
    assert customer.texts() == ["hello, whoever you are"]
    assert "to" not in customer.inbox[0].content


async def test_a_new_number_is_the_same_person(office: OfficeUnderTest) -> None:
    customer = office.customer()
    customer.says("old number")
    await office.handle.until_text("old number")
    system = {"type": "user_changed_number", "wa_id": "992900000399", "body": "Farhod moved"}
    customer.sends("system", system)
    await office.handle.until_text("Farhod moved")
    office.net.customer("+992900000399", "Farhod", office.number).says("new number")
    await office.handle.until_text("new number")
    assert len({one.chat for one in office.handle.messages()}) == 1


async def test_people_change_their_names(office: OfficeUnderTest) -> None:
    customer = office.customer()
    customer.says("1")
    await office.handle.until_text("1")
    customer.person.name = "Farhod N."
    customer.says("2")
    changed = await office.handle.until(lambda: office.handle.all(UserChanged))
    assert changed[0].info.name == "Farhod N."
    assert (await office.sessions[ALISA].user_info(changed[0].user)).name == "Farhod N."


async def test_what_is_written_in_the_business_app_is_the_organisations(
    office: OfficeUnderTest,
) -> None:
    app = office.net.app(office.number)
    app.says(CUSTOMER, "from the shop's phone")
    await office.handle.until_text("from the shop's phone")
    message = office.handle.messages()[0]
    assert (message.chat, message.sender.user, message.sender.is_me) == (
        office.chat(),
        office.number.phone,
        False,
    )
    info = await office.sessions[ALISA].user_info(message.sender.user)
    assert info.name == "Choyxona Sandbox"


async def test_the_address_book_names_rooms_and_nobody_else(office: OfficeUnderTest) -> None:
    app, session = office.net.app(office.number), office.sessions[ALISA]
    customer = office.customer(name="🦁")
    customer.says("hello")
    await office.handle.until_text("hello")
    office.handle.rooms.add(office.chat())
    app.saves(CUSTOMER, "Farhod, tea supplier")
    changed = await office.handle.until(lambda: office.handle.all(ChatChanged))
    assert changed[0].info.name == "Farhod, tea supplier"
    assert (await session.chat_info(office.chat())).name == "Farhod, tea supplier"
    assert (await session.user_info(office.chat().chat.partition("@")[0])).name == "🦁"  # type: ignore[arg-type]
    assert [one.name for one in await session.contacts()] == ["Farhod, tea supplier"]
    app.saves(CUSTOMER, "")
    await office.handle.until(lambda: office.handle.all(ChatChanged)[-1].info.name == "")
    assert not await session.contacts()


async def test_little_is_known_of_people_where_that_is_wanted(office: OfficeUnderTest) -> None:
    app = office.net.app(office.number)
    customer = office.customer(name="Farhod N.")
    customer.says("hello")
    await office.handle.until_text("hello")
    app.saves(CUSTOMER, "Farhod, tea supplier")
    await office.net.webhooks.sent[-1].done.wait()
    office.minimal = True
    await office.restart()
    session = office.provider.open_session(office.records[ALISA])
    assert (await session.chat_info(office.chat())).name is None
    assert not await session.contacts()
    assert [one.name for one in await session.recent_chats(5)] == ["Farhod N."]
    app.saves("+992900000302", "Sherzod")
    await office.net.webhooks.sent[-1].done.wait()
    rows = await office.handle.database.fetch("SELECT saved FROM cloud_customer")
    assert "Sherzod" not in {row["saved"] for row in rows}


async def test_old_chats_are_handed_over_in_parts(office: OfficeUnderTest) -> None:
    said = [(place % 2 == 1, f"old {place}") for place in range(10)]
    office.net.app(office.number).shares_history({CUSTOMER: said}, parts=3)
    await office.handle.until(lambda: office.handle.told)
    assert "list-chats" in office.handle.told[0]
    session = office.sessions[ALISA]
    chats = await session.recent_chats(10)
    assert [one.key for one in chats] == [office.chat()]

    texts: list[str] = []
    senders: list[str] = []
    before = None
    while True:
        page = await session.history(office.chat(), before, 4)
        messages = [one.message for one in page.messages]
        texts = [one.parts[0].text.body for one in messages] + texts  # type: ignore[union-attr]
        senders = [one.sender.user for one in messages] + senders
        if page.more is None:
            break
        before = page.more
    assert texts == [text for _, text in said]
    assert senders == [office.number.phone if ours else "992900000301" for ours, _ in said]
    assert not office.handle.all(RemoteMessage)


async def test_an_organisation_may_keep_its_past(office: OfficeUnderTest) -> None:
    office.net.app(office.number).keeps_history()
    await office.handle.until(lambda: office.handle.told)
    assert "not shared" in office.handle.told[0]


async def test_agents_are_told_what_meta_says_of_the_account(office: OfficeUnderTest) -> None:
    office.customer().says("hello")  # By which the bridge learns whose account it is.
    await office.handle.until_text("hello")
    ban = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}
    office.net.webhooks.notify_account(office.number, "account_update", ban)
    flagged = {"event": "FLAGGED", "display_phone_number": office.number.phone}
    office.net.webhooks.notify_account(office.number, "phone_number_quality_update", flagged)
    await office.handle.until(lambda: len(office.handle.told) == 2)
    assert "about to" in "".join(office.handle.told)
    assert "complained" in "".join(office.handle.told)


async def test_a_chat_is_begun_by_number(office: OfficeUnderTest) -> None:
    session = office.sessions[ALISA]
    known = await session.resolve("+992 90 000-03-01")
    assert known.key == office.chat()
    with pytest.raises(Rejected):
        await session.resolve("@farhod")
