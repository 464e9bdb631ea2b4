# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Telegram network, on Telethon.

``network`` is what the core opens, and where reading begins: it makes the logins (``login``) and the
sessions (``session``). A session receives through ``updates`` → ``receiver`` → ``from_telegram`` and
sends through ``to_telegram``.
"""

from bridges.telegram.network import network

__all__ = ["network"]
