# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export files of other networks, read safely and piece by piece."""
