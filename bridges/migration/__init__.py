# SPDX-License-Identifier: AGPL-3.0-or-later
"""Moving in: what people bring along from other networks, and the report of what became of it."""
