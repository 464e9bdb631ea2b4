# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes users on the managed homeserver.

Source: Synapse's admin API, "Shared-secret registration".
"""

import hashlib
import hmac

import aiohttp

_PATH = "/_synapse/admin/v1/register"


class RegistrationError(Exception):
    """The homeserver did not make the user; the text is its answer."""


async def ensure_user(
    http: aiohttp.ClientSession, homeserver_url: str, secret: str, username: str, password: str
) -> bool:
    """Make a user unless there is one of that name; give whether it was made.

    Raises:
        RegistrationError: the homeserver refuses.
        aiohttp.ClientError: it cannot be reached.
    """
    async with http.get(homeserver_url + _PATH) as response:
        nonce = str((await response.json())["nonce"])
    body = {
        "nonce": nonce,
        "username": username,
        "password": password,
        "admin": False,
        "mac": registration_mac(secret, nonce, username, password),
    }
    async with http.post(homeserver_url + _PATH, json=body) as response:
        answer = await response.json()
        if response.status == 200:
            return True
        if answer.get("errcode") == "M_USER_IN_USE":
            return False
        raise RegistrationError(f"{answer.get('errcode')}: {answer.get('error')}")


def registration_mac(secret: str, nonce: str, username: str, password: str) -> str:
    """Prove that we know the shared secret: HMAC-SHA1 over the fields, as the API wants it."""
    text = "\0".join((nonce, username, password, "notadmin"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
