# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has proved which account, and who may know of it: docs/adr/0020."""
