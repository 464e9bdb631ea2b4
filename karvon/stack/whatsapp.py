# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the sandbox's WhatsApp can run here: it needs more than the other parts."""

import ctypes
import importlib.util
import os
from collections.abc import Callable

from karvon.config.model import KarvonConfig
from karvon.config.settings import sandbox_linked

_MAGIC = "libmagic.so.1"
_LONGEST_SOCKET = 107
"""Bytes in the path of a Unix socket (unix(7))."""


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


def hindrance(config: KarvonConfig) -> str | None:
    """Give why the sandbox's WhatsApp cannot run although it is wanted, and what to do; or None."""
    if not config.uses_whatsapp_sandbox:
        return None
    if len(os.fsencode(str(sandbox_linked(config).worker))) > _LONGEST_SOCKET:
        return "the path of the data folder is too long for sockets in it: set data_dir to another"
    return missing()


def without_whatsapp_sandbox(config: KarvonConfig) -> KarvonConfig:
    """Give the configuration with the sandbox's WhatsApp switched off."""
    whatsapp = config.sandbox.whatsapp.model_copy(update={"enabled": False})
    sandbox = config.sandbox.model_copy(update={"whatsapp": whatsapp})
    return config.model_copy(update={"sandbox": sandbox})
