# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of what leaves for other reasons than federation."""
