# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of log that others wrote, made fit for ours."""

import re

_NUMBER = re.compile(r"\d{5,}")
_LONGEST = 300


def without_numbers(text: str) -> str:
    """Return a line of log with what may be a phone number or an account's number hidden."""
    return _NUMBER.sub("…", text)[:_LONGEST]
