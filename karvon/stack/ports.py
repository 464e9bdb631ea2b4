# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the ports we need are free, and who has them if not."""

import errno
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from karvon.config.problems import KeyPath, dotted
from karvon.errors import OperatorError

_LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp (proc(5))."""
_ACCEPTS = 1 << 16
"""Flag of a listening socket in /proc/net/unix (``__SO_ACCEPTCON``, proc(5))."""


def check_free(listeners: Mapping[KeyPath, tuple[str, int]]) -> None:
    """Raise ``OperatorError``, one line per port, unless every address can be bound.

    Args:
        listeners: host and port by the key that sets the port.
    """
    problems = []
    for path, (host, port) in listeners.items():
        error = _bind_error(host, port)
        if error is not None:
            problems.append(_describe(dotted(path), host, port, error))
    if problems:
        raise OperatorError("\n".join(problems))


def _describe(key: str, host: str, port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        where = f"{key.removesuffix('port')}host" if key.endswith("listen.port") else key
        return f"cannot listen on {host}:{port}: {error.strerror}; change {where} or {key}"
    owner = owner_of(port)
    by = f" by process {owner[0]} ({owner[1]})" if owner else ""
    return f"port {port} is in use{by}; stop that program, or set {key} to another port"


def _bind_error(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return error
    return None


def owner_of(port: int) -> tuple[int, str] | None:
    """Give pid and command line of whoever listens on a TCP port, if we may see it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            found = str(link.readlink()) in inodes
        except OSError:
            continue
        if found:
            pid = int(link.parts[2])
            return pid, _command_line(pid)
    return None


def is_listened_on(path: Path) -> bool:
    """Tell whether a program listens on a Unix socket, without connecting to it."""
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    found = (line.split(maxsplit=7) for line in lines)
    return any(one[7:] == [str(path)] and int(one[3], 16) & _ACCEPTS for one in found)


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _command_line(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return "unknown"
    return re.sub(r"[^\x20-\x7e]+", " ", text).strip()[:80]
