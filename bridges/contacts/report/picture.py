# SPDX-License-Identifier: AGPL-3.0-or-later
"""The picture of a report: a ring of shares, as SVG 1.1 that stands in HTML."""

from collections.abc import Mapping
from html import escape

from bridges.contacts.report.model import State
from bridges.contacts.report.words import STATES
from bridges.core.text import Translation, user_text

_RADIUS = 70
_WIDTH = 34
_GAP = 0.4
"""Percent between two parts, where there are two."""


def ring(numbers: Mapping[State, int], words: Translation) -> str:
    """Draw it; the colours are those of the classes ``native``, ``bridged``, ``unreachable``.

    Numbers are shown beside it by whoever shows it; those who see no picture hear them.
    """
    total = sum(numbers.values())
    told = ", ".join(f"{words(STATES[state])}: {numbers[state]}" for state in State)
    title = words(user_text("Shares of your contacts"))
    return (
        '<svg class="ring" viewBox="-100 -100 200 200" role="img" aria-labelledby="ring-title ring-told">'
        f'<title id="ring-title">{escape(title)}</title><desc id="ring-told">{escape(told)}</desc>'
        f'<circle r="{_RADIUS}" class="empty" fill="none" stroke-width="{_WIDTH}"/>'
        f"{''.join(_parts(numbers, total))}"
        f'<text class="total" text-anchor="middle" dominant-baseline="central">{total}</text></svg>'
    )


def _parts(numbers: Mapping[State, int], total: int) -> list[str]:
    """Arcs by ``pathLength`` 100, beginning at the top, clockwise."""
    shown = [state for state in State if numbers[state]]
    gap = _GAP if len(shown) > 1 else 0
    parts, start = [], 0.0
    for state in shown:
        share = 100 * numbers[state] / total
        length = max(share - gap, 0.1)
        parts.append(
            f'<circle r="{_RADIUS}" class="{state.value}" fill="none" stroke-width="{_WIDTH}"'
            f' pathLength="100" stroke-dasharray="{length:.3f} {100 - length:.3f}"'
            f' stroke-dashoffset="{-start:.3f}" transform="rotate(-90)"/>'
        )
        start += share
    return parts
