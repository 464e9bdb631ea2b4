# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command ``karvon``."""

import sys

from karvon.cli.app import app
from karvon.config.problems import ConfigError
from karvon.errors import CONFIG_EXIT, OperatorError


def main() -> None:
    """Run the command; expected errors become lines on stderr and an exit code."""
    try:
        app()
    except ConfigError as error:
        print(error, file=sys.stderr)
        sys.exit(CONFIG_EXIT)
    except OperatorError as error:
        for line in str(error).splitlines():
            print(f"karvon: {line}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"karvon: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells say it
