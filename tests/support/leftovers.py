# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding processes that a test run started and did not end."""

import psutil

MARKER_VARIABLE = "KARVON_TEST_RUN"
"""Environment variable that every child inherits, with a value unique to the run."""


def end_leftovers(marker: str, own_pid: int, grace: float = 5.0) -> list[str]:
    """Kill every process that carries the marker, and describe those there were.

    Args:
        marker: value of the environment variable.
        own_pid: the process to spare.
        grace: seconds to end by themselves, then they do not count.
    """
    marked = [
        process
        for process in psutil.process_iter()
        if process.pid != own_pid and _carries(process, marker)
    ]
    _, alive = psutil.wait_procs(marked, timeout=grace)
    described = [_describe(process) for process in alive]
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive)
    return described


def _carries(process: psutil.Process, marker: str) -> bool:
    try:
        return process.environ().get(MARKER_VARIABLE) == marker
    except (psutil.Error, OSError):
        return False


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())}"
    except psutil.Error:
        return f"{process.pid} (ended)"
