# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who uses how much CPU time: explains a ratio, because all share the processors of one machine."""

from collections import defaultdict
from collections.abc import Mapping

import psutil

from tests.bench.figures import BRIDGE, WORKER

_PARTS = {
    "synapse.app": "homeserver",
    "sandbox.telegram": "sandbox",
    "bridges.whatsapp.worker": WORKER,
    "karvon": BRIDGE,
    "tests.bench.sampled": BRIDGE,
    "postgres: postgres synapse ": "homeserver's database",
    "postgres: postgres one ": "bridge's database",
    "postgres": "database server's own",
}
"""What to call a process by what is in its command line; the first that fits counts."""


def cpu_seconds() -> Mapping[str, float]:
    """CPU seconds so far, of this process and all below it, by what they are."""
    here = psutil.Process()
    used: dict[str, float] = defaultdict(float, {"bench itself": _seconds(here)})
    for child in here.children(recursive=True):
        try:
            used[_part(child)] += _seconds(child)
        except psutil.NoSuchProcess:
            continue
    return used


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _part(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    return next((name for sign, name in _PARTS.items() if sign in command), process.name())
