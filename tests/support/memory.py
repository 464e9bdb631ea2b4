# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much memory a process has taken."""

from pathlib import Path

KIB = 1024


def peak_resident(pid: int) -> int:
    """The most resident memory a process has ever had, in bytes (``VmHWM`` of proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB
    raise ValueError(f"process {pid} has no memory of its own")


def forget_peak(pid: int) -> None:
    """Let the peak begin at what is resident now (``clear_refs`` of proc(5)). Needs to own it."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
