# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the border decided and what left, written so that outsiders can check it.

The format is described for them in docs/audit.md. Nothing here imports Synapse or Twisted.
"""
