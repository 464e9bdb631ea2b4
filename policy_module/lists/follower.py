# SPDX-License-Identifier: AGPL-3.0-or-later
"""The signed lists a policy names, as they are whenever the policy is read."""

from collections.abc import Callable

from policy_module.lists.listing import listing, trust_of
from policy_module.lists.source import is_url
from policy_module.lists.store import ListStore, StoreError
from policy_module.lists.verify import LastAccepted, ListTrust, Refusal, SignedList, verify
from policy_module.rules.document import SignedListSection
from policy_module.rules.load import Read, SignedListError
from policy_module.rules.policy import Listing

Found = SignedList | Refusal | str
"""A list, why a document is not believed, or what was in the way of getting one."""

Report = Callable[[str, Found], None]
"""Told the name of a list and what was found, from any thread; must not raise."""


class KeptLists:
    """What lists say, for somebody who only looks: nothing is written.

    Args:
        store: where the homeserver keeps good documents.
        now: POSIX seconds.
    """

    def __init__(self, store: ListStore, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def __call__(self, section: SignedListSection, read: Read) -> Listing:
        """Give what a list says: its file if that is good, else what was kept.

        Raises:
            SignedListError: if the policy is wrong about it, or what is kept cannot be read.
        """
        trust = trust_of(section, read)
        files = [] if is_url(section.source) else [section.source]
        try:
            last = self._store.last(section.name)
            for file in (*files, str(self._store.document(section.name))):
                found = _read_and_verified(file, read, trust, last, self._now())
                if isinstance(found, SignedList):
                    return listing(found)
        except StoreError as error:
            raise SignedListError(str(error)) from None
        return Listing()


class ListFollower:
    """Gives what lists say, from their files, or from what was fetched and kept.

    Args:
        store: where good documents are kept.
        now: POSIX seconds.
        report: told what was found, again with every reading.
    """

    def __init__(self, store: ListStore, now: Callable[[], float], report: Report) -> None:
        self._store = store
        self._now = now
        self._report = report
        self._good: dict[str, tuple[ListTrust, SignedList]] = {}
        self._trusted: dict[str, tuple[SignedListSection, ListTrust]] = {}

    def trusted(self, section: SignedListSection) -> ListTrust | None:
        """Give whom the policy trusted about a list when it was last read with this section."""
        known, trust = self._trusted.get(section.name, (None, None))
        return trust if known == section else None

    def __call__(self, section: SignedListSection, read: Read) -> Listing:
        """Give what a list says now; nothing if there was never a good one.

        Raises:
            SignedListError: if the policy is wrong about it.
        """
        trust = trust_of(section, read)
        self._trusted[section.name] = section, trust
        try:
            if is_url(section.source):
                found = self._fetched(trust, read)
            else:
                found = self._from_file(trust, section.source, read)
        except StoreError as error:
            found = str(error)
        self._report(section.name, found)
        if isinstance(found, SignedList):
            self._good[section.name] = trust, found
        # A list that was good stays so until it expires, whatever happened to its files since.
        good_for, good = self._good.get(section.name, (None, None))
        return listing(good) if good is not None and good_for == trust else Listing()

    def _fetched(self, trust: ListTrust, read: Read) -> Found:
        last = self._store.last(trust.name)
        # Through ``read``, so that a newer one, fetched by whichever process, is noticed as any change;
        # and last, so that it is never older than what is remembered.
        file = str(self._store.document(trust.name))
        found = _read_and_verified(file, read, trust, last, self._now())
        return found or "it has not been fetched yet"

    def _from_file(self, trust: ListTrust, source: str, read: Read) -> Found:
        found: Found
        try:
            found = self._store.accept(read(source).encode(), trust, self._now())
        except OSError as error:
            found = f"{source} cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            found = f"{source} is no document"
        if isinstance(found, SignedList):
            return found
        self._report(trust.name, found)
        return self._store.load(trust, self._now()) or found


def _read_and_verified(
    file: str, read: Read, trust: ListTrust, last: LastAccepted | None, now: float
) -> SignedList | Refusal | None:
    try:
        document = read(file)
    except (OSError, UnicodeDecodeError):
        return None
    return verify(document.encode(), trust, last, now)
