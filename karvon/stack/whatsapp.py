# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the sandbox's WhatsApp can run here: it needs more than the other parts."""

import importlib.util
from collections.abc import Callable
from ctypes.util import find_library

from karvon.config.model import KarvonConfig


def missing(
    has_module: Callable[[str], bool] = lambda name: importlib.util.find_spec(name) is not None,
    has_library: Callable[[str], bool] = lambda name: find_library(name) is not None,
) -> str | None:
    """Give what is not installed and how to install it; None if nothing is missing."""
    if not has_module("neonize") or not has_module("pyaileys"):
        return "neonize or pyaileys is not installed: pip install 'karvon[whatsapp,sandbox]'"
    if not has_library("magic"):
        return "libmagic is not installed: on Debian, apt install libmagic1"
    return None


def without_whatsapp_sandbox(config: KarvonConfig) -> KarvonConfig:
    """Give the configuration with the sandbox's WhatsApp switched off."""
    whatsapp = config.sandbox.whatsapp.model_copy(update={"enabled": False})
    sandbox = config.sandbox.model_copy(update={"whatsapp": whatsapp})
    return config.model_copy(update={"sandbox": sandbox})
