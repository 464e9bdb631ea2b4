# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small networks on loopback that speak real wire protocols, for demo, tests and benchmarks."""
