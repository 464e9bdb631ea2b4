# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance of the sandbox networks, with third-party clients on both sides and no bridge."""
