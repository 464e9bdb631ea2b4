# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one YAML: its model, loading it with clear errors, upgrading it, and what is made from it."""
