# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaving again: everything somebody has here is handed to them, and deleted if they wish it."""
