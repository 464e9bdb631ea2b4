# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small WhatsApp network on loopback that speaks the genuine protocol to unmodified clients."""

from sandbox.whatsapp.sandbox import WhatsAppSandbox

__all__ = ["WhatsAppSandbox"]
