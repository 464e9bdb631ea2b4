# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bridges between Matrix and other networks: the neutral core and one folder per network."""
