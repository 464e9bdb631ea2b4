# SPDX-License-Identifier: AGPL-3.0-or-later
"""Codes of words: made, written down as a hash, and recognised however they are typed. Pure."""

import hashlib
import hmac
import re
from collections.abc import Callable

WORDS = (
    *("amber", "apple", "arrow", "autumn", "basket", "bread", "bridge", "butter"),
    *("candle", "carpet", "cherry", "cloud", "coffee", "copper", "cotton", "desert"),
    *("dinner", "eagle", "falcon", "feather", "flower", "forest", "garden", "ginger"),
    *("grape", "hammer", "harbor", "honey", "island", "jacket", "kettle", "ladder"),
    *("lemon", "letter", "marble", "market", "meadow", "melon", "mirror", "morning"),
    *("mountain", "needle", "olive", "orange", "pepper", "pillow", "planet", "pocket"),
    *("pomegranate", "river", "saddle", "saffron", "silver", "sparrow", "spring", "summer"),
    *("table", "thunder", "tulip", "velvet", "violin", "walnut", "window", "winter"),
)
"""64 of them: six bits each."""

LENGTH = 5
"""Words in a code: one in 2³⁰, of which few may be tried."""

_WORD = re.compile(r"[a-z]+")


def new_code(pick: Callable[[int], int]) -> str:
    """A code; ``pick(n)`` gives a random number below n."""
    return "-".join(WORDS[pick(len(WORDS))] for _ in range(LENGTH))


def hashed(code: str, salt: str) -> str:
    """What is stored of a code (scrypt, RFC 7914); takes some milliseconds on purpose.

    Capitals, and what stands between the words, do not matter. ``salt`` is hexadecimal.
    """
    words = "-".join(_WORD.findall(code.casefold()))
    return hashlib.scrypt(words.encode(), salt=bytes.fromhex(salt), n=2**13, r=8, p=1).hex()


def is_same(code: str, salt: str, stored: str) -> bool:
    """Whether somebody has said the code that is stored."""
    return hmac.compare_digest(hashed(code, salt), stored)
