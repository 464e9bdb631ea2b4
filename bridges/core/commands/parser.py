# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a line somebody typed to a command word and its arguments; pure, and total over all texts.

Only the first line of a message is a command: what follows it can never become another one.
"""

import difflib
import io
import shlex
from collections.abc import Iterable, Sequence

from attrs import frozen

from bridges.core.text import UserText, user_text

_LIST_DIGITS = 3


@frozen
class Argument:
    """One argument of a command.

    Attributes:
        name: shown in the usage line, and the key of its value.
        rest: takes everything up to the end of the line as it is; only for the last argument.
    """

    name: str
    required: bool = True
    rest: bool = False


class UsageError(Exception):
    """A command was written wrongly; ``text`` is the one line that helps."""

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text


def command_line(text: str) -> str:
    """Give the first line of a message without control characters and surrounding space."""
    lines = text.strip().splitlines()
    first = lines[0] if lines else ""
    return "".join(sign if sign.isprintable() else " " for sign in first).strip()


def strip_prefix(line: str, prefix: str) -> str | None:
    """Give what follows the prefix, or None if ``line`` does not start with it as a word."""
    word, rest = split_word(line)
    return rest if word.casefold() == prefix.casefold() else None


def split_word(line: str) -> tuple[str, str]:
    """Split off the first word."""
    word, _, rest = line.strip().partition(" ")
    return word, rest.strip()


def list_number(word: str) -> int | None:
    """Read the number of an entry in a list; None if ``word`` cannot be one."""
    return int(word) if word.isdecimal() and len(word) <= _LIST_DIGITS else None


def usage(name: str, arguments: Sequence[Argument], prefix: str = "") -> str:
    """Write a command as it has to be typed: ``!tg login [flow]``."""
    shown = [f"<{one.name}>" if one.required else f"[{one.name}]" for one in arguments]
    return " ".join(filter(None, [prefix, name, *shown]))


def bind(arguments: Sequence[Argument], text: str, usage_line: str) -> dict[str, str]:
    """Give the arguments their values; optional ones that are missing have none.

    Spaces separate words, and quotes keep them together; ``rest`` takes quotes as
    they are. Raises ``UsageError`` when something is missing, left over or not closed.
    """
    values: dict[str, str] = {}
    left = text.strip()
    for argument in arguments:
        value, left = (left, "") if argument.rest else _next_word(left, usage_line)
        if value:
            values[argument.name] = value
        elif argument.required:
            raise UsageError(
                user_text("Something is missing. Write it like this: `{usage}`", usage=usage_line)
            )
    if left:
        raise UsageError(
            user_text("That was too much. Write it like this: `{usage}`", usage=usage_line)
        )
    return values


def _next_word(text: str, usage_line: str) -> tuple[str, str]:
    stream = io.StringIO(text)
    lexer = shlex.shlex(stream, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    try:
        word = lexer.get_token()
    except ValueError:
        raise UsageError(
            user_text("A quote is not closed. Write it like this: `{usage}`", usage=usage_line)
        ) from None
    return word or "", stream.read().strip()


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Find the word somebody most likely meant."""
    matches = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None
