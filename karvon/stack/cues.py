# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bot says while somebody logs in: all that the demo knows about its words."""

import re
from collections.abc import Sequence
from enum import StrEnum


class Cue(StrEnum):
    """What a message of the bot asks for, or tells."""

    NOT_LOGGED_IN = "not logged in"
    ACCOUNTS = "list of accounts"
    CHOOSE_FLOW = "which way to log in"
    PHONE = "phone number"
    CODE = "login code"
    SHOWN_CODE = "a code to type on the phone"
    DONE = "logged in"


CUES: Sequence[tuple[Cue, re.Pattern[str]]] = (
    (Cue.NOT_LOGGED_IN, re.compile(r"not logged in", re.IGNORECASE)),
    (Cue.ACCOUNTS, re.compile(r"your accounts", re.IGNORECASE)),
    (Cue.CHOOSE_FLOW, re.compile(r"how do you want to log in", re.IGNORECASE)),
    (Cue.DONE, re.compile(r"logged in|latest chats appear|is linked", re.IGNORECASE)),
    (Cue.PHONE, re.compile(r"the phone number of your", re.IGNORECASE)),
    (Cue.SHOWN_CODE, re.compile(r"your code: ", re.IGNORECASE)),
    (Cue.CODE, re.compile(r"(?<!country )\bcode\b", re.IGNORECASE)),
)
"""The first that is found in a message of the bot tells what it is about."""

_PHONE_FLOW = re.compile(r"(\d+)\. .*phone", re.IGNORECASE)
_SHOWN_CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


def cue_of(body: str) -> Cue | None:
    """Tell what a message of the bot is about."""
    return next((cue for cue, pattern in CUES if pattern.search(body)), None)


def phone_flow(body: str) -> str | None:
    """Give the number of the way to log in by phone number."""
    found = _PHONE_FLOW.search(body)
    return found[1] if found else None


def shown_code(body: str) -> str | None:
    """Give the code that is to be typed on the phone."""
    found = _SHOWN_CODE.search(body)
    return found[0] if found else None
