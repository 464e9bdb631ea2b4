# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon migrate run`` as a process that can be told to die at a numbered step.

``python -m tests.faults.importer ARMED CONFIG PLAN``: the file that arms it, karvon.yaml, and the plan.
"""

import sys
from pathlib import Path

from bridges.migration.run.journal import Journal
from karvon.cli.app import app
from tests.faults.crashing import REQUESTS, CrashPoints

_NOTES = ("note_fact", "note_room", "note_member", "note_events", "note_upload", "note_file")


def main() -> None:
    armed, config, plan = sys.argv[1:]
    CrashPoints(Path(armed)).install((*REQUESTS, (Journal, _NOTES)))
    app(["--config", config, "migrate", "run", plan])


if __name__ == "__main__":
    main()
