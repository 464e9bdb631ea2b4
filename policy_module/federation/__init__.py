# SPDX-License-Identifier: AGPL-3.0-or-later
"""The allowlist on every path between homeservers, and rooms that are shared with others."""
