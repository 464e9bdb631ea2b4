# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a list may say, and what is said to whoever wrote it wrong."""

import gc
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.lists import document, jws
from policy_module.lists.document import ListContentError, ListedServer
from policy_module.lists.verify import SignedList, verify
from policy_module.rules.names import parse_pattern
from tests.policy.lists.making import DAY, NOW, Signer, content, moment, signed, trust


def test_an_entry_says_what_it_says() -> None:
    entry = {
        "server": "*.clinic.example",
        "direction": "in",
        "until": "2026-12-01T00:00:00+05:00",
        "note": "Lab results",
        "contact": "@desk:clinic.example",
    }
    found = document.parse(content(7, servers=[entry], deny=[{"server": "bad.clinic.example"}]))

    until = 1796065200.0
    assert found.servers == (
        ListedServer(
            parse_pattern("*.clinic.example"), "in", until, "Lab results", "@desk:clinic.example"
        ),
    )
    assert found.deny == (ListedServer(parse_pattern("bad.clinic.example"), "both", None, "", ""),)
    assert (found.name, found.version, found.expires) == ("clinics", 7, NOW + 30 * DAY)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "org.karvon.policy"}, "type: must be 'org.karvon.federation-list'"),
        ({"type": None}, "type: is missing"),
        ({"name": "../clinics"}, "name: must be small letters"),
        ({"version": 0}, "version: Input should be greater than or equal to 1"),
        ({"version": 2**53}, "version: Input should be less than or equal to"),
        ({"version": "3"}, "version: Input should be a valid integer"),
        ({"version": True}, "version: Input should be a valid integer"),
        ({"issued": 1700000000}, "issued: Input should be a valid datetime"),
        ({"issued": "2026-11-22T00:00:00"}, "issued: Input should have timezone info"),
        ({"expires": moment(NOW - DAY)}, "expires: must be later than issued"),
        ({"servers": None}, "servers: is missing"),
        ({"servers": ["a.example"]}, "servers[0]: "),
        (
            {"servers": [{"server": "https://a.example"}]},
            "servers[0].server: 'https://a.example' is",
        ),
        ({"servers": [{"server": "*"}]}, "servers[0].server: '*' "),
        (
            {"servers": [{"server": "a.example", "direction": "up"}]},
            "servers[0].direction: must be",
        ),
        ({"servers": [{"server": "a.example", "rooms": []}]}, "servers[0].rooms: is not known"),
        ({"deny": [{"server": ""}]}, "deny[0].server: '' is not a server name"),
        ({"more": 1}, "more: is not known here"),
    ],
    ids=str,
)
def test_mistakes_are_named_with_their_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ListContentError) as refused:
        document.parse(content(**changes))

    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_many_mistakes_are_counted() -> None:
    wrong = [{"server": f"-{number}"} for number in range(9)]

    with pytest.raises(ListContentError, match=r"servers\[4\].*; and 4 more$"):
        document.parse(content(servers=wrong))


@given(st.one_of(st.binary(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_anything_else_is_refused_and_nothing_breaks(noise: bytes | str) -> None:
    with pytest.raises(ListContentError):
        document.parse(noise if isinstance(noise, bytes) else noise.encode())


def test_a_hundred_thousand_servers_are_verified_within_a_second() -> None:
    signers = Signer.new("anna", "EdDSA"), Signer.new("boris", "ES256")
    servers = [
        {"server": f"matrix{number}.clinic-{number % 997}.example", "note": "A clinic"}
        for number in range(100_000)
    ]
    data = signed(content(servers=servers), *signers)
    assert len(data) < jws.MAX_DOCUMENT
    taken = []
    # As in Synapse, which collects garbage at times of its own.
    gc.disable()
    try:
        for _ in range(3):
            started = time.process_time()
            found = verify(data, trust(*signers, threshold=2), None, NOW)
            taken.append(time.process_time() - started)
            assert isinstance(found, SignedList)
            assert len(found.content.servers) == 100_000
    finally:
        gc.enable()

    assert min(taken) < 1.0
