# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Matrix side: talking to the homeserver as an application service."""
