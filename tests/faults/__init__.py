# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that can be killed is killed, and afterwards nothing is lost, doubled or out of order.

The bridge is a process of its own between a real Synapse and the sandbox's Telegram, which lives in
the test's process and so survives. Every test ends with the same check (`ledger`).
"""

import pytest

pytest.register_assert_rewrite("tests.faults.ledger")
