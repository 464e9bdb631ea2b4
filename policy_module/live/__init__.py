# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy in force: read again when its file changes, kept when the file is bad."""
