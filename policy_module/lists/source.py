# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where documents come from: a file, or a web server."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from policy_module.lists.store import read_limited

Fetch = Callable[[str], Awaitable[bytes]]
"""Get the body behind an https URL.

Must refuse redirects to another host and bodies longer than ``jws.MAX_DOCUMENT``, obey the egress rules,
and end in bounded time. Any exception of it means that there is no document this time.
"""

Read = Callable[[], Awaitable[bytes]]
"""Get the document once. Raises whatever stood in the way."""


class SourceError(ValueError):
    """The source is neither a file nor a usable URL; the message says what to write."""


def reader(source: str, folder: Path, fetch: Fetch) -> Read:
    """Give the function that gets the document.

    Args:
        source: a path, absolute or below ``folder``, or an https URL.
        folder: where the policy file lies.
        fetch: how to ask a web server.

    Raises:
        SourceError: for any other URL. The signature protects the content, but without TLS whoever is
            on the line sees who asks, and can hold back a new list until the old one expires.
    """
    if "://" not in source:
        path = folder / source

        async def read() -> bytes:
            return read_limited(path)

        return read
    try:
        url = urlsplit(source)
        usable = url.scheme == "https" and url.hostname and not url.username and not url.fragment
    except ValueError:
        usable = False
    if not usable:
        raise SourceError(
            "must be a path or an https URL without a password, such as"
            " https://example.org/.well-known/federation-list.jws"
        )
    return lambda: fetch(source)
