# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a message says something else now: networks also report edits that change nothing."""

import hashlib
import json

from attrs import asdict, evolve

from bridges.core.content import RemoteMedia, RemotePart, Text


def digest(part: RemotePart) -> str:
    """A short text that is the same for parts that look the same, in every process.

    References to files are renewed from time to time, so a file counts by its cache key where it
    has one, and its thumbnail not at all. Previews of links are completed later and do not count.
    """
    match part:
        case RemoteMedia():
            reference = "" if part.cache_key else part.reference
            part = evolve(part, reference=reference, thumbnail=None)
        case Text():
            part = evolve(part, previews=())
    values = asdict(part)
    said = json.dumps([type(part).__name__, values], sort_keys=True, default=sorted)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
