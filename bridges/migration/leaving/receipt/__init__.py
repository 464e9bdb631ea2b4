# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts of deletions: what was there, what is gone, what stays and why; signed."""
