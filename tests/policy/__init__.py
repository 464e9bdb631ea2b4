# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of policy_module: pure parts alone, then inside real homeservers."""
