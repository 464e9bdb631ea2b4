# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that people drop into the chat: received, looked at, asked about, brought over, deleted."""
