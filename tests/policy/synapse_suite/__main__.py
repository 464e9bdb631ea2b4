# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m tests.policy.synapse_suite``: run both ways, compare, exit non-zero if they differ."""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from attrs import frozen

from tests.policy.policy_file import PolicyFile
from tests.policy.synapse_suite import EXPLAINED, SUITE
from tests.policy.synapse_suite.fetch import fetch_tests

REPOSITORY = Path(__file__).parents[3]
CACHE = REPOSITORY / "build" / "synapse-suite"
OTHER_SERVERS = (
    *("example.com", "other", "other.example.com", "otherserver", "remote.org", "server"),
    *("yet.another.server", "zzzerver", "evil.com", "not.evil.com", "lonelyIsland"),
    *(f"host{number}" for number in range(20)),
    *(f"server{number:02}" for number in range(42)),
)
"""Those that Synapse's tests make up and talk to."""
PREVIEWED = (
    *("example.com", "matrix.org", "matrix.org:8888", "cdn.matrix.org", "192.168.1.1", "1.1.1.2"),
    *("twitter.com", "www.twitter.com", "publish.twitter.com", "cdn.twitter.com", "www.hulu.com"),
)
"""Hosts of the pages that they make up."""
_COUNTED = re.compile(r"^(?:PASSED|FAILED)(?: \((.*)\))?$", re.MULTILINE)
_NOT_OK = re.compile(r"^(tests\.\S+\.test_\S+)$", re.MULTILINE)


@frozen
class Outcome:
    """What came of one run; ``named`` are the tests that were skipped or failed."""

    counts: Mapping[str, int]
    named: frozenset[str]
    output: str

    @classmethod
    def of(cls, output: str) -> "Outcome":
        """Read the end of what trial prints."""
        found = _COUNTED.findall(output)
        pairs = (each.split("=") for each in found[-1].split(", ")) if found and found[-1] else ()
        counts = {name: int(number) for name, number in pairs}
        return cls(counts, frozenset(_NOT_OK.findall(output)), output)

    @classmethod
    def of_parts(cls, parts: Sequence["Outcome"]) -> "Outcome":
        """Put together what came of the parts."""
        counts: Counter[str] = Counter()
        for each in parts:
            counts.update(each.counts)
        named = frozenset(name for each in parts for name in each.named)
        return cls(counts, named, "".join(each.output for each in parts))

    @property
    def total(self) -> int:
        """How many tests there were."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        return ", ".join(f"{number} {name}" for name, number in sorted(self.counts.items()))


def run(tests: Path, folder: Path, policy: Path | None, part: str) -> Outcome:
    """Run a part of the suite in a process of its own."""
    folder.mkdir(parents=True)
    script = Path(__file__).with_name("under_trial.py")
    done = subprocess.run(
        [
            *(sys.executable, script, tests, policy or "-"),
            *("--temp-directory", folder / "trial", "--reporter=text", part),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome.of(done.stdout)


def _reported(
    part: str, with_module: Future[Outcome], without: Future[Outcome]
) -> tuple[Outcome, Outcome]:
    """Wait for both sides of a part, and say what came of it."""
    both = with_module.result(), without.result()
    print(f"{part}: {both[1]} without the module; {both[0]} with it", flush=True)
    return both


def _state_of_the_code() -> str:
    """Give the commit, with ``-dirty`` if something has been changed since."""
    git = ("git", "describe", "--always", "--dirty", "--exclude=*")
    said = subprocess.run(git, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return f"commit {said.stdout.strip()}" if said.returncode == 0 else "no commit"


def main() -> int:
    """Give the exit code: 0 if the suite ran, and the module changes nothing."""
    tests = fetch_tests(CACHE)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as side_by_side:
        folder = Path(scratch)
        policy = PolicyFile(folder / "policy")
        policy.write(
            federation={"allow": OTHER_SERVERS},
            egress={"identity": ["example.com"], "previews": PREVIEWED},
            rooms={"default": "open", "widest": "open"},
        )
        # The longest are begun first. One process for all would get slower with each homeserver that
        # is not forgotten.
        running = [
            [
                side_by_side.submit(run, tests, folder / name / part, chosen, part)
                for name, chosen in (("with", policy.path), ("without", None))
            ]
            for part in SUITE
        ]
        print(f"Synapse {version('matrix-synapse')}, {_state_of_the_code()}", flush=True)
        parts = [_reported(part, *run) for part, run in zip(SUITE, running, strict=True)]
    with_module, without = (Outcome.of_parts(side) for side in zip(*parts, strict=True))
    print(f"all: {without} without the module; {with_module} with it")
    differing = (without.named ^ with_module.named) - EXPLAINED
    for name in sorted(differing):
        print(f"only {'with' if name in with_module.named else 'without'} the module: {name}")
    not_run = [side.output for part in parts for side in part if not side.counts.get("successes")]
    if not_run:
        print(*(output[-4000:] for output in not_run), sep="\n", file=sys.stderr)
        return 1
    if differing or without.total != with_module.total:
        print(with_module.output[-8000:], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
