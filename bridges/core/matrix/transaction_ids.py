# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transaction ids that are the same whenever the same thing is sent again."""

import hashlib


def transaction_id(*parts: str | int) -> str:
    """Derive a transaction id from what is sent.

    The homeserver remembers ids per room without regard to the sender, so the sender has to be one
    of the ``parts``; their order matters, and no two lists of parts give the same id.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return f"k{digest.hexdigest()[:40]}"
