# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon`` as a process that notes the most memory it has had: ``python -m … FILE ARGUMENTS``.

The kernel tells it of a process only while that lives.
"""

import os
import sys
from pathlib import Path

from karvon.cli import main
from tests.support.memory import peak_resident


def weighed() -> None:
    """Run the command, and write its peak (bytes) into the file that is named first."""
    file = Path(sys.argv.pop(1))
    try:
        main()
    finally:
        file.write_text(str(peak_resident(os.getpid())), "ascii")


if __name__ == "__main__":
    weighed()
