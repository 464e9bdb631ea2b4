# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names strangers have given themselves, made fit for Matrix."""

import unicodedata

_LONGEST = 200
_DROPPED = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(text: str | None) -> str:
    """Remove what cannot be stored or would disturb the text around it.

    Control characters, lone surrogates and direction overrides go; white space becomes single
    spaces. Everything else, such as ``<script>``, is just text.
    """
    if not text:
        return ""
    kept = (
        one
        for one in text
        if one.isspace() or not (unicodedata.category(one) in _DROPPED or one in _BIDI_CONTROLS)
    )
    return " ".join("".join(kept).split())[:_LONGEST].strip()


def clean_text_lines(text: str | None) -> str:
    """The same for a text of several lines, such as a chat's description."""
    lines = (clean_name(line) for line in (text or "").splitlines())
    return "\n".join(lines).strip()
