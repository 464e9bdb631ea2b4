# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making any text from the network fit for JSON, UTF-8 and PostgreSQL."""


def clean_text(text: str) -> str:
    """Replace lone surrogates and NUL by U+FFFD; everything else stays as it is.

    To be used on every text and name before it goes to Matrix or the database: UTF-8 has no lone
    surrogates and PostgreSQL stores no NUL. Surrogate pairs become the character they stand for.
    The length in UTF-16 code units does not change, so entity offsets stay right.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").replace("\0", "\ufffd")
