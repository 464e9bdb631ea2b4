# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms that are shared with others.

What is said in a room reaches every server in it, also through friends: the allowlist cannot stop
that. A room with a refused server in it is frozen, the server's people are removed, other servers are
told not to give it anything, and then people can talk again.
"""
