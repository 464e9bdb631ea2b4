# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m tests.whatsapp.worker.poisoned``: a worker that ends whenever one account is connected.

The environment names the account's number.
"""

import os
from typing import Any

from attrs import evolve

from bridges.whatsapp.worker import library
from bridges.whatsapp.worker.__main__ import main

POISON = "KARVON_TEST_POISON"


class _Core:
    def __init__(self, core: Any, phone: str) -> None:
        self._core = core
        self._phone = phone.encode()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def Neonize(self, *arguments: Any) -> Any:  # noqa: N802
        """Connect, or end like a Go program that has met something it cannot cope with."""
        if self._phone in arguments[2]:
            os._exit(2)
        return self._core.Neonize(*arguments)


def _load() -> library.Library:
    loaded = _genuine()
    return evolve(loaded, core=_Core(loaded.core, os.environ[POISON]))


if __name__ == "__main__":
    _genuine = library.load
    library.load = _load
    os._exit(main())
