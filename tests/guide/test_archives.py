# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files dropped into an encrypted chat become rooms, also if the guide is killed meanwhile."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bridges.core.secretbox import SecretBox
from bridges.guide.archives.deposit import Deposit, State
from bridges.guide.archives.steps import Steps
from bridges.guide.store.archives import DepositStore
from bridges.migration.run.journal import Journal
from tests.guide.conftest import Village
from tests.migration.run.exports import telegram_group, whatsapp_chat
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

_SIZE = 500
"""Messages: far more than are written at once."""

_EVENTS = _SIZE + _SIZE // 4
"""With their reactions."""


async def test_a_chat_of_whatsapp_is_dropped_asked_about_and_brought_over(
    village: Village, tmp_path: Path
) -> None:
    file = whatsapp_chat(tmp_path, 130)
    before = await village.town.rooms()
    async with village.guided(), village.person() as madina:
        room = await madina.chat_with(village.guide)
        await madina.drop(room, file.name, file.read_bytes())
        asked = await madina.hears(lambda text: "time zone" in text)
        assert "1. Asia/Dushanbe" in asked
        await madina.say(room, "Atlantis")
        await madina.hears(lambda text: "I do not know this time zone" in text)
        await madina.say(room, "1")
        summary = await madina.hears(lambda text: "rooms: 1, messages: 130, people: 2" in text)
        assert "`start`" in summary
        assert await village.town.rooms() - before == {room}
        await madina.say(room, "start")
        totals = await madina.hears(lambda text: "I have read all rooms again" in text)
        assert "Messages in the file: 130, in the rooms: 130, left out: 0" in totals
        (made,) = await village.town.rooms() - before - {room}
        events = reversed(await village.town.owner.messages(made))
        said = [one for one in events if one["type"] == "m.room.message"]
        assert [one["content"]["body"] for one in said][:2] == ["message 13 0", "message 13 1"]
        assert len(said) == 130
        assert said[0]["sender"] == village.town.owner_mxid != said[1]["sender"]
        mxid, read = village.town.owner_mxid, village.town.owner.call
        direct = await read("GET", f"/_matrix/client/v3/user/{mxid}/account_data/m.direct")
        assert direct[said[1]["sender"]] == [made]
        # 13 March 2024, 08:00 in Dushanbe
        assert said[0]["origin_server_ts"] == 1_710_298_800_000
        assert not list((village.settings.folder / "archives").glob("*/given"))
        await madina.drop(room, file.name, whatsapp_chat(tmp_path, 150).read_bytes())
        await madina.hears(lambda text: "These chats are here already" in text)
        await madina.say(room, "start")
        await madina.hears(lambda text: "Messages in the file: 150, in the rooms: 150" in text)
        assert await village.town.rooms() - before - {room} == {made}
        events = await village.town.owner.messages(made)
        assert len([one for one in events if one["type"] == "m.room.message"]) == 150
        await madina.say(room, "undo")
        await madina.hears(lambda text: text.startswith("Taken back"))
        assert made not in await village.town.rooms()
        assert not list((village.settings.folder / "archives").iterdir())


async def test_killed_at_any_stage_it_goes_on_and_says_everything_once(
    village: Village, tmp_path: Path
) -> None:
    """While it looks at a file, brings it over, and takes it back."""
    export = zipped_group(tmp_path / "export", _SIZE)
    async with village.person() as madina:
        async with village.process():
            room = await madina.chat_with(village.guide)
            await madina.drop(room, "export.zip", export)
            await eventually(lambda: _are(village, State.PLANNING, State.READY))
        async with village.process():
            await madina.hears(lambda text: f"rooms: 1, messages: {_SIZE}" in text)
            await madina.say(room, "start")
            await eventually(lambda: _brought(village) >= 1)
        assert _brought(village) < _EVENTS
        async with village.process():
            await madina.hears(lambda text: f"in the rooms: {_SIZE}, left out: 0" in text)
            await madina.say(room, "archives")
            await madina.hears(lambda text: "1. export.zip" in text)
            await madina.say(room, "contacts")
            await madina.hears(lambda text: "People: 1. Contacts: 1" in text)
            await madina.say(room, "undo")
            await eventually(lambda: _are(village, State.UNDOING))
        async with village.guided():
            await madina.hears(lambda text: text.startswith("Taken back: export.zip"))
            await eventually(lambda: _are(village))
        once = ("Thank you.", "rooms: 1", "read all rooms", "Taking back", "Taken back")
        for said in once:
            assert len([one for one in madina.read if said in one]) == 1, said
        assert not madina.undecrypted


async def test_two_people_bring_their_archives_at_the_same_time(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one stops in between, which is nothing to the other."""
    run, interrupted = Steps.run, asyncio.Event()

    async def first_time_endless(self: Steps, deposit: Deposit, *given: Any) -> Any:
        if deposit.name == "madina.zip" and not interrupted.is_set():
            interrupted.set()
            await asyncio.Event().wait()
        return await run(self, deposit, *given)

    monkeypatch.setattr(Steps, "run", first_time_endless)
    async with village.guided(), village.person() as madina, village.person("behruz") as behruz:
        people = {"madina": madina, "behruz": behruz}

        async def bring(name: str, size: int) -> set[str]:
            person, export = people[name], zipped_group(tmp_path / name, size)
            before = await person.joined()
            room = await person.chat_with(village.guide)
            await person.drop(room, f"{name}.zip", export)
            await person.hears(lambda text: f"rooms: 1, messages: {size}" in text)
            await person.say(room, "start")
            if name == "madina":
                await asyncio.wait_for(interrupted.wait(), 30)
                await person.say(room, "stop")
                await person.hears(lambda text: text.startswith("Stopped"))
                await person.say(room, "start")
            await person.hears(lambda text: f"in the rooms: {size}, left out: 0" in text)
            await person.say(room, "archives")
            listed = await person.hears(lambda text: text.startswith("1. "))
            assert f"{name}.zip" in listed
            assert len(listed.splitlines()) == 1
            made = await person.joined() - before - {room}
            await person.say(room, "undo")
            await person.hears(lambda text: text.startswith("Taken back"))
            await person.say(room, "forget everything")
            await person.hears(lambda text: "I have deleted" in text)
            return made

        first, second = await asyncio.gather(bring("madina", 60), bring("behruz", 90))
        assert (len(first), len(second)) == (1, 1)
        assert first != second
        for name, person in people.items():
            others = {*people} - {name}
            assert not any(f"{other}.zip" in said for said in person.read for other in others)


async def _are(village: Village, *states: State) -> bool:
    """Tell whether what people have dropped is in one of these states; without any, that there is none."""
    async with village.database() as database:
        store = DepositStore(database, SecretBox(village.settings.encryption_key))
        found = await store.within(frozenset(State))
    return all(one.state in states for one in found) and bool(found) is bool(states)


def zipped_group(folder: Path, size: int) -> bytes:
    """Give an export of Telegram, with somebody in the address book, as people send it."""
    export = telegram_group(folder, size) / "result.json"
    known = {"first_name": "Gilos", "last_name": "Gilosova", "phone_number": "+992 900 00 00 03"}
    document = json.loads(export.read_text("utf-8")) | {"contacts": {"list": [known]}}
    export.write_text(json.dumps(document), "utf-8")
    return Path(shutil.make_archive(str(folder), "zip", folder)).read_bytes()


def _brought(village: Village) -> int:
    """Count the events that the guide has noted as written."""
    count = 0
    for path in (village.settings.folder / "archives").glob("*/plan.yaml.journal"):
        with Journal.open(path) as journal:
            count += journal.count_events()
    return count


async def test_a_file_that_is_no_export_is_refused_with_a_sentence(village: Village) -> None:
    async with village.guided(), village.person("behruz") as behruz:
        room = await behruz.chat_with(village.guide)
        await behruz.drop(room, "cv.pdf", b"%PDF-1.7 " + bytes(range(256)))
        await behruz.hears(lambda text: text.startswith("cv.pdf cannot be used"))
        await behruz.say(room, "archives")
        await behruz.hears(lambda text: text == "You have dropped no files here.")


async def test_an_address_book_is_read_and_questions_about_it_are_decided(village: Village) -> None:
    cards = "".join(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n"
        for uid, name, number in (
            ("1", "Gulnora Misolova", "+992 900 00 00 01"),
            ("2", "Farrukh Namunaev", "+992 900 00 00 01"),
            ("3", "Zarina Masalova", "900 00 00 02"),
        )
    )
    async with village.guided(), village.person("behruz") as behruz:
        room = await behruz.chat_with(village.guide)
        await behruz.drop(room, "contacts.vcf", cards.encode())
        await behruz.hears(lambda text: "Contacts read from contacts.vcf: 3" in text)
        await behruz.say(room, "contacts")
        counted = await behruz.hears(lambda text: "People: 3. Contacts: 3" in text)
        assert "Numbers without a country code: 1" in counted
        asked = await behruz.hears(lambda text: "Are they the same person?" in text)
        assert "Gulnora Misolova" in asked
        await behruz.say(room, "1")
        await behruz.hears(lambda text: "that was all. People: 2." in text)
        await behruz.say(room, "country TJ")
        await behruz.hears(lambda text: "of TJ now. People: 2." in text)
        await behruz.say(room, "forget everything")
        await behruz.hears(lambda text: "I have deleted" in text)
        await behruz.say(room, "contacts")
        await behruz.hears(lambda text: "I know no contacts of yours" in text)
