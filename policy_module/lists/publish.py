# SPDX-License-Identifier: AGPL-3.0-or-later
"""The other end: signing a list, and laying it where homeservers look for it."""

from pathlib import Path

from policy_module.files import write_atomically
from policy_module.lists import document, jws
from policy_module.lists.document import FederationList, ListContentError
from policy_module.lists.keys import PrivateKey
from policy_module.lists.store import read_limited
from policy_module.lists.verify import LastAccepted, ListTrust, Refusal, SignedList, digest, verify

WELL_KNOWN = ".well-known/org.karvon.federation-list"
"""Where lists lie on a web server (RFC 8615); each as ``NAME.jws`` below it."""

_READABLE = 0o644


class NotSignedError(ValueError):
    """The file cannot be signed; the message says why."""


class NotPublishedError(ValueError):
    """The list was not published, and what lay there still does; the message says why."""


def sign(data: bytes, key: PrivateKey, key_id: str) -> tuple[bytes, FederationList]:
    """Sign the content of a list, or add a signature to a document that others signed.

    Returns:
        The document, and what the new signature vouches for.

    Raises:
        NotSignedError: if the file is neither, or holds no valid list.
    """
    before = _signed_before(data)
    content = data if before is None else before.content()
    try:
        listed = document.parse(content)
    except ListContentError as error:
        raise NotSignedError(str(error)) from None
    if before is None:
        return jws.sign(content, key, key_id).dump(), listed
    return jws.add_signature(before, key, key_id).dump(), listed


def publish(data: bytes, site: Path, trust: ListTrust, now: float) -> tuple[Path, SignedList]:
    """Lay a list into the folder of a web server, for all to read.

    Args:
        data: the signed document.
        site: what the web server shows as ``/``.
        trust: what those who fetch it are told to trust.
        now: POSIX seconds.

    Raises:
        NotPublishedError: if they would refuse it, also because of what they have fetched before.
        OSError: if the folder cannot be written.
    """
    path = site / WELL_KNOWN / f"{trust.name}.jws"
    found = verify(data, trust, _published(path), now)
    if isinstance(found, Refusal):
        raise NotPublishedError(found.detail)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data, mode=_READABLE)
    return path, found


def _signed_before(data: bytes) -> jws.Document | None:
    try:
        signed = jws.parse(data)
        signed.content()
    except jws.JwsError as error:
        if b'"signatures"' in data:
            raise NotSignedError(f"the document {error}") from None
        return None
    return signed


def _published(path: Path) -> LastAccepted | None:
    try:
        content = jws.parse(read_limited(path)).content()
        return LastAccepted(document.parse(content).version, digest(content))
    except FileNotFoundError:
        return None
    except (jws.JwsError, ListContentError) as error:
        raise NotPublishedError(
            f"what lies at {path} is no list, so its version is not known ({error}); remove it"
        ) from None
