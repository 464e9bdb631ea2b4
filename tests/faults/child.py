# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge as a process that can be told to die at a numbered step.

``python -m tests.faults.child SETTINGS ARMED``: pickled ``BridgeSettings``, and the file that arms it.
"""

import asyncio
import pickle
import sys
from importlib import import_module
from pathlib import Path

from bridges.core.app import run_network
from bridges.core.config import BridgeSettings
from tests.faults.crashing import CrashPoints


def main() -> int:
    settings, armed = (Path(argument) for argument in sys.argv[1:])
    loaded = pickle.loads(settings.read_bytes())
    assert isinstance(loaded, BridgeSettings)
    CrashPoints(armed).install()
    network = import_module(f"bridges.{loaded.network.network_id}.network").network
    return asyncio.run(run_network(network, loaded, "0.0-test"))


if __name__ == "__main__":
    sys.exit(main())
