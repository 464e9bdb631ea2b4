# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon leave export`` as a process that can be told to die at a numbered step.

``python -m tests.faults.exporter ARMED CONFIG ARGUMENTS``: the file that arms it, karvon.yaml, and the rest.
"""

import shutil
import sys
from pathlib import Path

from bridges.core.matrix.client import Homeserver
from bridges.migration.leaving.export import exporting, reading
from bridges.migration.leaving.export.journal import Journal
from bridges.migration.leaving.export.writing import Writing
from karvon.cli.app import app
from tests.faults.crashing import CrashPoints, Points

_NOTES = (
    "note_fact",
    "note_document",
    "note_room",
    "note_members",
    "note_page",
    "note_file",
    "messages",
)
_POINTS: Points = (
    (Homeserver, ("sync", "get_state", "profile", "page", "download")),
    (Journal, _NOTES),
    (reading, ("measured",)),
    (Writing, ("write", "_result", "_chat", "_account", "_readme")),
    (exporting, ("write_manifest", "forget_journal", "pack", "_zip")),
    (Path, ("replace", "rename")),
    (shutil, ("rmtree",)),
)


def main() -> None:
    armed, config, *arguments = sys.argv[1:]
    CrashPoints(Path(armed)).install(_POINTS)
    app(["--config", config, "leave", "export", *arguments])


if __name__ == "__main__":
    main()
