# SPDX-License-Identifier: AGPL-3.0-or-later
"""Meta's side of the WhatsApp Cloud API on loopback: a Graph endpoint and signed webhooks.

``sandbox`` puts it together; ``README.md`` says what is like Meta's and what is not.
"""

from sandbox.whatsapp_cloud.sandbox import CloudSandbox

__all__ = ["CloudSandbox"]
