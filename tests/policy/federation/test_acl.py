# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of a room's list of servers, as Synapse itself reads it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from synapse.synapse_rust.acl import ServerAclEvaluator

from policy_module.federation.relays.acl import MOST, OURS, denied_by_us, server_acl

OWN = "home.example:8448"

hosts = st.sampled_from(["home.example", "near.example", "far.example", "a.b.example", "192.0.2.1"])
servers = st.builds(lambda host, port: f"{host}{port}", hosts, st.sampled_from(["", ":8448", ":1"]))
sets = st.frozensets(servers)
odd = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers() | hosts)
lists = st.none() | st.fixed_dictionaries(
    {}, optional={"allow": odd, "deny": odd, OURS: odd, "allow_ip_literals": st.booleans()}
)


def lets_in(content: dict[str, Any], server: str) -> bool:
    return ServerAclEvaluator(
        content.get("allow_ip_literals", True), content["allow"], content["deny"]
    ).server_matches_acl_event(server)


@given(sets, sets)
def test_a_new_list(refused: frozenset[str], staying: frozenset[str]) -> None:
    content = server_acl(None, refused, {OWN, *staying})
    staying_hosts = {server.partition(":")[0] for server in {OWN, *staying}}
    closed_out = {server.partition(":")[0] for server in refused} - staying_hosts
    if content is None:
        assert not closed_out
        return
    assert all(not lets_in(content, host) for host in closed_out)
    assert all(lets_in(content, host) for host in {OWN, *staying_hosts})


@given(lists, sets, sets)
def test_it_is_stable_and_goes_back(
    before: dict[str, Any] | None, refused: frozenset[str], staying: frozenset[str]
) -> None:
    during = server_acl(before, refused, staying)
    if during is None:
        return
    assert server_acl(during, refused, staying) is None
    after = server_acl(during, (), staying) or during
    assert denied_by_us(after) == []
    # What somebody else has denied stays denied, in the same order.
    own_before = {server.partition(":")[0] for server in denied_by_us(before or {})}
    listed = (before or {}).get("deny")
    texts = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    assert after["deny"] == [one for one in texts if one not in own_before]


def test_what_a_room_says_already_is_kept() -> None:
    before = {"allow": ["*.example"], "deny": ["spam.example"], "allow_ip_literals": False}
    after = server_acl(before, ["far.example:8448"], [OWN])
    assert after == {
        **before,
        "deny": ["spam.example", "far.example"],
        OURS: ["far.example:8448"],
    }


def test_it_stays_below_the_limit_of_an_event() -> None:
    after = server_acl(None, (f"{number}.{'a' * 60}.example" for number in range(2 * MOST)), [])
    assert after is not None
    assert len(denied_by_us(after)) == MOST
