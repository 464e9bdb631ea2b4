# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the sandbox's WhatsApp can run here: it needs more than the other parts."""

import ctypes
import importlib.util
from collections.abc import Callable

from karvon.config.model import KarvonConfig

_MAGIC = "libmagic.so.1"


def has_module(name: str) -> bool:
    """Tell whether a Python module is installed, without loading it."""
    return importlib.util.find_spec(name) is not None


def has_library(name: str) -> bool:
    """Tell whether the linker finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing(
    module: Callable[[str], bool] = has_module, library: Callable[[str], bool] = has_library
) -> str | None:
    """Give what is not installed and how to install it; None if nothing is missing."""
    if not module("neonize") or not module("pyaileys"):
        return "neonize or pyaileys is not installed: pip install 'karvon[whatsapp,sandbox]'"
    if not library(_MAGIC):
        return f"{_MAGIC} is not installed: on Debian, apt install libmagic1"
    return None


def without_whatsapp_sandbox(config: KarvonConfig) -> KarvonConfig:
    """Give the configuration with the sandbox's WhatsApp switched off."""
    whatsapp = config.sandbox.whatsapp.model_copy(update={"enabled": False})
    sandbox = config.sandbox.model_copy(update={"whatsapp": whatsapp})
    return config.model_copy(update={"sandbox": sandbox})
