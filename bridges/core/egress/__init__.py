# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy's say in what a bridge connects to."""
