# SPDX-License-Identifier: AGPL-3.0-or-later
"""People with clients of their own: what one does, the other sees."""

from functools import partial

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.history import HistoryKind
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_client import DeniedError
from sandbox.whatsapp.person_settings import ChatSetting
from sandbox.whatsapp.person_view import Shown
from tests.sandbox_whatsapp.conftest import ALISA, BORIS, VERA, link
from tests.sandbox_whatsapp.peers import Peer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def alisa(net: WhatsAppSandbox) -> Person:
    """One of three."""
    return await net.person(ALISA)


@pytest.fixture(scope="module")
async def boris(net: WhatsAppSandbox) -> Person:
    """Another one."""
    return await net.person(BORIS)


@pytest.fixture(scope="module")
async def vera(net: WhatsAppSandbox) -> Person:
    """The third."""
    return await net.person(VERA)


async def sees(person: Person, shown: Shown, text: str | None = None) -> Shown:
    """Wait until somebody else sees a message, with a text."""
    chat = shown.chat if shown.chat.is_group else shown.author

    def there() -> Shown | None:
        found = person.view.find(chat, shown.id)
        return found if found and text in (None, found.text) else None

    found = await eventually(there, describe=f"{text} of {shown.id}")
    assert found is not None
    return found


async def test_texts_edits_replies_and_reactions(alisa: Person, boris: Person) -> None:
    sent = await alisa.send(boris.jid, "салом *ҳама*")
    seen = await sees(boris, sent, "салом *ҳама*")
    answer = await boris.send(alisa.jid, "hello", reply_to=seen, mentions=[alisa.jid])
    replied = await sees(alisa, answer, "hello")
    assert (replied.context.stanzaId, replied.context.participant) == (sent.id, str(alisa.jid))
    assert list(replied.context.mentionedJid) == [str(alisa.jid)]
    await alisa.edit(sent, "салом")
    assert (await sees(boris, sent, "салом")).edited
    await boris.react(seen, "👍")
    await eventually(lambda: sent.reactions == {boris.jid.user: "👍"}, describe="a reaction")
    await boris.react(seen, None)
    await eventually(lambda: sent.reactions == {}, describe="no reaction")


async def test_what_is_read_typed_and_taken_away(alisa: Person, boris: Person) -> None:
    first, last = [await alisa.send(boris.jid, text) for text in ("one", "two")]
    await boris.read(await sees(boris, last))
    await eventually(lambda: boris.jid.user in first.read_by & last.read_by, describe="receipts")
    await boris.type(alisa.jid)
    await boris.type(alisa.jid, typing=False)

    def states() -> list[str]:
        return [one.state for one in alisa.typing if one.chat == boris.jid]

    await eventually(lambda: states()[-2:] == ["composing", "paused"], describe="typing")
    await alisa.revoke(last)
    await eventually(lambda: not boris.view.find(alisa.jid, last.id), describe="nothing")


async def test_files_polls_places_and_cards(alisa: Person, boris: Person) -> None:
    sent = await alisa.send_file(
        boris.jid, "documentMessage", b"bytes" * 5000, "text/plain", fileName="a.txt", caption="see"
    )
    seen = await sees(boris, sent, "see")
    assert seen.file.fileName == "a.txt"
    assert await boris.download(seen) == b"bytes" * 5000
    poll = await alisa.send_poll(boris.jid, "Tea?", "green", "black", max_selections=0)
    asked = await sees(boris, poll, "Tea?")
    await boris.vote(asked, "green")
    expected = {boris.jid.user: frozenset({"green"})}
    await eventually(lambda: alisa.votes(poll) == expected, describe="a vote")
    await boris.vote(asked)
    await eventually(lambda: alisa.votes(poll) == {}, describe="no vote")
    place = await sees(boris, await alisa.send_place(boris.jid, 38.5, 68.75, "Dushanbe"))
    assert place.message.locationMessage.degreesLatitude == 38.5
    card = await alisa.send_contact(boris.jid, "Vera", "BEGIN:VCARD\nEND:VCARD")
    assert (await sees(boris, card, "Vera")).message.contactMessage.vcard.startswith("BEGIN")


async def test_the_first_message_of_a_group_is_read(
    alisa: Person, boris: Person, vera: Person
) -> None:
    group = await alisa.groups.create("Lunch", boris.jid, vera.jid)
    for author in (alisa, boris, vera):
        sent = await author.send(group, f"first of {author.account.name}")
        for other in (alisa, boris, vera):
            await sees(other, sent, sent.text)


async def test_groups_are_changed_and_seen(alisa: Person, boris: Person, vera: Person) -> None:
    group = await alisa.groups.create("Dinner", boris.jid)
    await alisa.groups.rename(group, "Supper")
    await alisa.groups.describe(group, "at eight")
    await alisa.groups.describe(group, "at nine")
    await alisa.groups.change(group, "add", vera.jid)
    await alisa.groups.change(group, "promote", boris.jid)
    await alisa.groups.announce_only(group, True)
    await alisa.groups.set_picture(group, b"picture")
    seen = await vera.groups.see(group)
    assert (seen.subject, seen.description, seen.announcement) == ("Supper", "at nine", True)
    roles = {alisa.jid.user: "superadmin", boris.jid.user: "admin", vera.jid.user: ""}
    assert seen.members == roles
    assert await vera.groups.picture(group) == b"picture"
    with pytest.raises(DeniedError, match="403"):
        await vera.groups.change(group, "remove", boris.jid)
    await vera.groups.leave(group)
    assert vera.jid.user not in (await alisa.groups.see(group)).members


async def test_a_new_name_comes_with_the_next_message(net: WhatsAppSandbox, boris: Person) -> None:
    await boris.rename("Борис")
    await eventually(lambda: net.accounts.find(BORIS).name == "Борис", describe="the name")
    await boris.rename("Boris")


async def test_disappearing_messages_are_agreed_on(alisa: Person, vera: Person) -> None:
    await alisa.let_disappear(vera.jid, 86400)
    await eventually(lambda: vera.view.timers.get(alisa.jid) == 86400, describe="the timer")
    sent = await vera.send(alisa.jid, "soon gone")
    assert (await sees(alisa, sent)).context.expiration == 86400


async def test_a_person_and_a_linked_whatsmeow_understand_each_other(
    net: WhatsAppSandbox, neonize: Peer, alisa: Person, boris: Person
) -> None:
    await link(net, neonize, BORIS)
    sent = await alisa.send(boris.jid, "to both devices")
    await neonize.wait("Message", who="Boris", id=sent.id, text="to both devices")
    await sees(boris, sent, "to both devices")
    own = await boris.send(alisa.jid, "from my phone")
    assert (await neonize.wait("Message", who="Boris", id=own.id))["from_me"]
    answer = await neonize.do("send", who="Boris", to=ALISA, text="from whatsmeow")
    await eventually(lambda: alisa.view.find(boris.jid, answer), describe="the answer")
    await eventually(lambda: boris.view.find(alisa.jid, answer), describe="its copy")
    group = await boris.groups.create("Mixed", alisa.jid)
    await alisa.send(group, "in a group")
    await neonize.wait("Message", who="Boris", chat=str(group), text="in a group")
    answer = await neonize.do("send", who="Boris", to=str(group), text="and back")
    for one in (alisa, boris):
        await eventually(partial(one.view.find, group, answer), describe="it")
        found = one.view.find(group, answer)
        assert found is not None
        assert (found.text, found.author) == ("and back", boris.jid)


async def test_settings_and_contacts_are_known_to_all_devices(
    net: WhatsAppSandbox, alisa: Person, boris: Person, neonize: Peer
) -> None:
    await boris.settings.mute(alisa.jid, True)
    await boris.settings.pin(alisa.jid, True)
    await boris.settings.archive(alisa.jid, True)
    await boris.settings.mark_unread(alisa.jid, True)
    assert await boris.settings.of(alisa.jid) == ChatSetting(True, True, True, True)
    await boris.settings.mute(alisa.jid, False)
    await boris.settings.archive(alisa.jid, False)
    assert await boris.settings.of(alisa.jid) == ChatSetting(pinned=True, unread=True)
    account = net.accounts.find(BORIS)
    other = next(one for one in net.accounts.devices(account) if one is not boris.client.device)
    await net.phone(BORIS).share_app_state_key(other)

    async def pinned() -> bool:
        return bool(await neonize.do("pinned", who="Boris", chat=str(alisa.jid)))

    await eventually(pinned, describe="the pin in whatsmeow")


async def test_the_past_of_a_person_is_handed_to_a_new_device(
    net: WhatsAppSandbox, alisa: Person, boris: Person, neonize: Peer
) -> None:
    sent = await alisa.send(boris.jid, "long ago")
    await boris.react(await sees(boris, sent), "👍")
    account = net.accounts.find(BORIS)
    other = next(one for one in net.accounts.devices(account) if one is not boris.client.device)
    await net.phone(BORIS).send_history(other, await boris.past())
    said = (await neonize.wait_said("HistorySync", "long ago", who="Boris"))["said"]
    assert sent.id in said
    await net.phone(BORIS).send_history(other, [], HistoryKind.NAMES)
    await neonize.wait_said("HistorySync", "Alisa", who="Boris")
