# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts a program whose whatsmeow (the library inside neonize) is to trust the sandbox.

``python -m sandbox.whatsapp.launch MODULE ARGUMENTS…`` runs a module as ``python -m`` would.
whatsmeow holds the service's root key in a variable. It is overwritten in this process's memory,
once, before anything connects; no file is changed, and every check of signatures, serial numbers
and times stays what it is. Only the sandbox does this: no other part of the suite knows how.

The environment names the authority's certificate (``SSL_CERT_FILE``, which the Go runtime reads
when it starts) and the sandbox's root key (``SANDBOX_WHATSAPP_ROOT``, hexadecimal).
"""

import ctypes
import os
import re
import runpy
import sys
from pathlib import Path

from sandbox.whatsapp.environment import CERTIFICATES, ROOT

_SERVICE_ROOT = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
_MAP = re.compile(r"(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) rw\S* .*neonize")


class LaunchError(Exception):
    """The library is not what it was when this was written; the text says what was found."""


def main(arguments: list[str]) -> None:
    """Replace the root key, then run the module. Raises `LaunchError`."""
    if not arguments or not os.environ.get(ROOT) or not os.environ.get(CERTIFICATES):
        raise LaunchError(f"name a module; set {ROOT} and {CERTIFICATES}")
    trust(bytes.fromhex(os.environ[ROOT]))
    module, sys.argv = arguments[0], arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def trust(root: bytes) -> None:
    """Make whatsmeow in this process trust another root key. Raises `LaunchError`."""
    import neonize._binder  # noqa: F401 - loads the library, which takes its time

    places = [
        start + found.start()
        for start, end in _writable()
        for found in re.finditer(re.escape(_SERVICE_ROOT), ctypes.string_at(start, end - start))
    ]
    if len(places) != 1:
        raise LaunchError(f"the service's root key was found {len(places)} times, not once")
    ctypes.memmove(places[0], root, len(_SERVICE_ROOT))


def _writable() -> list[tuple[int, int]]:
    lines = Path("/proc/self/maps").read_text().splitlines()
    maps = [found for found in map(_MAP.match, lines) if found]
    return [(int(one["start"], 16), int(one["end"], 16)) for one in maps]


if __name__ == "__main__":
    main(sys.argv[1:])
