# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon` with a sampling profiler: `python -m tests.bench.sampled REPORT ARGUMENT…`.

From SIGUSR1 on, the kernel interrupts the process after each few milliseconds of CPU time
(setitimer(2), `ITIMER_PROF`), and what runs then is counted. Unlike a tracing profiler this
does not make small functions look dear. The report is written when the program ends.
"""

import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

from karvon.cli import main

_INTERVAL = 0.002
_SHOWN = 40
_FOLDERS = 3


class Sampler:
    """Counts what runs."""

    def __init__(self) -> None:
        self._own: Counter[CodeType] = Counter()
        self._within: Counter[CodeType] = Counter()
        self._packages: Counter[str] = Counter()

    def begin(self, *_: object) -> None:
        """Start; a handler of SIGUSR1."""
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def end(self) -> None:
        """Stop."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _number: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        self._own[frame.f_code] += 1
        self._packages[_package(frame.f_code.co_filename)] += 1
        stack = set()
        while frame is not None:
            stack.add(frame.f_code)
            frame = frame.f_back
        self._within.update(stack)

    def report(self) -> str:
        """What was counted, as text; shares of the CPU time of the process."""
        total = self._own.total()
        if not total:
            return "nothing was sampled\n"
        lines = [f"{total} samples", "", "package: own share"]
        lines += [f"{_share(n, total)}  {name}" for name, n in self._packages.most_common(_SHOWN)]
        for title, counted in (
            ("function: its own share", self._own),
            ("function: share with all it calls and awaits", self._within),
        ):
            lines += ["", title]
            lines += [f"{_share(n, total)}  {_place(c)}" for c, n in counted.most_common(_SHOWN)]
        return "\n".join(lines) + "\n"


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:6.1f} %"


def _place(code: CodeType) -> str:
    short = "/".join(Path(code.co_filename).parts[-_FOLDERS:])
    return f"{code.co_qualname}  ({short}:{code.co_firstlineno})"


def _package(filename: str) -> str:
    """`bridges.core`, `telethon`, `asyncio`: whose file it is."""
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
