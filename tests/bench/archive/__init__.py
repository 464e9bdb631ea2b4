# SPDX-License-Identifier: AGPL-3.0-or-later
"""A large export comes over as its owner brings it, while people talk in its room."""
