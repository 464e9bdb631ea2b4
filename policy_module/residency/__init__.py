# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residency: where everything that this homeserver is configured to talk to is, and what it keeps."""
