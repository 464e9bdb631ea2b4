# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the guide has stored of somebody, as kinds of data that are counted and deleted."""

from collections.abc import Awaitable, Callable, Mapping

from mautrix.types import UserID

from bridges.contacts.directory.store import DirectoryStore
from bridges.contacts.store.books import ContactStore
from bridges.guide.store.archives import DepositStore
from bridges.migration.leaving.deletion.subjects import Kept, Subject


def kept_subjects(
    owner: UserID,
    contacts: ContactStore,
    directory: DirectoryStore,
    deposits: DepositStore,
    forget_archives: Callable[[], Awaitable[None]],
) -> Mapping[str, Subject]:
    """Give what can be deleted of a person, by the name of its kind."""

    async def cards() -> int:
        return sum(len(book.cards) for book in await contacts.books(owner))

    async def entries() -> int:
        return int(await directory.record(owner) is not None)

    async def archives() -> int:
        return len(await deposits.of(owner))

    return {
        "contacts": Kept(cards, lambda: contacts.forget(owner)),
        "directory": Kept(entries, lambda: directory.forget(owner)),
        "dropped": Kept(archives, forget_archives),
    }
