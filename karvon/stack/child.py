# SPDX-License-Identifier: AGPL-3.0-or-later
"""Becomes the program it is given, after asking the kernel to end it with its parent.

Run as a file by an isolated interpreter, ``python -I -S child.py PARENT_PID PROGRAM ARGUMENT…``, so that
it costs little; it imports the standard library only. ``PR_SET_PDEATHSIG`` (prctl(2)) survives exec, and
SIGKILL leaves no choice: no part outlives a karvon that was killed.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process by the program; ``arguments`` are the parent's pid and the command."""
    parent, command = int(arguments[0]), arguments[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(1)  # the parent died before we asked
    os.execvp(command[0], command)  # noqa: S606 - a program is what we are given


if __name__ == "__main__":
    main(sys.argv[1:])
