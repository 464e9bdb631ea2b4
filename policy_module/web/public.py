# SPDX-License-Identifier: AGPL-3.0-or-later
"""What everybody may know of a policy; pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from policy_module.rules.policy import ListedServer, Policy

_PRIVATE = frozenset(
    {
        *("note", "contact", "members"),
        *("allow_files", "keys", "source", "registry_files", "database"),
    }
)
"""Keys about people and about files of this machine."""


def public(policy: Policy) -> dict[str, Any]:
    """Give the policy as JSON: all rules, without notes, contacts and members of groups.

    Servers that come from lists of their own are there with all others.
    """
    document = _without_private(policy.document.canonical())
    document["federation"] |= {
        "allow": list(map(_server, policy.allowed)),
        "deny": list(map(_server, policy.denied)),
    }
    return {"server": policy.own_server, "digest": policy.digest, "policy": document}


def _server(entry: ListedServer) -> dict[str, Any]:
    return {
        "server": entry.pattern.text,
        "direction": entry.direction or "both",
        "until": None
        if entry.until is None
        else datetime.fromtimestamp(entry.until, UTC).isoformat(timespec="seconds"),
    }


def _without_private(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_private(one) for key, one in value.items() if key not in _PRIVATE}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_without_private(one) for one in value]
    return value
