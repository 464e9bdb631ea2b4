# SPDX-License-Identifier: AGPL-3.0-or-later
"""The secret of a bridge's provisioning API.

It is derived from the key that seals the stored logins (HMAC-SHA-256 with a label of its own, as in RFC
5869, section 2.3): whoever asks has that key anyway, because it seals the contacts too. The homeserver has
not, so the tokens of the registration would be a worse origin. A new key makes a new secret.
"""

import hashlib
import hmac


def provisioning_secret(encryption_key: bytes, network: str) -> str:
    """Give the bearer token for one network's bridge; 64 hexadecimal digits."""
    label = f"karvon provisioning v1 {network}".encode()
    return hmac.new(encryption_key, label + b"\x01", hashlib.sha256).hexdigest()
