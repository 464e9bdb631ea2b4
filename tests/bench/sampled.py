# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon` with a sampling profiler: `python -m tests.bench.sampled REPORT ARGUMENT…`.

From SIGUSR1 on, the kernel interrupts the process after each few milliseconds of CPU time
(setitimer(2), `ITIMER_PROF`), and what runs then is counted. Unlike a tracing profiler this
does not make small functions look dear. The report is written when the program ends.
"""

import signal
import sys
from asyncio import Handle, Runner
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

from karvon.cli import main

_INTERVAL = 0.002
_SHOWN = 40
_FOLDERS = 3
_LOOP = "the event loop itself"
_BELOW_ALL = frozenset({Handle._run.__code__, Runner.run.__code__})
"""What calls the tasks and callbacks: asyncio's own loop; uvloop's, which is no Python."""


class Sampler:
    """Counts what runs."""

    def __init__(self) -> None:
        self._samples = 0
        self._packages: Counter[str] = Counter()
        self._roots: Counter[str] = Counter()
        self._ours: Counter[str] = Counter()
        self._own: Counter[str] = Counter()
        self._within: Counter[str] = Counter()

    def begin(self, *_: object) -> None:
        """Start; a handler of SIGUSR1."""
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def end(self) -> None:
        """Stop."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None and frame.f_code not in _BELOW_ALL:
            stack.append(frame.f_code)
            frame = frame.f_back
        places = [*map(_place, stack)] or [_LOOP]
        packages = [_package(code.co_filename) for code in stack] or [_LOOP]
        ours = (
            place
            for place, package in zip(places, packages, strict=True)
            if package.startswith("bridges")
        )
        self._samples += 1
        self._packages[packages[0]] += 1
        self._roots[places[-1]] += 1
        self._ours[next(ours, "none of them")] += 1
        self._own[places[0]] += 1
        self._within.update(set(places))

    def report(self) -> str:
        """What was counted, as text; shares of the CPU time of the process."""
        lines = [f"{self._samples} samples of CPU time"]
        for title, counted in (
            ("package: what runs", self._packages),
            ("task or callback of the event loop: with all it calls", self._roots),
            ("function of the bridge: what it does itself or has others do", self._ours),
            ("function: itself", self._own),
            ("function: with all it calls and awaits", self._within),
        ):
            lines += ["", title]
            lines += [
                f"{100 * count / self._samples:6.1f} %  {name}"
                for name, count in counted.most_common(_SHOWN)
            ]
        return "\n".join(lines) + "\n"


def _place(code: CodeType) -> str:
    short = "/".join(Path(code.co_filename).parts[-_FOLDERS:])
    return f"{code.co_qualname}  ({short}:{code.co_firstlineno})"


def _package(filename: str) -> str:
    """`bridges.core`, `telethon`, `asyncio`: whose file it is."""
    if filename.startswith("<"):
        return "generated code"
    parts = Path(filename).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if "bridges" in parts:
        return ".".join(parts[parts.index("bridges") :][:2])
    return parts[-2] if len(parts) > 1 else filename


def sampled(report: Path, arguments: list[str]) -> None:
    """Run `karvon` with arguments and write the report at its end."""
    sampler = Sampler()
    signal.signal(signal.SIGUSR1, sampler.begin)
    sys.argv = ["karvon", *arguments]
    try:
        main()
    finally:
        sampler.end()
        report.write_text(sampler.report(), "utf-8")


if __name__ == "__main__":
    sampled(Path(sys.argv[1]), sys.argv[2:])
