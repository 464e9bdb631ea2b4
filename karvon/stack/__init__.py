# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts the parts of the suite, watches over them, and stops them."""
