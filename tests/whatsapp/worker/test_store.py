# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's store beside the library, and addresses in it."""

from pathlib import Path

from bridges.whatsapp.worker.events import undecryptable
from bridges.whatsapp.worker.jids import bare
from bridges.whatsapp.worker.stanzas import Stanza
from bridges.whatsapp.worker.store import SqliteKeys, signal_ids


def test_names_of_devices() -> None:
    assert signal_ids(["7:3@lid"], {}) == {"7:3", "7_1:3"}
    assert signal_ids(["992555000101@s.whatsapp.net"], {"992555000101": "7"}) == {
        "992555000101:0",
        "992555000101_1:0",
        "7_1:0",
    }


def test_addresses_without_the_device() -> None:
    assert [bare(one) for one in ("7:3@lid", "1@g.us", "")] == ["7@lid", "1@g.us", ""]


async def test_a_new_store_is_empty_and_nobody_elses(tmp_path: Path) -> None:
    keys = SqliteKeys(tmp_path / "keys.db")
    await keys.prepare()
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert await keys.devices() == set()


def test_a_message_that_is_gone_is_shown_as_such() -> None:
    attributes = {"from": "1@g.us", "participant": "7:3@lid", "id": "A", "t": "1795337934"}
    data = undecryptable(Stanza("message", {**attributes, "notify": "Nodira"}, 1)).data
    assert (data["chat"], data["sender"], data["id"]) == ("1@g.us", "7@lid", "A")
    assert (data["timestamp"], data["is_group"], data["push_name"]) == (1795337934, True, "Nodira")
