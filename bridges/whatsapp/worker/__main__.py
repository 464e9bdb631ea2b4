# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m bridges.whatsapp.worker --socket PATH --store FOLDER``: see docs/whatsapp.md."""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

import structlog

from bridges.whatsapp.worker import library
from bridges.whatsapp.worker.run import (
    DATABASE,
    ENDED,
    KILLED,
    PROXY,
    Options,
    serve,
    silence_stdout,
)
from bridges.whatsapp.worker.store import StoreError

_UNUSABLE = 3


def main() -> int:
    """Run the worker; returns its exit status."""
    parser = argparse.ArgumentParser("bridges.whatsapp.worker", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where the bridge connects")
    parser.add_argument("--store", type=Path, required=True, help="folder for keys and journal")
    parser.add_argument("--files", type=Path, help="folder both see; default: STORE/files")
    parser.add_argument("--device-name", default="Karvon", help="shown in the phone's list")
    given = parser.parse_args()
    options = Options(
        given.socket.absolute(),
        given.store.absolute(),
        (given.files or given.store / "files").absolute(),
        given.device_name,
        os.environ.pop(PROXY, ""),
        os.environ.pop(DATABASE, ""),
        os.environ.pop(ENDED, "") in KILLED,
    )
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    silence_stdout()
    try:
        asyncio.run(serve(library.load(), options))
    except (library.LibraryError, StoreError) as error:
        structlog.get_logger().error(str(error))
        return _UNUSABLE
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    status = main()
    # Threads that wait inside the library for a device that was never linked would keep us.
    sys.stderr.flush()
    os._exit(status)
