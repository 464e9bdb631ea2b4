# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of the audit log: its tree, its files, and everything somebody may do to them."""
