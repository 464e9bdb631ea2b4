# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists are fetched at their own pace, and nothing a source does ends that."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.lists.refresher import (
    FIRST_RETRY,
    MIN_INTERVAL,
    Outcome,
    Refresher,
    Unreachable,
    next_delay,
)
from policy_module.lists.source import SourceError, reader
from policy_module.lists.store import ListStore
from policy_module.lists.verify import ListTrust, Refusal, SignedList
from tests.policy.lists.making import NOW, Signer, content, signed, trust

ANNA = Signer.new("anna")
TRUST = trust(ANNA)
HOUR = 3600.0


@given(st.floats(0, 1e6), st.integers(0, 10_000), st.integers())
def test_the_delay_is_bounded_and_never_a_hammer(interval: float, failures: int, seed: int) -> None:
    delay = next_delay(interval, failures, random.Random(seed))

    assert 0.8 * min(FIRST_RETRY, MIN_INTERVAL) <= delay <= 1.2 * max(interval, MIN_INTERVAL)


def test_delays_grow_with_failures_up_to_the_usual_one() -> None:
    middle = Middle()

    assert [next_delay(HOUR, failures, middle) for failures in range(9)] == [
        HOUR, 30, 60, 120, 240, 480, 960, 1920, HOUR,
    ]  # fmt: skip


async def test_a_source_may_do_what_it_likes(tmp_path: Path) -> None:
    answers: list[bytes | Exception] = [
        signed(content(2), ANNA),
        OSError("no route"),
        b"<html>",
        signed(content(1), ANNA),
        RuntimeError("?"),
        signed(content(3), ANNA),
    ]

    async def read() -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    outcomes, delays = await looks(tmp_path, read, 6)

    assert [type(each) for each in outcomes] == [
        SignedList, Unreachable, Refusal, Refusal, Unreachable, SignedList,
    ]  # fmt: skip
    assert delays == [HOUR, 30, 60, 120, 240, HOUR]
    kept = ListStore(tmp_path / "lists").load(TRUST, NOW)
    assert isinstance(kept, SignedList)
    assert kept.content.version == 3


async def test_a_store_that_fails_is_reported_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "lists").touch()

    async def read() -> bytes:
        return signed(content(), ANNA)

    outcomes, _ = await looks(tmp_path, read, 2)

    assert all(isinstance(each, Unreachable) for each in outcomes)


async def test_a_file_beside_the_policy_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "clinics.jws").write_bytes(b"document")

    assert await reader("clinics.jws", tmp_path, no_fetch)() == b"document"
    assert await reader(str(tmp_path / "clinics.jws"), Path("/"), no_fetch)() == b"document"


async def test_a_url_is_fetched_each_time() -> None:
    asked = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return b"document"

    read = reader("https://lists.example/clinics.jws", Path(), fetch)

    assert [await read(), await read()] == [b"document"] * 2
    assert asked == ["https://lists.example/clinics.jws"] * 2


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
        reader(source, Path(), no_fetch)


class Middle:
    """Randomness without any."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


async def looks(
    folder: Path, read: Callable[[], Awaitable[bytes]], number: int
) -> tuple[list[Outcome], list[float]]:
    """Let a refresher run until it has slept that often; give what it reported, and the sleeps."""
    outcomes: list[Outcome] = []
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)
        if len(delays) == number:
            raise asyncio.CancelledError

    def report(about: ListTrust, outcome: Outcome) -> None:
        assert about is TRUST
        outcomes.append(outcome)

    refresher = Refresher(
        TRUST,
        read,
        ListStore(folder / "lists"),
        HOUR,
        clock=lambda: NOW,
        sleep=sleep,
        randomness=Middle(),
        report=report,
    )
    with pytest.raises(asyncio.CancelledError):
        await refresher.run()
    return outcomes, delays


async def no_fetch(url: str) -> bytes:
    raise AssertionError(url)
