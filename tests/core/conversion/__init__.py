# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of files that are changed on the way."""
