# SPDX-License-Identifier: AGPL-3.0-or-later
"""How somebody is notified: rules of their own are deleted, those of the homeserver set back.

Rules are account data that clients may not write (Matrix specification, "Push Rules API"). Which rules the
homeserver gives to everybody differs between versions, so they are learnt from an account that has never
changed any: that of the migration's bot.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from attrs import frozen

from bridges.core.matrix.errors import HomeserverRefused
from bridges.migration.leaving.deletion.subjects import Person

Json = dict[str, Any]

_RULES = "/v3/pushrules/"


class Remedy(StrEnum):
    """What makes a rule as it was at first."""

    DELETE = "delete"
    RESET = "reset"


@frozen
class Change:
    """A rule that is not as everybody's.

    Attributes:
        kind: such as ``override`` or ``room``.
        enabled, actions: what a rule to be reset has by itself.
    """

    kind: str
    rule: str
    remedy: Remedy
    enabled: bool = True
    actions: tuple[Any, ...] = ()


def changes(mine: Mapping[str, Any], untouched: Mapping[str, Any]) -> list[Change]:
    """Compare two answers of ``GET /pushrules/``; pure. A rule everybody has is known by ``default``."""
    usual = {
        (kind, one["rule_id"]): (one["enabled"], tuple(one["actions"]))
        for kind, one in _rules(untouched)
    }
    found = []
    for kind, one in _rules(mine):
        name = one["rule_id"]
        if not one["default"]:
            found.append(Change(kind, name, Remedy.DELETE))
        elif (kind, name) in usual and usual[kind, name] != (one["enabled"], tuple(one["actions"])):
            enabled, actions = usual[kind, name]
            found.append(Change(kind, name, Remedy.RESET, enabled, actions))
    return found


def _rules(answer: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for kind, rules in answer.get("global", {}).items():
        for one in rules:
            yield kind, one


@frozen
class PushRules:
    """Rules of notifications; ``untouched`` is somebody who has never changed theirs."""

    person: Person
    untouched: Person

    async def count(self) -> int:
        """See ``Subject``."""
        return len(await self._changes())

    async def delete(self) -> None:
        """See ``Subject``."""
        for one in await self._changes():
            path = f"{_RULES}global/{one.kind}/{quote(one.rule, safe='')}"
            try:
                if one.remedy is Remedy.DELETE:
                    await self.person.call("DELETE", path)
                else:
                    actions = {"actions": list(one.actions)}
                    await self.person.call("PUT", f"{path}/enabled", {"enabled": one.enabled})
                    await self.person.call("PUT", f"{path}/actions", actions)
            except HomeserverRefused:
                continue  # It is counted again, and told.

    async def _changes(self) -> list[Change]:
        return changes(await self.person.call("GET", _RULES), await self._usual())

    async def _usual(self) -> Json:
        """Give the rules everybody has; none where the homeserver does not know the bot."""
        bot = self.untouched
        try:
            await bot.homeserver.register(bot.sender.mxid[1:].partition(":")[0])
            return await bot.call("GET", _RULES)
        except HomeserverRefused:
            return {}
