# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who a made-up server says it is: its name, its key, and what it signs with it."""

from collections.abc import Iterable
from typing import Any

from attrs import frozen
from signedjson.key import encode_verify_key_base64, generate_signing_key, get_verify_key
from signedjson.sign import sign_json
from signedjson.types import SigningKey

A_LONG_TIME = 4_000_000_000_000
"""Milliseconds since 1970 of a day far away."""


@frozen
class Identity:
    """A server name and its signing key."""

    name: str
    key: SigningKey

    @classmethod
    def made_up(cls, name: str) -> "Identity":
        """Give a server a fresh key."""
        return cls(name, generate_signing_key("peer"))

    @property
    def key_id(self) -> str:
        """Name of the key, such as ``ed25519:peer``."""
        return f"{self.key.alg}:{self.key.version}"

    def keys(self) -> dict[str, Any]:
        """Give the answer to a question for its keys (server-server API, "Retrieving server keys")."""
        public = encode_verify_key_base64(get_verify_key(self.key))
        return self.signed(
            {
                "server_name": self.name,
                "valid_until_ts": A_LONG_TIME,
                "verify_keys": {self.key_id: {"key": public}},
                "old_verify_keys": {},
            }
        )

    def signed(self, value: dict[str, Any]) -> dict[str, Any]:
        """Give ``value`` with a signature of this server besides those it has."""
        return dict(sign_json(value, self.name, self.key))

    def authorization(
        self, method: str, uri: str, destination: str, content: Any = None, *, as_: str = ""
    ) -> str:
        """Give the header of a request (server-server API, "Request authentication").

        ``as_`` is the name it claims, its own if there is none.
        """
        origin = as_ or self.name
        request = {"method": method, "uri": uri, "origin": origin, "destination": destination}
        if content is not None:
            request["content"] = content
        signed = sign_json(request, origin, self.key)
        signature = signed["signatures"][origin][self.key_id]
        return (
            f'X-Matrix origin="{origin}",destination="{destination}",'
            f'key="{self.key_id}",sig="{signature}"'
        )


def vouched(keys: Iterable[dict[str, Any]], notary: Identity) -> dict[str, Any]:
    """Give the answer of a notary (server-server API, "Querying keys through another server")."""
    return {"server_keys": [notary.signed(each) for each in keys]}
