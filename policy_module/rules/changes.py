# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes for people when one policy takes the place of another, in words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil
from typing import Any

from attrs import frozen

from policy_module.rules.document import Permission, Purpose
from policy_module.rules.policy import Destination, ListedServer, Policy

_DAY = 86_400
_TOLD_APART = ("federation", "egress", "everyone", "groups", "version")
"""Sections with sentences of their own; the others are compared key by key."""


class Effect(StrEnum):
    """What a change does to what is possible."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@frozen
class Change:
    """One thing that will be different."""

    effect: Effect
    text: str


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Compare two policies of one homeserver; nothing if they say the same."""
    return (
        *_entries("servers", _servers(old.allowed), _servers(new.allowed)),
        *_denied(_servers(old.denied), _servers(new.denied)),
        *(
            change
            for purpose in Purpose
            for change in _entries(
                f"destinations for {purpose}",
                _destinations(old.egress[purpose]),
                _destinations(new.egress[purpose]),
            )
        ),
        *_people(old, new),
        *_settings(old, new),
    )


def moment(until: float | None) -> str:
    """Write a time in seconds since 1970; a whole day without the time of day."""
    if until is None:
        return "without an end"
    if ceil(until) % _DAY == 0:
        return f"until {datetime.fromtimestamp(ceil(until) - 1, UTC):%Y-%m-%d}"
    time = datetime.fromtimestamp(until, UTC)
    return f"until {time:%Y-%m-%d %H:%M} UTC"


def _servers(entries: Iterable[ListedServer]) -> dict[str, str]:
    return {
        entry.pattern.text: f"{_DIRECTIONS[entry.direction]}, {moment(entry.until)}"
        for entry in entries
    }


_DIRECTIONS = {None: "both directions", "in": "inbound only", "out": "outbound only"}


def _destinations(entries: Iterable[Destination]) -> dict[str, str]:
    return {
        entry.pattern.text: ("abroad, " if entry.abroad else "") + moment(entry.until)
        for entry in entries
    }


def _entries(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(new.keys() - old.keys()):
        yield Change(Effect.GAINED, f"{what}: {name} ({new[name]})")
    for name in sorted(old.keys() - new.keys()):
        yield Change(Effect.LOST, f"{what}: {name}")
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Change(Effect.CHANGED, f"{what}: {name}: {old[name]} → {new[name]}")


def _denied(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Compare denylists, where one entry more means somebody less."""
    swapped = {Effect.GAINED: Effect.LOST, Effect.LOST: Effect.GAINED}
    for change in _entries("denied servers", old, new):
        verb = {Effect.GAINED: "from now on", Effect.LOST: "no longer"}.get(change.effect)
        text = change.text if verb is None else f"{verb} {change.text}"
        yield Change(swapped.get(change.effect, change.effect), text)


def _people(old: Policy, new: Policy) -> Iterator[Change]:
    yield from _permissions("everyone", old.document.everyone, new.document.everyone)
    before = {group.name: group for group in old.document.groups}
    after = {group.name: group for group in new.document.groups}
    for name in sorted(before.keys() - after.keys()):
        yield Change(Effect.CHANGED, f"group {name} is gone; its members are under other rules")
    for name in sorted(after.keys() - before.keys()):
        may = ", ".join(sorted(after[name].may)) or "nothing"
        yield Change(Effect.CHANGED, f"group {name} is new and may: {may}")
    for name in sorted(before.keys() & after.keys()):
        yield from _permissions(f"group {name}", before[name].may, after[name].may)
        if before[name].members != after[name].members:
            yield Change(Effect.CHANGED, f"group {name} has other members")
    if before.keys() == after.keys() and list(before) != list(after):
        yield Change(Effect.CHANGED, f"groups count in another order: {', '.join(after)}")


def _permissions(
    who: str, old: frozenset[Permission], new: frozenset[Permission]
) -> Iterator[Change]:
    for permission in sorted(new - old):
        yield Change(Effect.GAINED, f"{who}: may {permission}")
    for permission in sorted(old - new):
        yield Change(Effect.LOST, f"{who}: may {permission}")


def _settings(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            text = f"{name}: {_said(before.get(name))} → {_said(after.get(name))}"
            yield Change(Effect.CHANGED, text)


def _leaves(policy: Policy) -> Iterator[tuple[str, Any]]:
    def walk(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            yield prefix, value

    content = policy.document.canonical()
    federation = content["federation"]
    kept = {key: value for key, value in content.items() if key not in _TOLD_APART}
    rest = {key: value for key, value in federation.items() if key not in {"allow", "deny"}}
    yield from walk("", kept | {"federation": rest})


def _said(value: Any) -> str:
    if value is None or value in ([], ""):
        return "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
