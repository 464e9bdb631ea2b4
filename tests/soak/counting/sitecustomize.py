# SPDX-License-Identifier: AGPL-3.0-or-later
"""Loaded by each Python program of a soak (site, PYTHONPATH): says once a second how many tasks it has.

How many tasks of asyncio a process has cannot be seen from outside.
"""

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

FOLDER = "KARVON_SOAK_TASKS"
"""Environment variable: folder for a file for each process, called by its id."""
_PAUSE = 1.0


def _tell(folder: Path) -> None:
    while True:
        time.sleep(_PAUSE)
        tasks = sys.modules.get("asyncio.tasks")
        # Python 3.12 has given the set of all tasks another name.
        later = getattr(tasks, "_scheduled_tasks", ())
        with contextlib.suppress(
            RuntimeError, OSError
        ):  # It changed meanwhile; the folder is gone.
            count = sum(not task.done() for task in list(getattr(tasks, "_all_tasks", later)))
            (folder / str(os.getpid())).write_text(str(count), "ascii")


if FOLDER in os.environ:
    threading.Thread(target=_tell, args=(Path(os.environ[FOLDER]),), daemon=True).start()
