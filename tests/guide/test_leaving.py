# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaving by way of the guide, on a real homeserver: everything handed over in the chat, then deleted."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bridges.guide.matrix.client import MatrixClient
from bridges.migration.leaving.deletion.subjects import Rooms
from bridges.migration.leaving.export.reading import Reading
from tests.guide.conftest import Village
from tests.guide.person import EncryptedPerson
from tests.migration.run.town import PASSWORD
from tests.policy.history.bringing import Client, RefusedError
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

CLIENT = "/_matrix/client/v3"
ZIP = "karvon-export.zip"


async def somebody(village: Village, name: str, chat: str) -> Client:
    """Have somebody with a chat in which there is a message and a file."""
    token = await village.town.server.register_user(name, PASSWORD)
    owner = village.town.owner
    client = Client(owner.session, owner.url, token)
    room = (await client.call("POST", f"{CLIENT}/createRoom", {"name": chat}))["room_id"]
    async with client.session.post(
        f"{client.url}/_matrix/media/v3/upload",
        data=f"a picture of {name}".encode() * 100,
        headers={"Authorization": f"Bearer {token}"},
    ) as response:
        uri = (await response.json())["content_uri"]
    for number, content in enumerate(
        (
            {"msgtype": "m.text", "body": f"{chat} 1"},
            {"msgtype": "m.file", "body": "rasm.png", "url": uri},
        )
    ):
        path = f"{CLIENT}/rooms/{quote(room)}/send/m.room.message/{number}"
        await client.call("PUT", path, content)
    return client


async def ask_for_export(village: Village, person: EncryptedPerson) -> str:
    room = await person.chat_with(village.guide)
    await person.say(room, "export")
    await person.hears(lambda text: "Shall I begin?" in text)
    await person.say(room, "1")
    return room


def chats(data: bytes) -> dict[str, list[dict[str, Any]]]:
    """The messages of an export by the chat's name."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        document = json.loads(packed.read("result.json"))
    return {one["name"]: one["messages"] for one in document["chats"]["list"]}


async def test_two_people_get_everything_of_theirs_and_nothing_else(village: Village) -> None:
    await somebody(village, "anor", "Bog‘")
    await somebody(village, "behi", "Choyxona")
    async with (
        village.guided(),
        village.person("anor") as anor,
        village.person("behi") as behi,
    ):
        await asyncio.gather(*(ask_for_export(village, one) for one in (anor, behi)))
        first, second = await asyncio.gather(anor.pick_up(ZIP), behi.pick_up(ZIP))
        for person in (anor, behi):
            done = await person.hears(lambda text: "This is everything you have here" in text)
            assert "messages: 2, files: 1" in done or "files: 1" in done
        assert {"Bog‘"} == {*chats(first)} - {"Karvon"}
        assert {"Choyxona"} == {*chats(second)} - {"Karvon"}
        with zipfile.ZipFile(io.BytesIO(first)) as packed:
            (picture,) = (one for one in packed.namelist() if one.endswith("rasm.png"))
            assert packed.read(picture) == b"a picture of anor" * 100
        assert not list((village.settings.folder / "exports").iterdir())


async def test_interrupted_it_goes_on_and_is_split_where_uploads_are_small(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await somebody(village, "olma", "Bozor")
    fetch, begun, power = Reading.fetch, asyncio.Event(), asyncio.Event()

    async def waiting(self: Reading, *given: Any) -> None:
        begun.set()
        await power.wait()
        await fetch(self, *given)

    async def small(_self: MatrixClient) -> int:
        return 6_000

    monkeypatch.setattr(Reading, "fetch", waiting)
    monkeypatch.setattr(MatrixClient, "largest_upload", small)
    async with village.person("olma") as olma:
        async with village.guided():
            room = await ask_for_export(village, olma)
            await asyncio.wait_for(begun.wait(), 20)
            await olma.say(room, "export")
            await olma.hears(lambda text: "I am at it already" in text)
        power.set()
        async with village.guided():
            told = await olma.hears(lambda text: "This is everything you have here" in text)
            assert "unpack them into one folder" in told
            names = sorted(
                one["content"]["filename"] for one in olma.handed if "filename" in one["content"]
            )
            for name in names:
                data = await olma.read_file(name)
                assert len(data) <= 6_000
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    packed.extractall(tmp_path / "all")
        assert len(names) > 1
    checked = await village.town.karvon("leave", "check", tmp_path / "all")
    assert checked.code == 0, checked.out


async def test_an_export_too_large_for_the_chat_lies_where_the_operator_finds_it(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    await somebody(village, "nok", "Tog‘")

    async def tiny(_self: MatrixClient) -> int:
        return 1_000

    monkeypatch.setattr(MatrixClient, "largest_upload", tiny)
    async with village.guided(), village.person("nok") as nok:
        room = await ask_for_export(village, nok)
        told = await nok.hears(lambda text: "more than I can send here" in text)
        place = village.settings.folder.parent / told.partition("find it: ")[2].strip("`")
        assert zipfile.is_zipfile(place)
        await nok.say(room, "forget everything")
        await nok.hears(lambda text: "I have deleted" in text)
        assert not place.exists()


async def test_nothing_is_handed_out_unasked_or_unencrypted(village: Village) -> None:
    await somebody(village, "uzum", "Uy")
    async with village.guided(), village.person("uzum") as uzum:
        room = await uzum.chat_with(village.guide)
        await uzum.say(room, "export")
        await uzum.hears(lambda text: "Shall I begin?" in text)
        await uzum.say(room, "2")
        await uzum.hears(lambda text: "nothing is done" in text)
        await uzum.say(room, "1")
        await uzum.hears(lambda text: "I do not understand" in text)
        plain = await uzum.chat_with(village.guide, encrypted=False)
        for command in ("export", "delete-everything"):
            await uzum.say(plain, command)
            await uzum.hears(lambda text: "only in an encrypted chat" in text)
        assert not any("filename" in one["content"] for one in uzum.handed)


@pytest.mark.parametrize("closing", [False, True])
async def test_everything_is_deleted_with_a_receipt_and_the_chat_goes_last(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closing: bool
) -> None:
    """Stopped in the middle of it, it goes on; it waits for the goodbye over restarts as well."""
    begun, power, delete = asyncio.Event(), asyncio.Event(), Rooms.delete

    async def waiting(self: Rooms) -> None:
        begun.set()
        await power.wait()
        await delete(self)

    monkeypatch.setattr(Rooms, "delete", waiting)
    name = "gilos" if closing else "anjir"
    client = await somebody(village, name, "Bog‘")
    mxid = village.town.server.mxid(name)
    await client.call("PUT", f"{CLIENT}/user/{mxid}/account_data/org.example.mine", {"dark": True})
    command = "delete-everything account" if closing else "delete-everything"

    async def rooms() -> list[str]:
        return list((await client.call("GET", f"{CLIENT}/joined_rooms"))["joined_rooms"])

    async with village.person(name) as person:
        async with village.guided():
            room = await person.chat_with(village.guide)
            for answer in ("yes, please", "1"):
                await person.say(room, command)
                asked = await person.hears(lambda text: "It cannot be undone" in text)
                assert "You have no export" in asked
                await person.say(room, answer)
                if answer == "1":
                    await person.hears(lambda text: f"Write your full address, `{mxid}`" in text)
                    await person.say(room, "yes")
                await person.hears(lambda text: "nothing is done" in text)
            assert len(await rooms()) == 2
            await person.say(room, "goodbye")
            await person.hears(lambda text: "Nothing has been deleted" in text)
            await person.say(room, command)
            await person.say(room, "1")
            await person.say(room, mxid)
            await asyncio.wait_for(begun.wait(), 30)
            await person.drop(room, "chat.zip", b"PK")
            await person.hears(lambda text: "I do nothing else now" in text)
        power.set()
        async with village.guided():
            receipt = await person.pick_up("receipt.json")
            text = (await person.pick_up("receipt.txt")).decode()
            await person.hears(lambda text: "Save both files now" in text)
            assert await rooms() == [room]
        found = {one["name"]: (one["there"], one["left"]) for one in json.loads(receipt)["deleted"]}
        assert found["rooms"] == (1, 0)
        assert found["profile"] == (1, 0)
        assert found["account_data"][1] == 0 < found["account_data"][0]
        assert ("closed for good with that chat" in text) is closing
        (tmp_path / "receipt.json").write_bytes(receipt)
        checked = await village.town.karvon("leave", "verify", tmp_path / "receipt.json")
        assert checked.code == 0, checked.err
        async with village.guided():  # It has not forgotten that it waits.
            await person.say(room, "goodbye")

            async def gone() -> bool:
                try:
                    return not await rooms()
                except RefusedError:
                    return closing

            await eventually(gone)
            folder = village.settings.folder / "farewells"
            await eventually(lambda: not list(folder.iterdir()))
    login = {"type": "m.login.password", "user": name, "password": PASSWORD}
    if closing:
        with pytest.raises(RefusedError):
            await client.call("POST", f"{CLIENT}/login", login)
    else:
        await client.call("POST", f"{CLIENT}/login", login)
