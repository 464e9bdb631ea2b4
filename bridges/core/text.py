# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sentences shown to people: an English template with named values, translated when shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen


@frozen
class UserText:
    """A sentence for a person. ``template`` is its gettext id, in ``str.format`` syntax.

    Values are inserted as they are and never interpreted as templates; a value that is a sentence
    itself is translated with it.
    """

    template: str
    values: Mapping[str, str | int | UserText] = field(factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(self.values)


Translation = Callable[[UserText], str]
"""Puts sentences to a person in their language; ``str`` leaves them in English."""


def user_text(template: str, /, **values: str | int | UserText) -> UserText:
    """Make a sentence: ``user_text("Wait {seconds} s.", seconds=5)``."""
    return UserText(template, values)
