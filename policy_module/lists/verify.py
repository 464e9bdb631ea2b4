# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a document is to be believed: signatures, threshold, age, and never an older one again."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import field, frozen

from policy_module.lists import document, jws
from policy_module.lists.document import FederationList, ListContentError
from policy_module.lists.keys import PublicKey

CLOCK_SKEW = 300.0
"""How far ahead of ours a signer's clock may be, in seconds."""


class TrustError(ValueError):
    """Keys and threshold that cannot work together; the message says why."""


def _keys(keys: Mapping[str, PublicKey]) -> Mapping[str, PublicKey]:
    return MappingProxyType(dict(keys))


@frozen
class ListTrust:
    """Whom to believe about one list.

    ``name`` is the list's own name: a document of the same signers with another name is another list.
    ``keys`` maps key ids to keys, ``threshold`` says how many of them have to sign.

    Raises:
        TrustError: if the threshold cannot be met, or one key stands there twice and would count
            as two signers.
    """

    name: str
    keys: Mapping[str, PublicKey] = field(converter=_keys)
    threshold: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.keys):
            raise TrustError(
                f"the threshold is {self.threshold}; it must be from 1 to the number of keys,"
                f" {len(self.keys)}"
            )
        if len({key.thumbprint for key in self.keys.values()}) < len(self.keys):
            raise TrustError("one key stands under two ids; each signer needs a key of their own")


@frozen
class LastAccepted:
    """The newest state of a list seen here; ``digest`` as in :class:`SignedList`."""

    version: int
    digest: str


@frozen
class SignedList:
    """A list to be believed until its ``expires``.

    ``digest`` is the SHA-256, in hexadecimal, of what was signed; ``signers`` are the key ids
    whose signatures were checked.
    """

    content: FederationList
    digest: str
    signers: frozenset[str]

    @property
    def accepted(self) -> LastAccepted:
        """What has to be remembered so that nothing older is believed later."""
        return LastAccepted(self.content.version, self.digest)

    def in_force(self, now: float) -> bool:
        """Whether its servers still count at ``now``, in POSIX seconds."""
        return now < self.content.expires


class Cause(StrEnum):
    """Why a document is refused: stable names for the audit."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    TOO_FEW_SIGNERS = "too_few_signers"
    WRONG_CONTENT = "wrong_content"
    OTHER_LIST = "other_list"
    ISSUED_IN_FUTURE = "issued_in_future"
    EXPIRED = "expired"
    ROLLED_BACK = "rolled_back"


@frozen
class Refusal:
    """The document is not believed; ``detail`` says in English what is wrong with it."""

    cause: Cause
    detail: str


def verify(
    data: bytes, trust: ListTrust, last: LastAccepted | None, now: float
) -> SignedList | Refusal:
    """Decide about a document that came from anywhere.

    Args:
        data: the document, as file or server gave it.
        trust: whose signatures count.
        last: the newest state accepted before, ``None`` the first time.
        now: POSIX seconds.
    """
    try:
        parsed = jws.parse(data)
        signers = jws.signers(parsed, trust.keys)
        content = parsed.content()
    except jws.JwsError as error:
        return Refusal(Cause.MALFORMED, f"the document {error}")
    except jws.BadSignatureError as error:
        return Refusal(Cause.BAD_SIGNATURE, str(error))
    if len(signers) < trust.threshold:
        return Refusal(
            Cause.TOO_FEW_SIGNERS,
            f"signed by {_names(signers)}, and {trust.threshold} of {_names(trust.keys)} are needed",
        )
    # Not a byte of the content is looked at before enough signers vouch for it.
    try:
        listed = document.parse(content)
    except ListContentError as error:
        return Refusal(Cause.WRONG_CONTENT, str(error))
    signed = SignedList(listed, digest(content), signers)
    return _against_time_and_past(signed, trust.name, last, now) or signed


def digest(content: bytes) -> str:
    """Give the SHA-256 of what is signed, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _against_time_and_past(
    signed: SignedList, name: str, last: LastAccepted | None, now: float
) -> Refusal | None:
    content = signed.content
    if content.name != name:
        return Refusal(Cause.OTHER_LIST, f"this is the list {content.name!r}, not {name!r}")
    if last is not None and content.version < last.version:
        return Refusal(
            Cause.ROLLED_BACK,
            f"version {content.version} is older than version {last.version}, which was seen here",
        )
    if last is not None and content.version == last.version and signed.digest != last.digest:
        return Refusal(
            Cause.ROLLED_BACK,
            f"version {content.version} was seen here with another content; a changed list needs a"
            " higher version",
        )
    if not content.issued <= now + CLOCK_SKEW:
        return Refusal(
            Cause.ISSUED_IN_FUTURE,
            f"issued {math.ceil(content.issued - now)} seconds from now; one of the clocks is wrong",
        )
    if not signed.in_force(now):
        return Refusal(Cause.EXPIRED, f"version {content.version} has expired")
    return None


def _names(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys)) or "nobody known"
