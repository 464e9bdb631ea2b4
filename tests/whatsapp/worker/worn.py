# SPDX-License-Identifier: AGPL-3.0-or-later
"""A worker that begins anew as soon as three devices have ended."""

import os
import sys

from bridges.whatsapp.worker import __main__ as worker
from bridges.whatsapp.worker import accounts

accounts._MOST_LEFT = 3

if __name__ == "__main__":
    status = worker.main()
    sys.stderr.flush()
    os._exit(status)
