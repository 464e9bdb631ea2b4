# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where documents come from: a file, or a web server."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

Fetch = Callable[[str], Awaitable[bytes]]
"""Get the body behind an https URL.

Must refuse bodies longer than ``jws.MAX_DOCUMENT``, obey the egress rules at every redirect, and end in
bounded time. Any exception of it means that there is no document this time.
"""


class SourceError(ValueError):
    """The source is neither a file nor a usable URL; the message says what to write."""


def is_url(source: str) -> bool:
    """Whether a source is a URL to fetch rather than a file.

    Raises:
        SourceError: for a URL that must not be used. The signature protects the content, but without
            TLS whoever is on the line sees who asks, and can hold back a new list until the old one
            expires.
    """
    if "://" not in source:
        return False
    try:
        url = urlsplit(source)
        usable = url.scheme == "https" and url.hostname and not url.username and not url.fragment
    except ValueError:
        usable = False
    if not usable:
        raise SourceError(
            f"the source {source!r} must be a path or an https URL without a password, such as"
            " https://example.org/.well-known/org.karvon.federation-list/clinics.jws"
        )
    return True
