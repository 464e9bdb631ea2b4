# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a webhook comes from Meta: ``X-Hub-Signature-256``, over the body as it was sent."""

import hashlib
import hmac
from collections.abc import Mapping

_SCHEME = "sha256="


def signature_of(secret: str, body: bytes) -> str:
    """The header's value for a body."""
    return _SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signers(secrets: Mapping[str, str], body: bytes, header: str) -> frozenset[str]:
    """The names of those secrets the body is signed with.

    Takes as long for a wrong signature as for a right one, whichever secret it is of.
    """
    fitting = {secret: same(signature_of(secret, body), header) for secret in set(secrets.values())}
    return frozenset(name for name, secret in secrets.items() if fitting[secret])


def same(secret: str, given: str) -> bool:
    """Whether two secrets are equal, in constant time."""
    return hmac.compare_digest(secret.encode(), given.encode("utf-8", "surrogateescape"))
