# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon` with a sampling profiler: `python -m tests.bench.sampled REPORT ARGUMENT…`.

From SIGUSR1 on, the kernel interrupts the process after each few milliseconds of CPU time
(setitimer(2), `ITIMER_PROF`), and what runs then is counted. Unlike a tracing profiler this
does not make small functions look dear. The report is written when the program ends.
"""

import signal
import sys
from asyncio import Handle
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

from karvon.cli import main

_INTERVAL = 0.002
_SHOWN = 40
_FOLDERS = 3
_CALLBACK = Handle._run.__code__


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
        while frame is not None and frame.f_code is not _CALLBACK:
            stack.append(frame.f_code)
            frame = frame.f_back
        if not stack:
            return
        in_loop = frame is None
        self._samples += 1
        self._packages[_package(stack[0].co_filename)] += 1
        self._roots["the event loop itself" if in_loop else _place(stack[-1])] += 1
        ours = (code for code in stack if _package(code.co_filename).startswith("bridges"))
        self._ours[next(map(_place, ours), "none of them")] += 1
        self._own[_place(stack[0])] += 1
        self._within.update(() if in_loop else set(map(_place, stack)))

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
