# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following the policy file: what is bad, half written or gone changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from policy_module.live.clock import ForwardClock
from policy_module.live.holder import PolicyInForce
from policy_module.live.reloader import Reloader
from policy_module.live.source import LastGood, PolicyFiles, Reading
from policy_module.live.start import begin
from policy_module.rules.document import PolicyDocument
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Allow, FederationRequest
from tests.policy.policy_file import PolicyFile

OWN = "home.example"


async def at_once(read: Callable[[], Reading]) -> Reading:
    return read()


@define
class Followed:
    """A policy file that is followed, and what was told about it."""

    file: PolicyFile
    now: float = 1_800_000_000.0
    good: list[Reading] = field(factory=list)
    bad: list[str] = field(factory=list)
    told: list[tuple[Policy, Policy]] = field(factory=list)
    in_force: PolicyInForce = field(init=False)
    reloader: Reloader = field(init=False)

    def start(self) -> None:
        files = PolicyFiles(self.file.path, OWN)
        beginning = begin(files, LastGood.in_folder(self.file.folder / "state", OWN))
        self.in_force = PolicyInForce(beginning.policy, lambda: self.now)
        self.in_force.subscribe(lambda before, after: self.told.append((before, after)))
        self.reloader = Reloader(
            files,
            self.in_force,
            at_once,
            self.good.append,
            lambda error: self.bad.append(str(error)),
            beginning.reading.seen,
        )

    async def look(self) -> None:
        for _ in range(2):  # a change counts when it is seen twice
            await self.reloader.look()

    def allows(self, server: str) -> bool:
        return isinstance(self.in_force.decide(FederationRequest(server)), Allow)


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    found = Followed(PolicyFile(tmp_path))
    found.file.allow("a.example")
    found.start()
    return found


async def test_a_change_comes_into_force_and_is_told(followed: Followed) -> None:
    before = followed.in_force.policy
    followed.file.allow("b.example")
    await followed.look()
    assert followed.allows("b.example")
    assert not followed.allows("a.example")
    assert followed.told == [(before, followed.in_force.policy)]
    await followed.look()
    assert len(followed.told) == 1


async def test_a_file_still_being_written_is_not_read(followed: Followed) -> None:
    followed.file.path.write_text("federation:\n  allow: [a.example, b.example]\n")
    await followed.reloader.look()
    assert not followed.allows("b.example")
    followed.file.path.write_text(
        "federation:\n  allow: [a.example, b.example]\n  deny: [b.example]\n"
    )
    await followed.look()
    assert not followed.allows("b.example")
    assert len(followed.told) == 1


@pytest.mark.parametrize("text", ["federation: [", "federation: {allow: ['x/y']}", b"\xff"])
async def test_a_bad_file_leaves_the_old_policy_and_is_told_once(
    followed: Followed, text: str | bytes
) -> None:
    followed.file.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for _ in range(3):
        await followed.look()
    assert followed.allows("a.example")
    assert len(followed.bad) == 1
    assert followed.told == []


async def test_a_file_that_is_gone_leaves_the_old_policy(followed: Followed) -> None:
    followed.file.path.unlink()
    await followed.look()
    assert followed.allows("a.example")
    assert followed.bad == ["cannot be read: No such file or directory"]
    followed.file.allow("b.example")
    await followed.look()
    assert followed.allows("b.example")


async def test_lists_it_names_are_followed_too(followed: Followed) -> None:
    followed.file.write(federation={"allow_files": ["list.txt"]})
    await followed.look()
    assert followed.bad == [
        "line 1: federation.allow_files[0]: list.txt cannot be read: No such file or directory"
    ]
    (followed.file.folder / "list.txt").write_text("c.example\n")
    await followed.look()
    assert followed.allows("c.example")
    (followed.file.folder / "list.txt").write_text("d.example\n")
    await followed.look()
    assert followed.allows("d.example")
    assert not followed.allows("c.example")


async def test_everybody_is_told_when_the_time_of_an_entry_is_over(followed: Followed) -> None:
    followed.file.write(federation={"allow": [{"server": "a.example", "until": "2027-01-15"}]})
    await followed.look()
    followed.told.clear()
    followed.now = 1_800_100_000.0
    await followed.look()
    assert not followed.allows("a.example")
    assert followed.told == [(followed.in_force.policy, followed.in_force.policy)]


async def test_one_who_fails_does_not_keep_it_from_the_others(followed: Followed) -> None:
    told = followed.told

    def fail(before: Policy, after: Policy) -> None:
        raise RuntimeError

    followed.in_force.subscribe(fail)
    followed.in_force.subscribe(lambda before, after: told.append((before, after)))
    followed.file.allow("b.example")
    await followed.look()
    assert len(told) == 2


def test_a_restart_with_a_bad_file_goes_on_with_the_last_good_policy(tmp_path: Path) -> None:
    file, last_good = PolicyFile(tmp_path), LastGood.in_folder(tmp_path / "state", OWN)
    file.write(federation={"allow_files": ["list.txt"]})
    (tmp_path / "list.txt").write_text("a.example\n")
    reading = PolicyFiles(file.path, OWN).read()
    last_good.keep(reading.texts, 5.0)
    file.path.write_text("federation: [")
    beginning = begin(PolicyFiles(file.path, OWN), last_good)
    assert beginning.policy == reading.outcome
    assert beginning.refusal is not None
    assert beginning.latest == 5.0


@pytest.mark.parametrize(
    "kept", [None, "", "{", "[]", '{"texts": 1, "latest": 2}', '{"texts": {}}']
)
def test_a_first_start_with_a_bad_file_is_refused(tmp_path: Path, kept: str | None) -> None:
    file, last_good = PolicyFile(tmp_path), LastGood(tmp_path / "kept.json", OWN)
    file.path.write_text("federation: [")
    if kept is not None:
        last_good.path.write_text(kept)
    with pytest.raises(PolicyRefusedError):
        begin(PolicyFiles(file.path, OWN), last_good)


NAMES = ["a.example", "b.example", "c.example"]


@given(st.lists(st.sets(st.sampled_from(NAMES)) | st.just("broken"), max_size=12))
async def test_no_order_of_changes_lets_a_denied_server_in(
    tmp_path_factory: pytest.TempPathFactory, changes: list[set[str] | str]
) -> None:
    followed = Followed(PolicyFile(tmp_path_factory.mktemp("order")))
    followed.file.allow()
    followed.start()
    allowed: set[str] = set()
    for change in changes:
        if isinstance(change, str):
            followed.file.path.write_text("federation: [")
        else:
            allowed = change
            followed.file.allow(*sorted(change))
        await followed.look()
        assert {name for name in NAMES if followed.allows(name)} == allowed


@given(st.lists(st.floats(0, 1e10, allow_nan=False), min_size=1))
def test_the_clock_never_goes_back(times: list[float]) -> None:
    given_times = iter(times)
    went_back: list[float] = []
    clock = ForwardClock(lambda: next(given_times), went_back.append)
    seen = [clock() for _ in times]
    assert seen == sorted(seen)
    assert bool(went_back) == any(
        latest - now > 60 for latest, now in zip(seen, times, strict=True)
    )


def test_the_policy_of_an_empty_document_is_closed() -> None:
    in_force = PolicyInForce(Policy.of(OWN, PolicyDocument()), lambda: 0.0)
    assert not isinstance(in_force.decide(FederationRequest("a.example")), Allow)
