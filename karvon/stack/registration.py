# SPDX-License-Identifier: AGPL-3.0-or-later
"""The registration of a bridge as the homeserver reads it."""

from typing import Any

from bridges.core.config import Registration


def registration_document(registration: Registration) -> dict[str, Any]:
    """Give the content of a registration file.

    Source: Matrix specification, application service API, "Registration"; MSC2409 (typing and
    receipts are pushed) under its stable and unstable name; MSC4190 (devices without login).
    """
    users = [
        {"exclusive": namespace.exclusive, "regex": namespace.regex}
        for namespace in registration.namespaces
    ]
    return {
        "id": registration.id,
        "url": registration.url,
        "as_token": registration.as_token,
        "hs_token": registration.hs_token,
        # Synapse answers /sync with 500 for this user, and the bot has to sync: so it is another one.
        "sender_localpart": f"_karvon_{registration.id}",
        "rate_limited": False,
        "namespaces": {"users": users, "aliases": [], "rooms": []},
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "io.element.msc4190": True,
    }
