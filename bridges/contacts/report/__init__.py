# SPDX-License-Identifier: AGPL-3.0-or-later
"""The continuity report: how each contact of a person can be reached after a move to Matrix."""
