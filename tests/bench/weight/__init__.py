# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much memory the largest archives take, on their way in and out."""
