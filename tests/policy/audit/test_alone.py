# SPDX-License-Identifier: AGPL-3.0-or-later
"""The log is read and checked where there is no homeserver."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import policy_module.audit

for module in pkgutil.iter_modules(policy_module.audit.__path__):
    importlib.import_module(f"policy_module.audit.{module.name}")
print(sorted({"synapse", "twisted"} & set(sys.modules)))
"""


def test_no_part_of_it_needs_synapse() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "[]\n"
