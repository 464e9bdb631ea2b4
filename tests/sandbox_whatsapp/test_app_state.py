# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patches of app state: numbered, fetched by the other devices, refused when they come too late."""

import os

import pytest
from pyaileys.proto import WAProto_pb2

from sandbox.statefile import StateFile
from sandbox.whatsapp.exchange import Exchange
from sandbox.whatsapp.handlers import handle
from sandbox.whatsapp.linking import Linking
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.noise import Cipher
from sandbox.whatsapp.session import Session
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World

BODY = WAProto_pb2.SyncdPatch(snapshotMac=b"mac").SerializeToString()


@pytest.fixture
def exchange() -> Exchange:
    """One linked device, without a connection."""
    world = World(StateFile(), lambda: 1_800_000_000, os.urandom)
    account = world.accounts.add("992555000101", "Alisa")
    device = world.accounts.link(account, world.accounts.next_number(account), bytes(32))
    session = Session(Cipher(bytes(32)), device)
    return Exchange(world, Switchboard(world), Linking(os.urandom), session)


def _ask(exchange: Exchange, name: str, version: int, *patch: Node) -> Node:
    collection = node("collection", {"name": name, "version": str(version)}, *patch)
    attrs = {"xmlns": "w:sync:app:state", "type": "set", "id": "1", "to": "@s.whatsapp.net"}
    handle(exchange, node("iq", attrs, node("sync", {}, collection)))
    answer = exchange.switchboard._outbox[-1][1]
    assert isinstance(answer, Node)
    return answer


def _collection(answer: Node) -> Node:
    sync = answer.child("sync")
    collection = sync.child("collection") if sync else None
    assert collection is not None
    return collection


def _versions(answer: Node) -> list[int]:
    patches = _collection(answer).child("patches")
    assert patches is not None
    parsed = [WAProto_pb2.SyncdPatch.FromString(one.data) for one in patches.each("patch")]
    assert all(one.snapshotMac == b"mac" for one in parsed)
    return [one.version.version for one in parsed]


def test_patches_are_numbered_and_fetched_from_any_version(exchange: Exchange) -> None:
    for version in range(3):
        answer = _ask(exchange, "regular", version, leaf("patch", BODY))
        assert _collection(answer).get("version") == str(version + 1)
    assert _versions(_ask(exchange, "regular", 0)) == [1, 2, 3]
    assert _versions(_ask(exchange, "regular", 2)) == [3]
    assert _versions(_ask(exchange, "regular_low", 0)) == []


def test_a_patch_that_comes_too_late_is_told_what_it_missed(exchange: Exchange) -> None:
    _ask(exchange, "regular", 0, leaf("patch", BODY))
    late = _ask(exchange, "regular", 0, leaf("patch", BODY))
    error = _collection(late).child("error")
    assert error is not None
    assert (_collection(late).get("type"), error.get("code")) == ("error", "409")
    assert _versions(late) == [1]
    assert _versions(_ask(exchange, "regular", 0)) == [1]


def test_an_unknown_collection_is_refused(exchange: Exchange) -> None:
    answer = _ask(exchange, "", 0, leaf("patch", BODY))
    error = answer.child("error")
    assert error is not None
    assert error.get("code") == "400"
