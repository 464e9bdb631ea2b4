# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation's number, against Meta's side on loopback."""
