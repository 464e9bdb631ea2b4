# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists are fetched at their own pace, and nothing a server does ends that."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from policy_module.lists.follower import Found
from policy_module.lists.refresher import FIRST_RETRY, Fetched, Refresher, next_delay
from policy_module.lists.source import SourceError, is_url
from policy_module.lists.store import ListStore
from policy_module.lists.verify import Refusal, SignedList
from tests.policy.lists.making import NOW, Signer, content, signed, trust

ANNA = Signer.new("anna")
HOUR = 3600.0
CLINICS = Fetched(trust(ANNA), "https://lists.example/clinics.jws", HOUR)


class Middle:
    """Randomness without any."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


@define
class Host:
    """A server of lists, a clock, and what became of looking at it."""

    store: ListStore
    answer: bytes | Exception = b""
    time: float = 0.0
    asked: list[tuple[float, str]] = field(factory=list)
    told: list[tuple[str, Found]] = field(factory=list)

    async def fetch(self, url: str) -> bytes:
        self.asked.append((self.time, url))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def at_once(self, work: Callable[[], SignedList | Refusal]) -> SignedList | Refusal:
        return work()

    def refresher(self) -> Refresher:
        return Refresher(
            self.fetch,
            self.store,
            now=lambda: NOW,
            elapsed=lambda: self.time,
            randomness=Middle(),
            in_thread=self.at_once,
            report=lambda name, found: self.told.append((name, found)),
        )

    def kept(self) -> int | None:
        found = self.store.load(trust(ANNA), NOW)
        return found.content.version if isinstance(found, SignedList) else None


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(ListStore(tmp_path / "lists"))


@given(st.floats(60, 1e6), st.integers(0, 10_000), st.integers())
def test_the_delay_is_bounded_and_never_a_hammer(interval: float, failures: int, seed: int) -> None:
    delay = next_delay(interval, failures, random.Random(seed))

    assert 0.8 * FIRST_RETRY <= delay <= 1.2 * interval


def test_delays_grow_with_failures_up_to_the_usual_one() -> None:
    delays = [next_delay(HOUR, failures, Middle()) for failures in range(9)]

    assert delays == [HOUR, 30, 60, 120, 240, 480, 960, 1920, HOUR]


async def test_a_list_is_fetched_at_once_and_then_at_its_pace(host: Host) -> None:
    refresher = host.refresher()
    host.answer = signed(content(1), ANNA)
    for host.time in range(0, 3 * int(HOUR), 5):
        await refresher.look([CLINICS])

    assert host.asked == [(time, CLINICS.url) for time in (0, HOUR, 2 * HOUR)]
    assert host.kept() == 1
    assert host.told == []


@pytest.mark.parametrize(
    "answer",
    [OSError("no route"), RuntimeError("?"), b"<html>", signed(content(1), ANNA)],
    ids=["unreachable", "broken", "no document", "older"],
)
async def test_failures_are_told_and_tried_again_and_the_good_list_stays(
    host: Host, answer: bytes | Exception
) -> None:
    refresher = host.refresher()
    host.answer = signed(content(2), ANNA)
    await refresher.look([CLINICS])
    host.answer = answer
    for host.time in range(3600, 3600 + 100):
        await refresher.look([CLINICS])

    assert [time for time, _ in host.asked] == [0, 3600, 3630, 3690]
    assert [name for name, _ in host.told] == ["clinics"] * 3
    assert host.kept() == 2
    host.answer = signed(content(3), ANNA)
    host.time = 3810
    await refresher.look([CLINICS])
    assert host.kept() == 3


async def test_a_store_that_fails_is_told(host: Host, tmp_path: Path) -> None:
    (tmp_path / "lists").touch()
    host.answer = signed(content(1), ANNA)

    await host.refresher().look([CLINICS])

    ((name, found),) = host.told
    assert name == "clinics"
    assert "cannot" in str(found)


async def test_a_changed_list_is_fetched_at_once_and_a_removed_one_no_more(host: Host) -> None:
    refresher = host.refresher()
    host.answer = signed(content(1), ANNA)
    moved = evolve(CLINICS, url="https://lists.example/new.jws")
    for lists in ([CLINICS], [moved], [], [moved]):
        await refresher.look(lists)
    host.time = HOUR
    await refresher.look([])

    assert [url for _, url in host.asked] == [CLINICS.url, moved.url, moved.url]


def test_paths_and_https_are_sources() -> None:
    assert not is_url("lists/clinics.jws")
    assert not is_url("/etc/karvon/clinics.jws")
    assert is_url("https://lists.example/clinics.jws")


@pytest.mark.parametrize(
    "source",
    [
        "http://lists.example/clinics.jws",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@lists.example/",
        "https://lists.example/#part",
        "https://[lists.example/",
    ],
)
def test_other_urls_are_refused(source: str) -> None:
    with pytest.raises(SourceError, match="https"):
        is_url(source)
