# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a signed list means for the policy that names it."""

from policy_module.lists.document import ListedServer as Entry
from policy_module.lists.keys import KeyFileError, PublicKey
from policy_module.lists.source import SourceError, is_url
from policy_module.lists.verify import ListTrust, SignedList, TrustError
from policy_module.rules.document import Direction, SignedListSection
from policy_module.rules.load import Read, SignedListError
from policy_module.rules.policy import ListedServer, Listing


def trust_of(section: SignedListSection, read: Read) -> ListTrust:
    """Give whom the policy trusts about a list.

    Raises:
        SignedListError: if a key cannot be used, the threshold cannot be met, or the source is a URL
            that must not be asked.
    """
    keys: dict[str, PublicKey] = {}
    for signer in section.keys:
        if signer.id in keys:
            raise SignedListError(f"two keys have the id {signer.id!r}; rename one")
        try:
            keys[signer.id] = PublicKey.parse(read(signer.file).encode())
        except KeyFileError as error:
            raise SignedListError(f"{signer.file} {error}") from None
        except OSError as error:
            raise SignedListError(f"{signer.file} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SignedListError(f"{signer.file} is no key in PEM") from None
    try:
        is_url(section.source)
        return ListTrust(section.name, keys, section.threshold)
    except (SourceError, TrustError) as error:
        raise SignedListError(str(error)) from None


def listing(signed: SignedList) -> Listing:
    """Give the servers of a list, all of which end with it at the latest."""
    content = signed.content
    rule = f"list {content.name}"
    return Listing(
        tuple(_listed(entry, rule, content.expires) for entry in content.servers),
        tuple(_listed(entry, rule, content.expires) for entry in content.deny),
    )


def _listed(entry: Entry, rule: str, expires: float) -> ListedServer:
    return ListedServer(
        entry.pattern,
        rule,
        None if entry.direction == "both" else Direction(entry.direction),
        expires if entry.until is None else min(entry.until, expires),
    )
