# SPDX-License-Identifier: AGPL-3.0-or-later
"""A thousand of the damaged files; ``tests.contacts.sources.fuzz`` reads as many as one likes."""

from tests.contacts.sources.fuzz import run


def test_no_damage_stops_the_readers() -> None:
    assert run(1_000, seed=0) > 1_000
