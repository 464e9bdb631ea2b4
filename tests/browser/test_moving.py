# SPDX-License-Identifier: AGPL-3.0-or-later
"""From "I have WhatsApp" to "everyone is here", as docs/migration.md tells it, in a real client.

One story: the tests go on from each other, in this order.
"""

import re
from pathlib import Path

import pytest

from tests.browser.album import Album
from tests.browser.client import Person
from tests.browser.export import PHOTO_SIZE, exported_account, exported_chat
from tests.support.site import Site

pytestmark = pytest.mark.synapse

ANOR, BEHI, GILOS = "+992555000201", "+992555000202", "+992555000203"
NAMES = {ANOR: "Anor Anorova", BEHI: "Behi Behiyeva", GILOS: "Gilos Gilosova"}


async def said(site: Site, who: str, chat: str, text: str) -> str:
    answer = await site.on_whatsapp("people/send", person=who, chat=chat, text=text)
    return str(answer["id"])


async def test_chats_of_the_phone_come_along(site: Site, anor: Person, album: Album) -> None:
    for phone, name in NAMES.items():
        await site.on_whatsapp("accounts", phone=phone, name=name)
    for phone in NAMES:
        await site.on_whatsapp("people/messages", person=phone, chat=BEHI)
    question = await said(site, BEHI, ANOR, "Salom! Are you coming to the garden on Sunday?")
    await said(site, BEHI, ANOR, "*Bring the big kettle*, please 🫖")
    await site.on_whatsapp("people/react", person=ANOR, chat=BEHI, id=question, emoji="❤️")
    await said(site, ANOR, BEHI, "Salom Behi! Yes, with the children.")
    group = await site.on_whatsapp(
        "people/create-group", person=BEHI, subject="Garden on Sunday", members=[ANOR, GILOS]
    )
    await said(site, GILOS, group["chat"], "I bake the bread 🍞")
    await said(site, BEHI, group["chat"], "And I make the soup.")

    await anor.write_to(site.mxid("whatsappbot"))
    await anor.reads("I cannot read encrypted messages")
    await anor.leave()
    await anor.accept_invitation()
    await anor.say("login phone")
    await anor.reads("What is the phone number")
    await anor.say(ANOR)
    shown = await anor.reads("Your code:")
    album.keep(await anor.shot(), "whatsapp-code")
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", shown)
    assert code
    await site.on_whatsapp("phones/type-code", account=ANOR, code=code[0])
    await anor.reads("is linked")
    assert await anor.has_picture("WhatsApp bridge")
    album.keep(await anor.shot(), "whatsapp-linked")


async def test_a_chat_stands_as_it_was(anor: Person, album: Album) -> None:
    await anor.open("Behi Behiyeva")
    shown = await anor.reads("with the children")
    assert await anor.unread("Behi Behiyeva") == ""
    lines = ["Are you coming", "❤️", "Bring the big kettle", "with the children"]
    assert [shown.index(line) for line in lines] == sorted(shown.index(line) for line in lines)
    album.keep(await anor.shot(), "chat")


async def test_an_answer_reaches_whatsapp(site: Site, anor: Person, album: Album) -> None:
    await anor.say("The kettle is in the car already!")
    await anor.reads("The kettle is in the car already!")
    await said(site, BEHI, ANOR, "Wonderful 😀 See you on Sunday")
    await anor.reads("See you on Sunday")
    heard = await site.on_whatsapp("people/messages", person=BEHI, chat=ANOR)
    assert "The kettle is in the car already!" in [one["text"] for one in heard["messages"]]
    album.keep(await anor.shot(), "answer")


async def test_an_export_is_dropped_into_the_encrypted_chat(
    site: Site, anor: Person, album: Album, tmp_path: Path
) -> None:
    await anor.write_to(site.mxid("karvon"))
    await anor.reads("Hello!")
    await anor.drop(exported_chat(tmp_path))
    await anor.reads("time zone")
    album.keep(await anor.shot(), "guide-question")
    await anor.say("1")
    await anor.reads("Say start")
    album.keep(await anor.shot(), "guide-plan")
    await anor.say("start")
    await anor.reads("I have read all rooms again")
    album.keep(await anor.shot(), "guide-report")


async def test_the_export_has_become_a_chat(anor: Person, album: Album) -> None:
    await anor.open("Gilos Gilosova")
    await anor.reads("a place for you on the bench")
    picture = await anor.shot()
    shown = await anor.looks_back_to("Did you plant")
    assert shown.index("Did you plant") < shown.index("Forty") < shown.index("on the bench")
    assert "changed room name" not in shown[shown.index("Did you plant") :]
    width, height = await anor.sides("Like these last year")
    assert width / height == pytest.approx(PHOTO_SIZE[0] / PHOTO_SIZE[1], rel=0.02)
    album.keep(picture, "archive")


async def test_an_account_of_telegram_has_become_rooms(
    anor: Person, album: Album, tmp_path: Path
) -> None:
    await anor.open("Karvon")
    assert await anor.has_picture("Karvon")
    await anor.drop(exported_account(tmp_path))
    await anor.reads("The shed: 10")
    await anor.say("start")
    await anor.reads("DataExport.zip is here. I have read all rooms again")
    await anor.open("The shed", "home")
    await anor.reads("Then Sunday it is.")
    picture = await anor.shot()
    shown = await anor.looks_back_to("Who has the key")
    assert "changed room name" not in shown[shown.index("Who has the key") :]
    lines = [
        *("Who has the key", "Deleted account", "It hangs behind the door.", "Found it", "❤"),
        *("0:07", "geo:38.576,68.787", "📊 What do we eat?", "• Bread: 2 ✓", "• Soup: 1"),
        *("Forwarded from Weather of Dushanbe:", "Rain on Friday", "🖼️ photo.jpg:"),
    ]
    assert [shown.index(line) for line in lines] == sorted(shown.index(line) for line in lines)
    assert "What do we eat? 1. Bread 2. Soup" in " ".join(shown.split())
    album.keep(picture, "archive-telegram")
