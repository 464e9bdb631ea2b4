# SPDX-License-Identifier: AGPL-3.0-or-later
"""Loading neonize, with what it does of its own accord kept from happening.

Nothing else imports it at module level, so that the checks come first: a missing shared library
would be downloaded at import, and ``NEONIZE_BOT_TAG`` counts only before the library is loaded
(unset, every message to a person is marked as written by a bot).
"""

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from bridges.whatsapp.worker.gate import Gate

VERSION = "0.5.2"
"""The release this code was written for; the library's functions carry no other promise."""

_PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}

Foreign = Any
"""A value of neonize or of protobuf: generated code without types."""


class LibraryError(Exception):
    """neonize cannot be used here; the text says why and what to do."""


@frozen
class Library:
    """What the worker uses of neonize.

    Attributes:
        go: the shared library's functions about a device, which pass through the gate.
        core: the same for those who keep to the gate themselves.
        gate: who may be inside the library.
        kept: callbacks, which it may call when their device is long gone: never freed.
        binder: callback types and structures of those functions.
        client: the class whose methods call them.
        proto: neonize's own protobuf messages.
        message: WhatsApp's ``Message``.
        history: WhatsApp's ``HistorySync``.
        decode_error: what protobuf raises for bytes that are no message.
        device_props: how a linked device calls itself in the phone's list.
        events: protobuf classes by the number of the event.
        enums: kinds of presence, receipts, files and changes.
    """

    go: Foreign
    core: Foreign
    gate: Gate
    binder: Foreign
    client: Foreign
    proto: Foreign
    message: Foreign
    history: Foreign
    decode_error: type[Exception]
    device_props: Foreign
    events: Mapping[int, Foreign]
    enums: Foreign
    kept: list[Foreign] = field(factory=list)


class Gated:
    """The library's functions about a device, whose handle is their first argument."""

    def __init__(self, core: Foreign, gate: Gate) -> None:
        self._core = core
        self._gate = gate

    def __getattr__(self, name: str) -> Foreign:
        """Return a function that may raise `RefusedError`."""
        function = getattr(self._core, name)

        def inside(handle: bytes, *arguments: Foreign) -> Foreign:
            with self._gate.looking(handle):
                return function(handle, *arguments)

        return inside


def load() -> Library:
    """Check that the platform's wheel is whole, then load it. Raises `LibraryError`."""
    _check()
    os.environ["NEONIZE_BOT_TAG"] = "off"
    from google.protobuf.message import DecodeError
    from neonize import _binder, events
    from neonize.aioze import client
    from neonize.proto import Neonize_pb2
    from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps
    from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message
    from neonize.proto.waHistorySync.WAWebProtobufsHistorySync_pb2 import HistorySync
    from neonize.utils import enum

    # The one function whose result neonize forgets to read from the library's memory.
    _binder.gocode.DecryptPollVote.errcheck = _binder.consume_bytes_struct
    gate = Gate()
    client.gocode = gated = Gated(_binder.gocode, gate)
    return Library(
        go=gated,
        core=_binder.gocode,
        gate=gate,
        binder=_binder,
        client=client.NewAClient,
        proto=Neonize_pb2,
        message=Message,
        history=HistorySync,
        decode_error=DecodeError,
        device_props=DeviceProps,
        events=events.INT_TO_EVENT,
        enums=enum,
    )


def _check() -> None:
    found = importlib.util.find_spec("neonize")
    if found is None or not found.submodule_search_locations:
        raise LibraryError(
            "neonize is not installed; install the extra: pip install 'karvon[whatsapp]'"
        )
    version = importlib.metadata.version("neonize")
    if version != VERSION:
        raise LibraryError(
            f"neonize {version} is installed, {VERSION} is needed: pip install neonize=={VERSION}"
        )
    folder = Path(found.submodule_search_locations[0])
    machine = platform.machine().lower()
    name = f"neonize-{platform.system().lower()}-{_PROCESSORS.get(machine, machine)}.so"
    if not (folder / name).is_file():
        raise LibraryError(
            f"{name} is missing in {folder}: this is not the wheel for this platform. "
            f"Install it from your package index: pip install --only-binary=:all: "
            f"--force-reinstall neonize=={VERSION}. Nothing is downloaded from elsewhere."
        )
