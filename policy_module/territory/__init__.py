# SPDX-License-Identifier: AGPL-3.0-or-later
"""Territories: named sets of IP addresses, from networks, registries' files or a country database."""
