# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was found last, kept across restarts, so that an endpoint that moves is noticed."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from policy_module.files import write_atomically
from policy_module.residency.check import Finding, Verdict
from policy_module.residency.endpoints import Endpoint


@frozen
class Known:
    """Where an endpoint was when its name could last be resolved."""

    verdict: Verdict
    addresses: tuple[str, ...]


@frozen
class Move:
    """An endpoint that is somewhere else than before."""

    before: Known
    now: Finding


def key_of(endpoint: Endpoint) -> str:
    """Name an endpoint: the same for as long as it is configured in the same place."""
    return f"{endpoint.purpose} {endpoint.where_configured} {endpoint.shown}"


def moves(before: Mapping[str, Known], findings: Iterable[Finding]) -> tuple[Move, ...]:
    """Give what has crossed a border, either way.

    New addresses on the same side are no move, nor is a policy that judges the same addresses anew.
    A name that cannot be resolved at the moment is nowhere.
    """
    found = []
    for finding in findings:
        known = before.get(key_of(finding.endpoint))
        if known is None or finding.verdict is Verdict.UNRESOLVED:
            continue
        if known.verdict is not finding.verdict and known.addresses != addresses_of(finding):
            found.append(Move(known, finding))
    return tuple(found)


def addresses_of(finding: Finding) -> tuple[str, ...]:
    """Give the addresses of an endpoint as text."""
    return tuple(str(located.address) for located in finding.addresses)


def remembered(before: Mapping[str, Known], findings: Iterable[Finding]) -> dict[str, Known]:
    """Give what to know from now on; of names that cannot be resolved, what was known before."""
    known = {}
    for finding in findings:
        key = key_of(finding.endpoint)
        if finding.verdict is not Verdict.UNRESOLVED:
            known[key] = Known(finding.verdict, addresses_of(finding))
        elif key in before:
            known[key] = before[key]
    return known


@frozen
class Memory:
    """Keeps what is known in one file."""

    _file: Path

    def recall(self) -> dict[str, Known]:
        """Give what was kept; nothing if the file is not there or damaged."""
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            return {
                str(key): Known(Verdict(one["verdict"]), tuple(map(str, one["addresses"])))
                for key, one in kept.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def keep(self, known: Mapping[str, Known]) -> None:
        """Keep this instead of what was kept before.

        Raises:
            OSError: if it cannot be written.
        """
        content = {
            key: {"verdict": one.verdict.value, "addresses": list(one.addresses)}
            for key, one in known.items()
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps(content, indent=1).encode())
