# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small Telegram network on loopback that speaks genuine MTProto to unmodified clients."""

from sandbox.telegram.faults import PushEffect
from sandbox.telegram.limits import DC_ID, LOGIN_CODE, Limits
from sandbox.telegram.person import Person
from sandbox.telegram.received import Received
from sandbox.telegram.sandbox import TelegramSandbox

__all__ = [
    "DC_ID",
    "LOGIN_CODE",
    "Limits",
    "Person",
    "PushEffect",
    "Received",
    "TelegramSandbox",
]
