# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control API over HTTP."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from telethon.tl import types

from sandbox.telegram import TelegramSandbox, generated
from sandbox.telegram.control import Control
from sandbox.telegram.seed import DEMO, SeedError, read_seed, sow


class Api:
    """The control API of a network."""

    def __init__(self, http: Any) -> None:
        self._http = http

    async def get(self, path: str, **query: str) -> Any:
        """Fetch something."""
        response = await self._http.get(path, params=query)
        assert response.status == 200
        return await response.json()

    async def post(self, path: str, **fields: Any) -> Any:
        """Do something."""
        response = await self._http.post(path, data=json.dumps(fields))
        answer = await response.json()
        assert response.status == 200, answer
        return answer

    async def refused(self, path: str, **fields: Any) -> str:
        """Ask for something wrong and return the error."""
        response = await self._http.post(path, data=json.dumps(fields))
        assert response.status == 400
        return str((await response.json())["error"])


@pytest.fixture
async def api(net: TelegramSandbox) -> AsyncIterator[Api]:
    """The control API of the test's network."""
    async with TestClient(TestServer(Control(net).application())) as http:
        yield Api(http)


async def test_ready_tells_where_to_connect(net: TelegramSandbox, api: Api) -> None:
    ready = await api.get("/ready")
    assert (ready["ready"], ready["port"], ready["dc"]) == (True, net.port, 2)
    assert ready["data_centres"] == {"2": net.port}
    assert ready["public_key"].startswith("-----BEGIN RSA PUBLIC KEY-----")


async def test_people_do_what_they_are_told(api: Api) -> None:
    sent = await api.post(
        "/people/send", person="Alisa", chat="boris_test", text="**hello**", markdown=True
    )
    seen = await api.post("/people/wait", person="Boris", text="hello")
    assert seen["ids"] == [1]
    await api.post("/people/send", person="Boris", chat="alisa_test", text="hi", reply_to=1)
    await api.post("/people/wait", person="Alisa", text="hi")
    await api.post("/people/edit", person="Alisa", chat="boris_test", id=sent["id"], text="bye")
    assert (await api.post("/people/wait", person="Boris", kind="edit"))["text"] == "bye"
    await api.post("/people/react", person="Boris", chat="alisa_test", id=1, emoji="👍")
    reaction = await api.post("/people/wait", person="Alisa", kind="reaction")
    assert reaction["emoji"] == ["👍"]
    await api.post("/people/type", person="Boris", chat="alisa_test")
    await api.post("/people/wait", person="Alisa", kind="typing")
    await api.post("/people/read", person="Boris", chat="alisa_test")
    await api.post("/people/wait", person="Alisa", kind="read")
    await api.post("/people/online", person="Boris")
    data = base64.b64encode(b"payload").decode()
    await api.post(
        "/people/send-file",
        person="Alisa",
        chat="boris_test",
        data=data,
        name="a.bin",
        caption="file",
    )
    assert (await api.post("/people/wait", person="Boris", text="file"))["media"]
    await api.post("/people/delete", person="Alisa", chat="boris_test", ids=[sent["id"]])
    assert (await api.post("/people/wait", person="Boris", kind="delete"))["ids"] == [1]
    kinds = [one["kind"] for one in (await api.get("/people/Boris/received"))["received"]]
    assert kinds.count("message") == 2


async def test_a_chat_as_somebody_sees_it(net: TelegramSandbox, api: Api) -> None:
    chat = {"person": "Boris", "chat": "alisa_test"}
    file = {"data": base64.b64encode(b"payload").decode(), "name": "a.bin", "caption": "see here"}
    sent = await api.post("/people/send-file", person="Alisa", chat="boris_test", **file)
    await api.post("/people/wait", person="Boris", text="see here")
    answer = await api.post("/people/send", **chat, text="thank you", reply_to=1)
    await api.post("/people/react", **chat, id=1, emoji="👍")
    first, second = (await api.post("/people/messages", **chat))["messages"]
    boris = net.accounts.find("Boris").id
    assert (first["id"], first["text"], first["mine"]) == (sent["id"], "see here", False)
    assert (first["answers"], first["reactions"]) == (None, {str(boris): "👍"})
    digest = (await api.post("/files/digest", id=first["file"]))["sha256"]
    assert digest == hashlib.sha256(b"payload").hexdigest()
    assert (second["id"], second["mine"], second["file"]) == (answer["id"], True, None)
    assert second["answers"] == 1
    assert (await api.post("/people/messages", **chat, limit=1))["messages"] == [second]


async def test_text_with_entities(net: TelegramSandbox, api: Api) -> None:
    bold = {"type": "Bold", "offset": 0, "length": 5}
    link = {"type": "TextUrl", "offset": 2, "length": 3, "url": "https://example.org"}
    await api.post(
        "/people/send", person="Alisa", chat="boris_test", text="hello", entities=[bold, link]
    )
    boris = await net.person("Boris")
    (message,) = await boris.history("alisa_test")
    assert [type(entity).__name__ for entity in message.entities] == [
        "MessageEntityBold",
        "MessageEntityTextUrl",
    ]
    assert "wrong entity" in await api.refused(
        "/people/send", person="Alisa", chat="boris_test", text="x", entities=[{"type": "Odd"}]
    )


async def test_more_than_texts(net: TelegramSandbox, api: Api) -> None:
    poll = await api.post(
        "/people/send-poll",
        person="Alisa",
        chat="boris_test",
        question="Tea?",
        answers=["yes", "no"],
        public=True,
    )
    assert (await api.post("/people/wait", person="Boris"))["media"] == "MessageMediaPoll"
    await api.post("/people/vote", person="Alisa", chat="boris_test", id=poll["id"], answers=[1])
    await api.post("/people/wait", person="Boris", kind="poll")
    await api.post("/people/close-poll", person="Alisa", chat="boris_test", id=poll["id"])
    place = {"latitude": 41.3, "longitude": 69, "live_for": 600}
    await api.post("/people/send-location", person="Alisa", chat="boris_test", **place)
    sticker = {"person": "Alisa", "chat": "boris_test", "set": "sandbox_animated"}
    sent = await api.post("/people/send-sticker", **sticker)
    forward = {"person": "Alisa", "chat": "boris_test", "ids": [sent["id"]], "to": "vera_test"}
    assert len((await api.post("/people/forward", **forward))["ids"]) == 1
    alisa = await net.person("Alisa")
    media = [message.media for message in await alisa.history("boris_test")]
    assert [type(one) for one in media] == [
        types.MessageMediaPoll,
        types.MessageMediaGeoLive,
        types.MessageMediaDocument,
    ]
    assert media[0].poll.closed
    assert [one.voters for one in media[0].results.results] == [0, 1]
    assert "'latitude' must be a number" in await api.refused(
        "/people/send-location", person="Alisa", chat="boris_test", latitude="north", longitude=0
    )


async def test_accounts_and_rooms(net: TelegramSandbox, api: Api) -> None:
    made = await api.post("/accounts", phone="+99955500299", first_name="Zoya", username="zoya_t")
    assert made["phone"] == "99955500299"
    renamed = await api.post("/accounts/rename", account="zoya_t", first_name="Zoe")
    assert renamed["first_name"] == "Zoe"
    room = await api.post(
        "/rooms", kind="supergroup", title="Choir", creator="Alisa", members=["zoya_t"]
    )
    await api.post("/people/send", person="Alisa", chat=room["id"], text="la la la")
    await api.post("/people/wait", person="Zoe", text="la la la")
    await api.post("/accounts/password", account="zoya_t", password="secret", hint="s")
    assert net.accounts.find("zoya_t").password is not None
    await api.post("/accounts/ban-phone", phone="+99955500300")
    assert (await api.post("/accounts/revoke", account="zoya_t"))["ended"] == 0
    await api.post("/accounts/delete", account="zoya_t")
    assert "no account is called" in await api.refused("/accounts/delete", account="zoya_t")


async def test_faults_are_arranged(net: TelegramSandbox, api: Api) -> None:
    await api.post("/people/send", person="Alisa", chat="boris_test", text="before")
    await api.post("/faults/flood-wait", method="messages.sendMessage", seconds=3)
    refused = await api.refused("/people/send", person="Alisa", chat="boris_test", text="flood")
    assert "3 seconds" in refused
    await api.post("/faults/fail", method="messages.editMessage", code=400, name="PEER_ID_INVALID")
    await api.refused("/people/edit", person="Alisa", chat="boris_test", id=1, text="x")
    await api.post("/faults/slow-mode", seconds=3, account="Boris")
    await api.post("/faults/delay", method="help.getConfig", seconds=0.01)
    await api.post("/faults/kill-answer", method="help.getConfig")
    await api.post("/faults/push", effect="omit", account="Boris")
    assert "sideways" in await api.refused("/faults/push", effect="sideways")
    await api.post("/faults/clear")
    await api.post("/faults/skip-pts", account="Alisa", points=2)
    await api.post("/faults/too-long", account="Alisa")
    await api.post("/faults/expire-references")
    assert (await api.post("/faults/drop", account="Alisa"))["dropped"] == 1
    await api.post("/faults/outage")
    await api.post("/faults/restore")
    calls = await api.get("/requests", method="messages.sendMessage", account="Alisa")
    assert [call["error"] for call in calls["calls"]] == [None, "FLOOD_WAIT_3"]
    await api.post("/requests/clear")
    assert (await api.post("/limits", text=10))["text"] == 10
    assert "unexpected" in await api.refused("/limits", patience=1)
    before = net.clock()
    assert (await api.post("/clock/advance", seconds=3600))["now"] >= before + 3600


@pytest.mark.parametrize(
    ("path", "fields", "error"),
    [
        ("/accounts", {"phone": 5, "first_name": None}, "'first_name' must be a text"),
        ("/faults/flood-wait", {"method": "x", "seconds": "1"}, "'seconds' must be a whole number"),
        ("/people/send-file", {"person": "Alisa", "chat": "x", "data": "?"}, "must be base64"),
        ("/people/send", {"person": "Nobody"}, "no account is called 'Nobody'"),
        ("/rooms", {"kind": "cave", "title": "x", "creator": "Alisa"}, "'cave' is none of"),
        ("/accounts/revoke", {"account": "Alisa", "error": "BOOM"}, "'BOOM' is none of"),
        ("/faults/clear", {"junk": 1}, None),
    ],
)
async def test_wrong_requests_are_explained(
    api: Api, path: str, fields: dict[str, Any], error: str | None
) -> None:
    if error is None:
        await api.post(path, **fields)
    else:
        assert error in await api.refused(path, **fields)


async def test_sowing_twice_changes_nothing(tmp_path: Path) -> None:
    seed = {
        "accounts": [*DEMO["accounts"]],
        "rooms": [{"kind": "group", "title": "Demo", "creator": "Nodira", "members": ["Farhod"]}],
    }
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed), "utf-8")
    for _ in range(2):
        async with TelegramSandbox(tmp_path / "state.db") as net:
            await sow(net, read_seed(path))
            await sow(net, read_seed(None))
            assert [account.first_name for account in net.accounts] == ["Nodira", "Farhod"]
            assert [room.title for room in net.world.rooms] == ["Demo"]


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"accounts": [{"name": "x"}]}'])
async def test_a_bad_seed_is_explained(tmp_path: Path, content: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(content, "utf-8")
    async with TelegramSandbox() as net:
        with pytest.raises(SeedError):
            await sow(net, read_seed(path))


async def test_places_over_the_control_api(net: TelegramSandbox, api: Api) -> None:
    assert "no data centre 4" in await api.refused("/accounts/move", account="Alisa", dc=4)
    await api.post("/accounts/move", account="Alisa", dc=2)
    assert "no data centre 4" in await api.refused("/files/move", id=1, dc=4)
    assert await api.post("/faults/drop", dc=2) == {"dropped": 0}


async def test_much_at_once_over_the_control_api(net: TelegramSandbox, api: Api) -> None:
    made = await api.post("/bulk/accounts", count=3, first_phone="+99955601000")
    assert made["phones"] == ["99955601000", "99955601001", "99955601002"]
    opened = await api.post("/bulk/sessions", accounts=made["ids"])
    assert (opened["dcs"], len(bytes.fromhex(opened["keys"][0]))) == ([2, 2, 2], 256)
    await api.post("/bulk/dialogs", account="Alisa", others=made["ids"])
    place = {"account": "Alisa", "chat": made["ids"][0]}
    old = await api.post("/bulk/history", **place, count=2, end=1_600_000_000, text="old {number}")
    new = await api.post("/bulk/messages", **place, count=1, writers=["Alisa"], text="new")
    assert (len(old["ids"]), new["ids"]) == (2, [old["ids"][1] + 1])
    received = (await api.get("/people/Alisa/received"))["received"]
    assert [one["text"] for one in received][-3:] == ["old 0", "old 1", "new"]


async def test_files_over_the_control_api(net: TelegramSandbox, api: Api) -> None:
    await api.post("/accounts/premium", account="Alisa")
    assert net.accounts.find("Alisa").premium
    sent = await api.post("/people/send-generated", person="Alisa", chat="boris_test", size=5000)
    digest = await api.post("/files/digest", id=sent["file"])
    expected = hashlib.sha256(generated.content(1, 0, 5000)).hexdigest()
    assert digest == {"size": 5000, "sha256": expected}
    await api.post("/files/expire", id=sent["file"])
    assert "LOCATION_INVALID" in await api.refused("/files/expire", id=1)


async def test_rooms_over_the_control_api(net: TelegramSandbox, api: Api) -> None:
    boris = await net.person("boris_test")
    room = await net.add_room("group", "Workshop", "alisa_test", ("boris_test",))
    alisa = {"person": "Alisa", "chat": "Workshop"}
    await api.post("/people/invite", **alisa, who=["Vera"])
    await api.post("/people/kick", **alisa, who="Vera")
    migrated = await api.post("/people/migrate", **alisa)
    alisa["chat"] = str(migrated["id"])
    await boris.wait_for_text("MessageActionChannelMigrateFrom")
    await api.post("/people/title", **alisa, title="Studio")
    await api.post("/people/promote", **alisa, who="Boris", rights=["pin_messages"], rank="Host")
    await api.post("/people/promote", **alisa, who="Boris", rights=[])
    await api.post("/people/restrict", **alisa, who="Boris", denied=["send_photos"], seconds=3600)
    shown = await (await net.person("alisa_test")).participant(migrated["id"], "boris_test")
    assert shown.banned_rights.send_photos
    wrong = await api.refused("/people/promote", **alisa, who="Boris", rights=["fly"])
    assert "there are add_admins, " in wrong
    await api.post("/people/forum", **alisa)
    topic = await api.post("/people/topic", **alisa, title="Lights")
    sent = await api.post("/people/send-in", **alisa, thread=topic["id"], text="on")
    await boris.wait_for(lambda one: one.text == "on" and one.topic == topic["id"])
    await api.post("/people/pin", **alisa, id=sent["id"])
    await boris.wait_for(lambda one: one.kind == "pin" and one.ids == (sent["id"],))
    await api.post("/people/lifetime", **alisa, seconds=86400)
    await api.post("/people/mute", **alisa, seconds=60)
    await api.post("/people/archive", **alisa)
    filled = await api.post("/rooms/fill", room="Studio", count=3)
    assert len(filled["ids"]) == 3
    channel = await net.add_room("channel", "Screen", "alisa_test")
    group = await net.add_room("supergroup", "Foyer", "alisa_test")
    await api.post("/people/link", person="Alisa", channel=channel.id, group=group.id)
    assert channel.linked == group.id
    await api.post("/people/leave", person="Boris", chat=migrated["id"])
    call = await api.post("/calls", caller="Alisa", callee="Boris")
    await api.post("/calls/end", id=call["id"], duration=5)
    await boris.wait_for_text("MessageActionPhoneCall")
    assert ":" in (await api.post("/accounts/bot", account="Grisha"))["token"]
    assert room.deactivated


async def test_standing_over_the_control_api(net: TelegramSandbox, api: Api) -> None:
    account = net.accounts.find("Alisa")
    await api.post("/accounts/freeze", account="Alisa")
    await api.post("/accounts/distrust", account="Alisa")
    assert (account.frozen, account.distrusted) == (True, True)
    await api.post("/accounts/freeze", account="Alisa", frozen=False)
    assert not account.frozen
    await api.post("/accounts/confirm-takeout", account="Alisa")
    await api.post("/clock/protocol", ahead=-5)
    assert net.server.ahead == -5
