# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse's own tests, with and without the policy module in every homeserver they make.

They come from the source distribution of the installed version, are fetched when asked for
(``make synapse-suite``) and never become part of this repository.
"""

SUITE = (
    "tests.rest.client.test_rooms",
    "tests.rest.client.test_media",
    "tests.federation",
    "tests.media",
    "tests.handlers.test_federation",
    "tests.handlers.test_federation_event",
    "tests.handlers.test_room_member",
    "tests.rest.client.test_third_party_rules",
)
"""The parts about what the module hooks into. docs/policy.md has what came of each."""

_PREVIEWS = "tests.rest.client.test_media.URLPreviewTests"
EXPLAINED = frozenset(
    f"{_PREVIEWS}.test_oembed_{name}" for name in ("blocked", "format", "photo", "rich")
)
"""These change the settings of a homeserver after it is built. The module has a guard put around what
previews pages, so that this is built by then and does not see the change."""
