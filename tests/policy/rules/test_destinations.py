# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decisions about destinations: by name, and by address where there is a territory."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.rules.decide import decide
from policy_module.rules.document import PolicyDocument, Purpose
from policy_module.rules.policy import Policy
from policy_module.rules.requests import (
    AddressRequest,
    Allow,
    Deny,
    EgressRequest,
    Reason,
    sentence,
)
from policy_module.territory.load import of_networks

NOW = 1_800_000_000.0
HOME = "192.0.2.0/24"
HOSTS = ("a.example", "b.example", "c.example:5000")
ADDRESSES = tuple(map(ip_address, ("192.0.2.1", "203.0.113.1", "2001:db8::1", "::ffff:192.0.2.9")))

ENTRY = st.fixed_dictionaries(
    {"host": st.sampled_from(HOSTS), "abroad": st.booleans()},
    optional={"until": st.sampled_from(["2020-01-01", "2100-01-01"])},
)
EGRESS = st.dictionaries(st.sampled_from(["push", "sso", "other"]), st.lists(ENTRY, max_size=3))


def policy(**sections: Any) -> Policy:
    document = PolicyDocument.model_validate(sections)
    territories = {
        name: of_networks(name, section) for name, section in document.territories.items()
    }
    return Policy.of("home.example", document, (), territories)


def may_lie_abroad(
    egress: dict[str, list[dict[str, Any]]], purposes: list[Purpose], host: str
) -> bool:
    """The slow reference."""
    return any(
        entry["host"] == host and entry["abroad"] and entry.get("until") != "2020-01-01"
        for purpose in purposes
        for entry in egress.get(purpose.value, [])
    )


@given(
    EGRESS,
    st.lists(st.sampled_from([Purpose.PUSH, Purpose.SSO]), min_size=1, unique=True),
    st.sampled_from(HOSTS),
    st.sampled_from(ADDRESSES),
)
def test_an_address_is_allowed_at_home_and_where_an_entry_says_abroad(
    egress: dict[str, list[dict[str, Any]]], purposes: list[Purpose], host: str, address: Any
) -> None:
    rules = policy(
        territories={"home": {"networks": [HOME]}}, residency={"territory": "home"}, egress=egress
    )
    answer = decide(rules, AddressRequest(tuple(purposes), (host,), address), NOW)
    carried = getattr(address, "ipv4_mapped", None) or address
    at_home = carried.version == 4 and carried in ip_network(HOME)
    assert isinstance(answer, Allow) == (at_home or may_lie_abroad(egress, purposes, host))


def test_the_refusal_names_host_and_address() -> None:
    rules = policy(territories={"home": {"networks": [HOME]}}, residency={"territory": "home"})
    request = AddressRequest((Purpose.PUSH,), ("a.example",), ip_address("203.0.113.1"))
    answer = decide(rules, request, NOW)
    assert answer == Deny(Reason.OUTSIDE, "residency.territory: home", "a.example (203.0.113.1)")
    assert "a.example (203.0.113.1)" in sentence(answer)


@pytest.mark.parametrize(("federation", "allowed"), [(False, True), (True, False)])
def test_other_servers_have_to_be_at_home_only_if_the_policy_says_so(
    federation: bool, allowed: bool
) -> None:
    rules = policy(
        territories={"home": {"networks": [HOME]}},
        residency={"territory": "home", "federation": federation},
    )
    answer = decide(rules, AddressRequest((), ("far.example",), ip_address("203.0.113.1")), NOW)
    assert isinstance(answer, Allow) == allowed


@pytest.mark.parametrize(
    ("source", "host"),
    [
        ("https://lists.example/clinics.jws", "lists.example"),
        ("https://Lists.example:8443/clinics.jws", "lists.example:8443"),
        ("https://[2001:db8::1]/clinics.jws", "[2001:db8::1]"),
    ],
)
def test_where_a_signed_list_is_fetched_needs_no_second_line(source: str, host: str) -> None:
    signed = {"name": "clinics", "source": source, "keys": [{"id": "anna", "file": "anna.pub"}]}
    rules = policy(federation={"lists": [signed]})
    answer = decide(rules, EgressRequest(Purpose.OTHER, host), NOW)
    assert answer == Allow("federation.lists: clinics")
    assert isinstance(decide(rules, EgressRequest(Purpose.PUSH, host), NOW), Deny)


@pytest.mark.parametrize(
    "source", ["clinics.jws", "https://[", "https://", "http://lists.example/"]
)
def test_a_list_from_a_file_or_from_nowhere_opens_nothing(source: str) -> None:
    signed = {"name": "clinics", "source": source, "keys": [{"id": "anna", "file": "anna.pub"}]}
    rules = policy(federation={"lists": [signed]})
    assert list(rules.egress[Purpose.OTHER]) == []
