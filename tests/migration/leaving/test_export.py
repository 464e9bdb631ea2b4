# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports from a real homeserver: complete, readable by our importer, resumable, encrypted rooms included."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attrs import asdict, evolve
from nio.crypto import encrypt_attachment  # type: ignore[import-untyped]

from bridges.migration.archives.container import open_container
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage
from bridges.migration.archives.telegram import TelegramArchive, open_telegram
from bridges.migration.leaving.export.reading import Reading
from tests.faults.crashing import Order
from tests.guide.person import encrypted_person
from tests.migration.run.exports import telegram_group
from tests.migration.run.town import PASSWORD, Ended, Town
from tests.support.process import python_module

pytestmark = pytest.mark.synapse

PASSPHRASE = "three caravans at dawn"


async def export(home: Town, name: str, *more: str | Path) -> Ended:
    return await home.karvon("leave", "export", home.owner_mxid, "-o", home.folder / name, *more)


def said(archive: TelegramArchive, chat: str) -> Iterator[ArchivedMessage]:
    """What a chat says, with ids and people by the order in which they come, and no file's place."""
    numbers: dict[str, str] = {}
    people: dict[str | None, str] = {}
    for one in archive.messages(chat):
        assert isinstance(one, ArchivedMessage), one
        numbers[one.id] = str(len(numbers))
        reactions = tuple(
            evolve(each, person=people.setdefault(each.person, str(len(people))))
            for each in one.reactions
        )
        parts = tuple(
            evolve(part, path="there" if part.path else None, info=evolve(part.info, size=None))
            if isinstance(part, ArchivedFile)
            else part
            for part in one.parts
        )
        yield evolve(
            one,
            id=numbers[one.id],
            sender=people.setdefault(one.sender, str(len(people))),
            reply_to=None if one.reply_to is None else numbers[one.reply_to],
            edited_at=one.edited_at,
            reactions=reactions,
            parts=parts,
        )


def chats(folder: Path) -> Mapping[str, list[dict[str, Any]]]:
    """The messages of an export by the chat's name."""
    document = json.loads((folder / "result.json").read_text("utf-8"))
    return {one["name"]: one["messages"] for one in document["chats"]["list"]}


async def test_what_was_imported_is_exported_and_can_be_imported_again(home: Town) -> None:
    source = telegram_group(home.folder / "tg", 60)
    planned = await home.karvon(
        "migrate", "plan", source, "--owner", home.owner_mxid, "-o", home.folder / "plan.yaml"
    )
    assert planned.code == 0, planned.err
    assert (await home.karvon("migrate", "run", home.folder / "plan.yaml")).code == 0
    assert "Messages: 60" in (await export(home, "counted", "--dry-run")).out
    assert not (home.folder / "counted").exists()
    ended = await export(home, "out", "--language", "ru")
    assert ended.code == 0, ended.err
    assert "Сообщения: 60" in ended.out
    assert not list((home.folder / "out").glob(".journal*"))
    checked = await home.karvon("leave", "check", home.folder / "out")
    assert checked.code == 0, checked.out
    with open_container(source) as before, open_container(home.folder / "out") as after:
        first, second = open_telegram(before), open_telegram(after)
        (chat,), (again,) = first.chats(), second.chats()
        assert (chat.name, chat.kind) == (again.name, again.kind)
        assert list(said(first, chat.id)) == list(said(second, again.id))
        names = [{(one.name, one.is_owner) for one in each} for each in (
            first.people(chat.id), second.people(again.id)
        )]  # fmt: skip
        assert {name for name, owner in names[0] if not owner} <= {name for name, _ in names[1]}
        assert any(owner for _, owner in names[1])
    planned = await home.karvon(
        "migrate", "plan", home.folder / "out", "--owner", home.owner_mxid,
        "-o", home.folder / "again.yaml",
    )  # fmt: skip
    assert planned.code == 0, planned.out + planned.err
    assert (await export(home, "out")).code == 1, "a complete export is not written over"


async def test_interrupted_it_goes_on_and_a_change_is_noticed(
    home: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, calls = Reading.fetch, 0

    async def third_time_unlucky(self: Reading, *given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise RuntimeError("the power is gone")
        await fetch(self, *given)

    with monkeypatch.context() as unlucky:
        unlucky.setattr(Reading, "fetch", third_time_unlucky)
        with pytest.raises(RuntimeError):
            await export(home, "halves")
    asked: list[str] = []

    async def counted(self: Reading, wanted: Any, folder: Path) -> None:
        asked.append(wanted.uri)
        await fetch(self, wanted, folder)

    with monkeypatch.context() as counting:
        counting.setattr(Reading, "fetch", counted)
        assert (await export(home, "halves")).code == 0
    for more in ([], ["--zip"]):  # One that is there already is only packed.
        ended = await export(home, "whole", *more)
        assert ended.code == 0, ended.err
    assert ended.out.strip().endswith("whole.zip")
    assert not (home.folder / "whole").exists()
    assert (await home.karvon("leave", "check", home.folder / "whole.zip")).code == 0
    halves = home.folder / "halves"
    files = json.loads((halves / "manifest.json").read_text())["counts"]["files"]
    assert len(asked) == files - 2, "what was there was not asked for again"
    with open_container(halves) as one, open_container(home.folder / "whole.zip") as other:
        for name in one.names():
            if name.startswith(("files/", "events/")):
                assert one.open(name).read() == other.open(name).read()
    (halves / "result.json").write_text("{}")
    (halves / "more.txt").write_text("")
    next(halves.glob("files/*/*")).unlink()
    checked = await home.karvon("leave", "check", halves)
    assert checked.code == 3
    assert checked.out.count("✗") == 3


async def test_killed_at_the_end_it_leaves_no_decrypted_messages_behind(home: Town) -> None:
    """The same at all points: ``tests/faults/test_exports.py``."""
    folder, armed = home.folder / "killed", home.folder / "armed"
    armed.write_text(json.dumps(asdict(Order("before exporting.forget_journal", 1, 1))))
    process = python_module(
        "tests.faults.exporter", armed, home.folder / "karvon.yaml", home.owner_mxid, "-o", folder,
        log=home.folder / "killed.log", cwd=home.folder,
    )  # fmt: skip
    await process.start()
    assert await process.wait(60) == -9, process.tail()
    assert list(folder.glob(".journal*"))
    ended = await export(home, "killed")
    assert ended.code == 0, ended.err
    assert not list(folder.glob(".journal*"))
    assert (await home.karvon("leave", "check", folder)).code == 0
    assert (await export(home, "killed")).code == 1


async def say(home: Town, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
    txn = str(abs(hash(json.dumps(content))))
    path = f"/_matrix/client/v3/rooms/{quote(room)}/send/{kind}/{txn}"
    return str((await home.owner.call("PUT", path, content))["event_id"])


def relation(target: str, kind: str, **more: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": kind, "event_id": target, **more}}


async def test_everything_people_do_is_in_it(home: Town) -> None:
    """Also what no archive has: votes, redactions, encrypted files, rooms that were left."""
    made = await home.owner.call("POST", "/_matrix/client/v3/createRoom", {"name": "Choyxona"})
    room = made["room_id"]
    link = f"<a href='https://matrix.to/#/{home.owner_mxid}'>M</a>"
    html = {"format": "org.matrix.custom.html", "formatted_body": f"<b>Sa</b>lom {link}"}
    first = await say(home, room, {"msgtype": "m.text", "body": "Salom", **html})
    answer = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    await say(home, room, {"msgtype": "m.text", "body": "javob", **answer})
    new = {"msgtype": "m.text", "body": "Salom!"}
    await say(home, room, {**new, "m.new_content": new} | relation(first, "m.replace"))
    await say(home, room, relation(first, "m.annotation", key="🐫"), "m.reaction")
    gone = await say(home, room, {"msgtype": "m.text", "body": "oops"})
    path = f"/_matrix/client/v3/rooms/{quote(room)}/redact/{quote(gone)}/once"
    await home.owner.call("PUT", path, {})
    poll = await say(
        home,
        room,
        {
            "org.matrix.msc3381.poll.start": {
                "question": {"org.matrix.msc1767.text": "Choymi?"},
                "answers": [{"id": "y", "org.matrix.msc1767.text": "Ha"}],
            }
        },
        "org.matrix.msc3381.poll.start",
    )
    vote = {"org.matrix.msc3381.poll.response": {"answers": ["y"]}}
    await say(home, room, vote | relation(poll, "m.reference"), "org.matrix.msc3381.poll.response")
    sealed, keys = encrypt_attachment(b"a secret picture")
    uploaded = await home.owner.session.post(
        f"{home.owner.url}/_matrix/media/v3/upload",
        data=sealed,
        headers={"Authorization": f"Bearer {home.owner.token}"},
    )
    uri = (await uploaded.json())["content_uri"]
    await say(home, room, {"msgtype": "m.image", "body": "rasm.png", "file": {**keys, "url": uri}})
    await say(home, room, {"msgtype": "m.location", "body": "bozor", "geo_uri": "geo:41.3,69.2"})
    await home.owner.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/leave", {})
    assert (await export(home, "all")).code == 0
    messages = chats(home.folder / "all")["Choyxona"]
    assert [one["type"] for one in messages] == ["message"] * 2 + ["service"] + ["message"] * 3
    salom, answered, deleted, asked, picture, place = messages
    assert (salom["text"], salom["reactions"][0]["emoji"]) == ("Salom!", "🐫")
    assert "edited_unixtime" in salom
    assert answered["reply_to_message_id"] == salom["id"]
    assert "deleted a message" in deleted["information_text"]
    assert asked["poll"]["answers"] == [{"text": "Ha", "voters": 1, "chosen": True}]
    assert (home.folder / "all" / picture["photo"]).read_bytes() == b"a secret picture"
    assert place["location_information"] == {"latitude": 41.3, "longitude": 69.2}
    assert "Madina" not in (home.folder / "all" / "README.txt").read_text()


async def test_encrypted_messages_are_read_with_the_persons_keys(home: Town) -> None:
    await home.server.register_user("behi", PASSWORD)
    folder = home.folder
    async with encrypted_person(
        home.server.url, home.server.mxid("behi"), PASSWORD, folder, "phone"
    ) as behi:
        room = await behi.chat_with()
        for number in range(3):
            await behi.say(room, f"sir {number}")
        await behi.drop(room, "sir.txt", b"the secret")
        await behi._nio.export_keys(str(folder / "keys.txt"), PASSPHRASE)
    mine = home.server.mxid("behi")
    locked = await home.karvon("leave", "export", mine, "-o", folder / "locked", "--language", "en")
    assert locked.code == 0, locked.err
    (messages,) = chats(folder / "locked").values()
    assert all("is encrypted" in one["text"] for one in messages)
    source = json.loads(messages[0]["matrix_event"])
    assert source["content"]["algorithm"] == "m.megolm.v1.aes-sha2"
    opened: list[str | Path] = [
        "leave",
        "export",
        mine,
        "-o",
        folder / "opened",
        "--keys",
        folder / "keys.txt",
    ]
    wrong = await home.karvon(*opened, typed="not it\n")
    assert (wrong.code, "passphrase" in wrong.err) == (1, True), wrong
    done = await home.karvon(*opened, typed=f"{PASSPHRASE}\n")
    assert done.code == 0, done.err
    (messages,) = chats(folder / "opened").values()
    assert [one["text"] for one in messages] == ["sir 0", "sir 1", "sir 2", ""]
    assert (folder / "opened" / messages[3]["file"]).read_bytes() == b"the secret"
