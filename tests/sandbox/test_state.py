# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network with a state file goes on after a restart, however it ended."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given, settings
from hypothesis import strategies as st
from telethon import errors
from telethon.sessions import StringSession
from telethon.tl import functions, types

from sandbox.statefile import StateFileError
from sandbox.telegram import TelegramSandbox
from sandbox.telegram.persistence import open_store
from sandbox.telegram.records import Kind, Peer, Post, Reaction
from tests.sandbox.conftest import Connect, log_in, png, populate
from tests.support.process import ChildProcess

ALISA = "+99955500201"


async def test_everything_survives_a_restart(tmp_path: Path, connect: Connect) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        client = await connect(net)
        await log_in(client, ALISA)
        sent = await client.send_message("boris_test", "**before**", parse_mode="md")
        uploaded = await client.upload_file(png(3, 4), file_name="a.png")
        await client.send_file("boris_test", uploaded, caption="picture")
        room = await net.add_room("supergroup", "Orchestra", "alisa_test", ("boris_test",))
        boris = await net.person("boris_test")
        await boris.react("alisa_test", 1, "👍")
        await boris.read("alisa_test")
        saved = StringSession.save(client.session)
        pts = net.world.updates.state(net.accounts.find("alisa_test").id).pts
        await client.disconnect()

    async with TelegramSandbox(state) as net:
        assert net.world.updates.state(net.accounts.find("alisa_test").id).pts == pts
        session = StringSession(saved)
        session.set_dc(net.dc, net.host, net.port)
        client = await connect(net, session)
        assert (await client.get_me()).first_name == "Alisa"
        text, picture = reversed(await client.get_messages("boris_test", limit=10))
        assert (text.id, text.message, type(text.entities[0])) == (
            sent.id,
            "before",
            types.MessageEntityBold,
        )
        assert text.reactions.results[0].reaction.emoticon == "👍"
        assert await picture.download_media(bytes) == png(3, 4)
        dialogs = {d.name: d async for d in client.iter_dialogs()}
        assert dialogs["Boris Made-Up"].dialog.read_outbox_max_id == picture.id
        assert dialogs["Orchestra"].entity.id == room.id
        after = await client.send_message("boris_test", "after")
        assert after.id == picture.id + 1


async def test_a_state_file_has_one_user(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state):
        with pytest.raises(StateFileError, match="stop the other sandbox"):
            TelegramSandbox(state)
    (tmp_path / "other.db").write_text("no database at all, but long enough to be mistaken for one")
    with pytest.raises(StateFileError):
        TelegramSandbox(tmp_path / "other.db")


class Running:
    """A sandbox in a process of its own."""

    def __init__(self, folder: Path) -> None:
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "sandbox.telegram",
            "--state",
            folder / "state.db",
        ]
        self.child = ChildProcess(command, log=folder / "sandbox.log", name="sandbox")
        self.starts = 0

    async def start(self) -> tuple[str, dict[str, Any]]:
        """Start it; returns the control address and what ``/ready`` says."""
        self.starts += 1
        await self.child.start()
        await self.child.wait_until(
            lambda: len(self._addresses()) == self.starts, "the line on readiness"
        )
        control = self._addresses()[-1]
        async with ClientSession() as http, http.get(f"{control}/ready") as response:
            return control, await response.json()

    def _addresses(self) -> list[str]:
        return re.findall(r"ready: \S+ control (http://\S+)", self.child.output())


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A sandbox process, ended at the end."""
    process = Running(tmp_path)
    yield process
    await process.child.kill()


async def test_what_was_acknowledged_survives_kill_9(running: Running, connect: Connect) -> None:
    _, ready = await running.start()
    client = await _client(connect, ready)
    await log_in(client, "+99955500101")
    saved = StringSession.save(client.session)
    texts = [f"line {number}" for number in range(50)]
    for text in texts:
        await client.send_message("farhod_sandbox", text)
    await running.child.kill()
    await client.disconnect()

    _, ready = await running.start()
    client = await _client(connect, ready, StringSession(saved))
    found = await client.get_messages("farhod_sandbox", limit=100)
    assert [m.message for m in reversed(found)] == texts


async def test_sending_again_after_kill_9_doubles_nothing(
    running: Running, connect: Connect
) -> None:
    _, ready = await running.start()
    client = await _client(connect, ready)
    await log_in(client, "+99955500101")
    saved = StringSession.save(client.session)
    target = await client.get_input_entity("farhod_sandbox")
    requests = [
        functions.messages.SendMessageRequest(target, f"line {number}", random_id=number + 1)
        for number in range(40)
    ]
    sending = [asyncio.ensure_future(client(request)) for request in requests]
    await sending[10]
    await running.child.kill()
    await client.disconnect()
    await asyncio.gather(*sending, return_exceptions=True)

    _, ready = await running.start()
    client = await _client(connect, ready, StringSession(saved), request_retries=0)
    sending = [asyncio.ensure_future(client(request)) for request in requests]
    answers = await asyncio.gather(*sending, return_exceptions=True)
    errors_seen = {type(one) for one in answers if isinstance(one, Exception)}
    assert errors_seen == {errors.RandomIdDuplicateError}
    found = await client.get_messages("farhod_sandbox", limit=100)
    assert [m.message for m in reversed(found)] == [f"line {number}" for number in range(40)]


async def test_sigterm_stops_it_cleanly(running: Running) -> None:
    _, ready = await running.start()
    assert ready["login_code"] == "22222"
    await running.child.stop()
    assert running.child.returncode == 0


async def _client(
    connect: Connect, ready: dict[str, Any], session: Any = None, **options: Any
) -> Any:
    session = session if session is not None else StringSession()
    session.set_dc(ready["dc"], ready["host"], ready["port"])
    return await connect(_Address(ready["public_key"]), session, **options)


class _Address:
    """What a client needs to know of a network in another process."""

    def __init__(self, public_key_pem: str) -> None:
        self.public_key_pem = public_key_pem


reactions = st.builds(
    Reaction,
    user=st.integers(1, 2**52),
    reaction=st.builds(types.ReactionEmoji, st.sampled_from("👍🔥❤")),
    date=st.integers(0, 2**31 - 1),
)
posts = st.builds(
    Post,
    uid=st.integers(1, 2**40),
    sender=st.integers(1, 2**52),
    date=st.integers(0, 2**31 - 1),
    room=st.none() | st.builds(Peer, st.just(Kind.CHANNEL), st.integers(1, 2**40)),
    text=st.text(st.characters(exclude_categories=["Cs"])),
    entities=st.lists(
        st.builds(types.MessageEntityBold, st.integers(0, 99), st.integers(1, 99)), max_size=3
    ),
    reactions=st.lists(reactions, max_size=2),
    ids=st.dictionaries(st.sampled_from(["user:1", "channel:2"]), st.integers(1, 2**31)),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(posts, max_size=5, unique_by=lambda post: post.uid))
def test_records_come_back_as_they_were_stored(tmp_path_factory: Any, stored: list[Post]) -> None:
    path = tmp_path_factory.mktemp("store") / "state.db"
    store = open_store(path)
    for post in stored:
        store.save("post", str(post.uid), post)
    store.close()
    store = open_store(path)
    loaded = list(store.load("post", Post))
    store.close()
    assert [_plain(post) for post in loaded] == [_plain(post) for post in stored]


def _plain(post: Post) -> Any:
    return (
        post.uid,
        post.room,
        post.text,
        [bytes(entity) for entity in post.entities],
        [(given.user, bytes(given.reaction), given.date) for given in post.reactions],
        post.ids,
    )
