# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridge costs and how fast it is, measured against its own homeserver in the same run.

`python -m tests.bench` starts PostgreSQL, Synapse, the sandbox's Telegram and a bridge as its operator
would run it, each in a process of its own. docs/PERFORMANCE.md explains the figures.
"""
