# SPDX-License-Identifier: AGPL-3.0-or-later
"""A leak is seen through noise and deaths; a start, a cache that fills, and noise alone are none."""

import math
import subprocess
import sys
from random import Random

import psutil
import pytest

from tests.soak.growth import PERIOD, Sample, growing, judged
from tests.soak.samples import MIB, TOLERANCES

EVERY = 5.0
HOUR = 3600.0
WARM_UP = 240.0


def ages(seconds: float) -> list[float]:
    return [EVERY * number for number in range(int(seconds / EVERY))]


def lives(*ends: float, leak: float, noise: float = 3.0, seed: int = 1) -> list[list[Sample]]:
    """Processes that die at these times; `leak` and `noise` in MiB, the first for ten minutes."""
    random, made, born = Random(seed), [], 0.0
    for end in ends:
        level = 130 + random.uniform(-5, 5)
        made.append(
            [
                Sample(
                    born + age,
                    level
                    + 10 * (1 - math.exp(-age / 60))
                    + leak * age / PERIOD
                    + random.uniform(0, noise),
                )
                for age in ages(end - born)
            ]
        )
        born = end
    return made


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ends", [(HOUR,), (900, 1500, 2400, 3000, HOUR)])
def test_a_leak_of_three_mib_in_ten_minutes_is_seen(ends: tuple[float, ...], seed: int) -> None:
    found = judged(lives(*ends, leak=3.0, seed=seed), since=HOUR / 3, warm_up=WARM_UP)
    assert growing({"bridge MiB": found}, TOLERANCES)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ends", [(HOUR,), (900, 1500, 2400, 3000, HOUR)])
def test_no_leak_is_none(ends: tuple[float, ...], seed: int) -> None:
    found = judged(lives(*ends, leak=0.0, seed=seed), since=HOUR / 3, warm_up=WARM_UP)
    assert not growing({"bridge MiB": found}, TOLERANCES)
    assert found.slope is not None


def test_what_lived_too_shortly_is_not_judged() -> None:
    found = judged(lives(200.0, 400.0, leak=50.0), since=0.0, warm_up=WARM_UP)
    assert found.slope is None
    assert not growing({"bridge MiB": found}, TOLERANCES)


def test_one_descriptor_a_minute_is_seen() -> None:
    series = [Sample(at, 20 + at // 60) for at in ages(HOUR)]
    found = judged([series], since=HOUR / 3, warm_up=WARM_UP)
    assert found.slope == pytest.approx(10, rel=0.05)
    assert growing({"bridge files": found}, TOLERANCES)


def test_what_comes_and_goes_is_no_growth() -> None:
    random = Random(1)
    series = [Sample(at, 25 + random.choice((0, 0, 5, at / 100))) for at in ages(HOUR)]
    found = judged([series], since=HOUR / 3, warm_up=WARM_UP)
    assert not growing({"bridge files": found}, TOLERANCES)


LEAKING = f"""
import sys
held = []
for _ in sys.stdin:
    held.append(b"x" * {int(3 * MIB * EVERY / PERIOD)})
    print(len(held), flush=True)
"""


def test_a_leak_of_a_process_is_seen() -> None:
    """Memory as the system tells it, on a clock that runs fast: a sample for each five seconds.

    The process is a new one, since memory that was freed earlier would hide what is taken.
    """
    series = []
    with subprocess.Popen(
        [sys.executable, "-c", LEAKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as leaking:
        assert leaking.stdin is not None
        assert leaking.stdout is not None
        process = psutil.Process(leaking.pid)
        for number in range(400):
            print(file=leaking.stdin, flush=True)
            assert int(leaking.stdout.readline()) == number + 1
            series.append(Sample(number * EVERY, process.memory_info().rss / MIB))
    found = judged([series], since=0.0, warm_up=WARM_UP)
    assert growing({"bridge MiB": found}, TOLERANCES)
