# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever comes in whatever order, only servers that something still allows are let in.

Entries of the file that end, a denylist, signed lists in versions new and old with an end of their
own, restarts, and time: after each step the decision is compared with a few lines of set theory.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from attrs import define, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_module.rules.requests import Allow
from tests.policy.lists.making import DAY, NOW, content, moment, signed
from tests.policy.lists.test_policy import ANNA, Home
from tests.policy.policy_file import PolicyFile

NAMES = ["a.example", "b.example", "c.example"]
SOME = st.frozensets(st.sampled_from(NAMES))
LIST = {
    "name": "clinics",
    "source": "clinics.jws",
    "keys": [{"id": "anna", "file": "anna.pem"}],
    "threshold": 1,
}


@frozen
class File:
    """What the policy file says: ``allow`` to when, whom it denies, whether it names the list."""

    allow: dict[str, int | None]
    deny: frozenset[str]
    lists: bool


@frozen
class Document:
    """A signed list; its end in days from the beginning."""

    version: int
    servers: frozenset[str]
    deny: frozenset[str]
    days: int


@frozen
class Later:
    """Time goes by."""

    days: int


@frozen
class Restart:
    """What is in memory is forgotten."""


Step = File | Document | Later | Restart
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        File,
        st.dictionaries(st.sampled_from(NAMES), st.none() | st.integers(1, 6)),
        SOME,
        st.booleans() | st.just(value=True),
    ),
    st.builds(Document, st.integers(1, 4), SOME, SOME, st.integers(1, 8)),
    st.builds(Later, st.integers(1, 3)),
    st.builds(Restart),
)


@define
class Expected:
    """What should hold: the file, the document beside it, and the list that is believed."""

    file: File = File({}, frozenset(), lists=False)
    document: Document | None = None
    believed: Document | None = None
    day: int = 0

    def after(self, step: Step) -> None:
        match step:
            case File():
                self.file = step
            case Document():
                self.document = step
            case Later(days):
                self.day += days
        new = self.document
        if new is None or not self.file.lists or self.day > new.days:
            return
        if self.believed is None or new.version > self.believed.version:
            self.believed = new

    def allowed(self) -> set[str]:
        listed = self.believed if self.file.lists else None
        if listed is not None and self.day > listed.days:
            listed = None
        live = {name for name, end in self.file.allow.items() if end is None or self.day <= end}
        if listed is None:
            return live - self.file.deny
        return (live | listed.servers) - listed.deny - self.file.deny


def carry_out(home: Home, step: Step) -> None:
    """Do it to real files."""
    match step:
        case File(allow, deny, lists):
            federation: dict[str, Any] = {
                "allow": [entry(name, end) for name, end in allow.items()],
                "deny": sorted(deny),
                "lists": [LIST] if lists else [],
            }
            PolicyFile(home.folder).write(federation=federation)
        case Document(version, servers, deny, days):
            data = content(
                version,
                servers=[{"server": name} for name in sorted(servers)],
                deny=[{"server": name} for name in sorted(deny)],
                expires=moment(end_of(days)),
            )
            (home.folder / "clinics.jws").write_bytes(signed(data, ANNA))
        case Later(days):
            home.now += days * DAY
        case Restart():
            home.restart()


def entry(name: str, end: int | None) -> dict[str, str]:
    return {"server": name} if end is None else {"server": name, "until": moment(end_of(end))}


def end_of(days: int) -> float:
    """Give the moment, in seconds since 1970, at which something ends that is valid on that day."""
    return NOW + (days + 0.5) * DAY


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_only_who_is_allowed_by_something_that_holds_is_let_in(
    tmp_path_factory: pytest.TempPathFactory, steps: Iterable[Step]
) -> None:
    home, expected = Home(tmp_path_factory.mktemp("order")), Expected()
    carry_out(home, expected.file)
    for step in steps:
        carry_out(home, step)
        expected.after(step)
        allowed = {name for name in NAMES if isinstance(home.asked(name), Allow)}
        assert allowed == expected.allowed(), step
