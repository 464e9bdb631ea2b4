# SPDX-License-Identifier: AGPL-3.0-or-later
"""The room's own list of servers, which has the other servers refuse a refused one: pure.

Source: Matrix specification, client-server API, ``m.room.server_acl``. Names are matched there without
their port, and Synapse matches its own name with it; so a name is not denied if somebody who may stay
would share it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from policy_module.rules.names import InvalidNameError, parse_server_name

OURS = "org.karvon.refused"
"""Key in the content under which the servers are listed, with port, that this module has denied."""

MOST = 500
"""Servers this module denies in one room; an event may not be larger than 64 KiB."""


def server_acl(
    current: Mapping[str, Any] | None, refused: Iterable[str], staying: Iterable[str]
) -> dict[str, Any] | None:
    """Give the content the list should have; ``None`` if it may stay as it is.

    ``current`` is its content, ``None`` if the room has no list. ``refused`` are all the servers that
    this module wants denied there; those it denied before and wants no longer are taken out again.
    ``staying`` are the servers that must not be shut out, ours among them.
    """
    before = dict(current or {"allow": ["*"], "deny": [], "allow_ip_literals": True})
    ours_before = {_host(server) for server in _texts(before.get(OURS))}
    others = [name for name in _texts(before.get("deny")) if name not in ours_before]
    kept_hosts = {_host(server) for server in staying} | set(others)
    ours = sorted({server for server in refused if _host(server) not in kept_hosts})[:MOST]
    after = {**before, "deny": [*others, *dict.fromkeys(_host(server) for server in ours)]}
    after.pop(OURS, None)
    if ours:
        after[OURS] = ours
    return None if after == before else after


def denied_by_us(content: Mapping[str, Any]) -> list[str]:
    """Give the servers this module has denied in a room, with their ports."""
    return _texts(content.get(OURS))


def _host(server: str) -> str:
    try:
        return parse_server_name(server).host
    except InvalidNameError:
        return server


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
