# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the processes of a site use: memory, files, threads, tasks, and what lies about."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from attrs import frozen

from tests.soak.growth import Judged, Sample, judged

MIB = 2**20
_PARTS = {
    "karvon up": "karvon",
    "run telegram": "telegram",
    "run whatsapp": "whatsapp",
    "run guide": "guide",
    "synapse.app.homeserver": "homeserver",
    "bridges.whatsapp.worker": "worker",
}
"""What to call a process by what is in its command line."""
TOLERANCES: Mapping[str, float] = {
    "MiB": 2.0,
    "files": 5.0,
    "threads": 1.0,
    "tasks": 2.0,
    "lying": 1.0,
    "worker threads": 30.0,
    "guide MiB": 5.0,
    "homeserver MiB": 40.0,
    "homeserver files": 20.0,
    "homeserver threads": 5.0,
}
"""What may come on top in ten minutes: memory in MiB, all others in pieces.

The worker keeps each of the up to 64 threads that were once needed for calls at the same time, its
library some more. The guide takes a few MiB with the first archive of its life. Synapse's caches grow
with use, up to 300 MB, and so does its pool of threads; its clients come and go, as all connections do.
"""


def parts(of: int) -> Mapping[str, psutil.Process]:
    """The processes below a supervisor, and itself, by what they are called here."""
    top = psutil.Process(of)
    found: dict[str, psutil.Process] = {}
    for process in (top, *top.children(recursive=True)):
        try:
            command = " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            continue
        name = next((name for sign, name in _PARTS.items() if sign in command), None)
        # What a part starts itself has another command line, or comes after it.
        if name is not None:
            found.setdefault(name, process)
    return found


@frozen
class _Life:
    name: str
    pid: int
    born: float


class Samples:
    """Takes samples and judges them.

    Args:
        supervisor: id of the process `karvon up`.
        tasks: folder in which processes tell how many tasks they have (`counting`).
        lying: folders in which files lie only for a while.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        supervisor: int,
        tasks: Path,
        lying: Mapping[str, Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._supervisor = supervisor
        self._tasks = tasks
        self._lying = lying
        self._clock = clock
        self._series: dict[str, dict[_Life, list[Sample]]] = {}
        self._began = clock()

    def take(self) -> None:
        """Look at everything once."""
        now = self._clock()
        for name, process in parts(self._supervisor).items():
            try:
                life = _Life(name, process.pid, process.create_time())
                with process.oneshot():
                    self._note(f"{name} MiB", life, now, process.memory_info().rss / MIB)
                    self._note(f"{name} files", life, now, process.num_fds())
                    self._note(f"{name} threads", life, now, process.num_threads())
                told = self._tasks / str(process.pid)
                if told.exists() and (text := told.read_text("ascii")):
                    self._note(f"{name} tasks", life, now, int(text))
            except psutil.NoSuchProcess:
                continue
        site = _Life("site", self._supervisor, 0.0)
        for name, folder in self._lying.items():
            count = sum(path.is_file() for path in folder.rglob("*"))
            self._note(f"{name} lying", site, now, count)

    def _note(self, name: str, life: _Life, now: float, value: float) -> None:
        self._series.setdefault(name, {}).setdefault(life, []).append(Sample(now, value))

    def verdicts(self, warm_up: float) -> Mapping[str, Judged]:
        """How much each thing has grown after the first third of the time."""
        since = self._began + (self._clock() - self._began) / 3
        return {
            name: judged(lives.values(), since=since, warm_up=warm_up)
            for name, lives in sorted(self._series.items())
        }

    def table(self, warm_up: float) -> str:
        """The same for people, with how many lives each process had."""
        lines = []
        for name, verdict in self.verdicts(warm_up).items():
            slope = "       -" if verdict.slope is None else f"{verdict.slope:8.2f}"
            lines.append(
                f"{name:28} {slope} in ten minutes, mean {verdict.level:8.1f}, highest "
                f"{verdict.highest:8.1f}, lives {len(self._series[name])}, "
                f"judged over {verdict.watched:.0f} s"
            )
        return "\n".join(lines)

    def written(self, path: Path) -> None:
        """Write everything as lines of tab-separated values, to look at it afterwards."""
        lines = [
            f"{name}\t{life.pid}\t{one.at - self._began:.1f}\t{one.value:.2f}"
            for name, lives in sorted(self._series.items())
            for life, series in lives.items()
            for one in series
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")
