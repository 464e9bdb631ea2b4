# SPDX-License-Identifier: AGPL-3.0-or-later
"""Direct chats of the network that go on between two accounts of this homeserver, in the same room."""
