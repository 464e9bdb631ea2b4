# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stays on disk, and what is done about it when somebody or something changed it."""

import json
import multiprocessing
from pathlib import Path

import pytest

from policy_module.lists.store import ListStore, StoreError
from policy_module.lists.verify import Cause, Refusal, SignedList
from tests.policy.lists.making import DAY, NOW, Signer, content, moment, signed, trust

ANNA = Signer.new("anna")
TRUST = trust(ANNA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lists"


def test_a_good_list_survives_a_restart(folder: Path) -> None:
    assert isinstance(keep(folder, 4), SignedList)

    found = ListStore(folder).load(TRUST, NOW)

    assert isinstance(found, SignedList)
    assert found.content.version == 4


def test_nothing_is_there_at_first(folder: Path) -> None:
    assert ListStore(folder).load(TRUST, NOW) is None
    assert ListStore(folder).last("clinics") is None


def test_a_refused_list_leaves_the_last_good_one(folder: Path) -> None:
    keep(folder, 4)
    store = ListStore(folder)
    for worse in (b"", signed(content(3), ANNA), signed(content(5), Signer.new("anna"))):
        assert isinstance(store.accept(worse, TRUST, NOW), Refusal)

    found = store.load(TRUST, NOW)
    assert isinstance(found, SignedList)
    assert found.content.version == 4


def test_the_last_good_list_ends_at_its_own_expiry(folder: Path) -> None:
    keep(folder, 4)

    found = ListStore(folder).load(TRUST, NOW + 30 * DAY)

    assert isinstance(found, Refusal)
    assert found.cause is Cause.EXPIRED


def test_older_lists_are_refused_after_a_restart_and_without_the_document(folder: Path) -> None:
    keep(folder, 4)
    (folder / "clinics.jws").unlink()

    found = keep(folder, 3)

    assert isinstance(found, Refusal)
    assert found.cause is Cause.ROLLED_BACK


def test_a_changed_document_is_found_when_it_is_read(folder: Path) -> None:
    keep(folder, 4)
    path = folder / "clinics.jws"
    path.write_bytes(path.read_bytes().replace(b'"payload":"ey', b'"payload":"eX'))

    found = ListStore(folder).load(TRUST, NOW)

    assert isinstance(found, Refusal)
    assert found.cause is Cause.BAD_SIGNATURE


def test_an_old_document_put_back_is_found_when_it_is_read(folder: Path) -> None:
    keep(folder, 4)
    old = (folder / "clinics.jws").read_bytes()
    keep(folder, 5)
    (folder / "clinics.jws").write_bytes(old)

    found = ListStore(folder).load(TRUST, NOW)

    assert isinstance(found, Refusal)
    assert found.cause is Cause.ROLLED_BACK


def test_a_signer_who_is_no_longer_trusted_counts_no_more(folder: Path) -> None:
    keep(folder, 4)

    found = ListStore(folder).load(trust(Signer.new("boris")), NOW)

    assert isinstance(found, Refusal)
    assert found.cause is Cause.TOO_FEW_SIGNERS


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"[" * 100_000, b'{"version":0,"digest":""}', b'{"version":4}']
)
def test_a_damaged_memory_of_versions_is_not_forgetting(folder: Path, damage: bytes) -> None:
    keep(folder, 4)
    (folder / "clinics.state").write_bytes(damage)
    store = ListStore(folder)

    with pytest.raises(StoreError):
        store.load(TRUST, NOW)
    with pytest.raises(StoreError):
        store.accept(signed(content(3), ANNA), TRUST, NOW)


def test_killed_between_the_two_files_the_newer_list_holds(folder: Path) -> None:
    keep(folder, 4)
    before = (folder / "clinics.state").read_bytes()
    keep(folder, 5)
    (folder / "clinics.state").write_bytes(before)

    found = ListStore(folder).load(TRUST, NOW)

    assert isinstance(found, SignedList)
    assert found.content.version == 5


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        keep(tmp_path / "file" / "lists", 1)


def test_the_same_list_again_is_not_written_again(folder: Path) -> None:
    keep(folder, 4)
    before = {path: path.stat().st_ino for path in folder.iterdir()}
    keep(folder, 4)

    assert {path: path.stat().st_ino for path in folder.iterdir()} == before


def test_files_are_private(folder: Path) -> None:
    keep(folder, 4)

    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_processes_side_by_side_never_take_the_list_back(folder: Path) -> None:
    documents = [signed(content(version), ANNA) for version in range(1, 41)]
    spawning = multiprocessing.get_context("fork")
    workers = [
        spawning.Process(target=keep_all, args=(folder, documents[start::4])) for start in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0

    found = ListStore(folder).load(TRUST, NOW)
    assert isinstance(found, SignedList)
    assert found.content.version == 40
    state = json.loads((folder / "clinics.state").read_bytes())
    assert state == {"version": 40, "digest": found.digest}


def keep(folder: Path, version: int) -> SignedList | Refusal:
    """Offer a good list to a store that has just been opened."""
    data = signed(content(version, expires=moment(NOW + 30 * DAY)), ANNA)
    return ListStore(folder).accept(data, TRUST, NOW)


def keep_all(folder: Path, documents: list[bytes]) -> None:
    """Offer several, in a process of their own."""
    store = ListStore(folder)
    for document in documents:
        store.accept(document, TRUST, NOW)
