# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletion at a real homeserver: everything that can go goes, once the person has what is theirs."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mautrix.types import EventID, RoomID, UserID

from bridges.contacts.sources.model import Card, Source, SourceKind, address_book
from bridges.guide.leaving.exports import Folders
from bridges.guide.leaving.wish import Details, Kind, Stage, Wish
from bridges.migration.leaving.deletion.subjects import Rooms
from karvon.config.layout import Layout
from karvon.config.load import load_config
from karvon.config.secretstore import SecretStore
from karvon.config.settings import database_of
from karvon.leaving import guide_data
from tests.migration.run.exports import telegram_group
from tests.migration.run.town import PASSWORD, Ended, Town
from tests.policy.history.bringing import Client, RefusedError

pytestmark = pytest.mark.synapse

CLIENT = "/_matrix/client/v3"


class Leaver:
    """Somebody with all sorts of things."""

    def __init__(self, home: Town, name: str, token: str) -> None:
        self.home = home
        self.mxid = home.server.mxid(name)
        self.client = Client(home.owner.session, home.server.url, token)
        self.token_file = home.folder / f"{name}.token"
        self.token_file.write_text(token)
        self.receipt = home.folder / f"{name}.json"

    @classmethod
    async def of(cls, home: Town, name: str) -> "Leaver":
        return cls(home, name, await home.server.register_user(name, PASSWORD))

    async def settle(self) -> None:
        """Have chats, a file, settings, saved keys and a name."""
        me = self.client
        group = await me.call("POST", f"{CLIENT}/createRoom", {"name": "Bog‘"})
        left = await me.call("POST", f"{CLIENT}/createRoom", {"name": "Left"})
        await me.call("POST", f"{CLIENT}/rooms/{quote(left['room_id'])}/leave", {})
        host = await Leaver.of(self.home, f"host_of_{self.mxid[1:6]}")
        await host.client.call("POST", f"{CLIENT}/createRoom", {"invite": [self.mxid]})
        path = f"{CLIENT}/user/{self.mxid}/account_data/org.example.settings"
        await me.call("PUT", path, {"dark": True})
        tags = f"{CLIENT}/user/{self.mxid}/rooms/{quote(group['room_id'])}/tags/m.favourite"
        await me.call("PUT", tags, {})
        rules = f"{CLIENT}/pushrules/global"
        quiet: dict[str, Any] = {"actions": []}
        await me.call("PUT", f"{rules}/room/{quote(group['room_id'])}", quiet)
        await me.call("PUT", f"{rules}/override/.m.rule.invite_for_me/actions", quiet)
        await me.call("PUT", f"{rules}/override/.m.rule.master/enabled", {"enabled": True})
        auth = {"public_key": "abcdefg", "signatures": {}}
        backup = {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": auth}
        await me.call("POST", f"{CLIENT}/room_keys/version", backup)
        async with me.session.post(
            f"{me.url}/_matrix/media/v3/upload",
            data=b"a picture",
            headers={"Authorization": f"Bearer {me.token}"},
        ) as response:
            assert response.status == 200

    async def run(self, *more: str | Path, confirm: bool = True) -> Ended:
        sure = ["--confirm", self.mxid] if confirm else []
        return await self.home.karvon(
            "leave", "delete", self.mxid, "--receipt", self.receipt, *sure, *more
        )

    def deleted(self) -> dict[str, tuple[int, int]]:
        """How much there was and is left of each kind, as the receipt says."""
        document = json.loads(self.receipt.read_text())
        return {one["name"]: (one["there"], one["left"]) for one in document["deleted"]}


async def test_nothing_is_deleted_by_mistake(home: Town) -> None:
    someone = await Leaver.of(home, "olma")
    refused = await someone.run()
    assert (refused.code, "karvon leave export" in refused.err) == (1, True)
    assert (await someone.run("--without-export", "--confirm", "@madina:home.test")).code == 1
    typed = await home.karvon("leave", "delete", someone.mxid, "--without-export", typed="olma\n")
    assert (typed.code, "nothing was deleted" in typed.err) == (1, True)
    export = home.folder / "of-madina"
    assert (await home.karvon("leave", "export", home.owner_mxid, "-o", export)).code == 0
    other = await someone.run("--export", export)
    assert (other.code, f"the export of {home.owner_mxid}" in other.err) == (1, True)
    (export / "README.txt").write_text("")
    mine = await home.karvon("leave", "delete", home.owner_mxid, "--export", export)
    assert (mine.code, "is not whole" in mine.err) == (1, True)
    assert not someone.receipt.exists()


async def test_everything_goes_and_the_receipt_can_be_checked(home: Town) -> None:
    leaver = await Leaver.of(home, "gilos")
    await leaver.settle()
    source = telegram_group(home.folder / "tg of gilos", 12)
    plan = home.folder / "gilos.yaml"
    planned = await home.karvon("migrate", "plan", source, "--owner", leaver.mxid, "-o", plan)
    assert planned.code == 0, planned.err
    assert (await home.karvon("migrate", "run", plan)).code == 0
    config = load_config(home.folder / "karvon.yaml", {}, cwd=home.folder)
    secrets = SecretStore(Layout.of(config).secrets)
    file = Path(database_of(config, "guide").url.removeprefix("sqlite:"))
    await asyncio.to_thread(file.touch)
    cards = [Card("1", "Anor", phones=("+998901234567",)), Card("2", "Behi")]
    async with guide_data(config, secrets) as guide:
        assert guide is not None
        await guide.people.set_language(leaver.mxid, "uz")  # type: ignore[arg-type]
        details = Details(RoomID("!a"), EventID("$a"), 0, "uz")
        owner = UserID(leaver.mxid)
        await guide.wishes.put(Wish(owner, Kind.EXPORT, Stage.LARGE, details))
        lies = Folders.for_exports(guide.folder).of(owner)
        await asyncio.to_thread(lies.mkdir, parents=True)
        await guide.contacts.save(
            leaver.mxid,  # type: ignore[arg-type]
            address_book(Source("file", SourceKind.VCARD, "phone"), cards),
        )
    export = home.folder / "gilos-export"
    assert (await home.karvon("leave", "export", leaver.mxid, "-o", export)).code == 0
    assert "TEL;VALUE=uri:tel:+998901234567" in (export / "contacts.vcf").read_text()
    admin = home.folder / "admin.token"
    admin.write_text(await home.server.register_user("boss", PASSWORD, admin=True))
    counted = await leaver.run("--dry-run", "--admin-token-file", admin)
    assert "Contacts: 2" in counted.out
    assert "Uploaded files: 1" in counted.out
    done = await leaver.run(
        "--export", export, "--admin-token-file", admin, "--close-account", "--backup-days", "14",
        "--language", "en",
    )  # fmt: skip
    assert done.code == 0, done.out + done.err
    assert leaver.deleted() == {
        "archives": (1, 0),
        "contacts": (2, 0),
        "directory": (0, 0),
        "dropped": (0, 0),
        "media": (1, 0),
        "key_backup": (1, 0),
        "account_data": (2, 0),
        "push_rules": (3, 0),
        "rooms": (4, 0),
        "profile": (1, 0),
        "account": (1, 0),
    }
    async with guide_data(config, secrets) as guide:
        assert guide is not None
        assert await guide.contacts.books(leaver.mxid) == []  # type: ignore[arg-type]
        assert await guide.people.language(leaver.mxid) is None  # type: ignore[arg-type]
        assert await guide.wishes.all() == []
        assert not lies.exists()
    with pytest.raises(RefusedError):
        await leaver.client.call("GET", f"{CLIENT}/account/whoami")
    login = {"type": "m.login.password", "user": "gilos", "password": PASSWORD}
    with pytest.raises(RefusedError):
        await leaver.client.call("POST", f"{CLIENT}/login", login)
    assert "14 days" in leaver.receipt.with_suffix(".txt").read_text()
    key = (await home.karvon("leave", "key")).out.strip()
    verified = await home.karvon("leave", "verify", leaver.receipt, "--key", key)
    assert (verified.code, "✓ Signed by" in verified.out) == (0, True)
    document = json.loads(leaver.receipt.read_text())
    assert document["export"] is not None
    document["deleted"][1]["there"] = 1
    leaver.receipt.write_text(json.dumps(document))
    verified = await home.karvon("leave", "verify", leaver.receipt)
    assert (verified.code, "changed after it was signed" in verified.err) == (3, True)


async def test_interrupted_it_goes_on_with_what_was_there_at_first(
    home: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with the person's own token and password, as where nobody may speak for others."""
    leaver = await Leaver.of(home, "anjir")
    await leaver.settle()
    go, gone = Rooms.go, 0

    async def once_only(self: Rooms, *given: Any, **named: Any) -> None:
        nonlocal gone
        gone += 1
        if gone == 2:
            raise RuntimeError("the power is gone")
        await go(self, *given, **named)

    own: list[str | Path] = ["--without-export", "--token-file", leaver.token_file]
    with monkeypatch.context() as unlucky:
        unlucky.setattr(Rooms, "go", once_only)
        with pytest.raises(RuntimeError):
            await leaver.run(*own)
    assert not leaver.receipt.exists()
    ended = await leaver.run(*own)
    assert ended.code == 0, ended.out + ended.err
    assert leaver.deleted()["rooms"] == (3, 0)
    assert leaver.deleted()["account_data"] == (2, 0)
    assert leaver.deleted()["push_rules"] == (3, 0)
    rules = [
        (one["rule_id"], one["enabled"], one["actions"])
        for who in (leaver.client, home.owner)
        for rules in (await who.call("GET", f"{CLIENT}/pushrules/"))["global"].values()
        for one in rules
    ]
    half = len(rules) // 2
    assert rules[:half] == rules[half:], "they are as those of somebody else who changed none"
    assert not leaver.receipt.with_name("anjir.json.part").exists()
    assert (await leaver.client.call("GET", f"{CLIENT}/joined_rooms"))["joined_rooms"] == []
    closed = await home.karvon(
        "leave", "delete", leaver.mxid, "--receipt", leaver.receipt, *own, "--close-account",
        typed=f"{leaver.mxid}\n{PASSWORD}\n",
    )  # fmt: skip
    assert closed.code == 0, closed.out + closed.err
    assert leaver.deleted()["account"] == (1, 0)
