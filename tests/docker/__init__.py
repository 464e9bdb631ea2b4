# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of docker/ without a container engine: what the files say, and what their scripts do."""
