# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridge and the worker say to each other over a Unix socket."""
