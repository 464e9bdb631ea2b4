# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts on a network as it tells them to one login: who somebody is, for other parts of the suite."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.core.ids import ChatKey, RemoteUserID


@frozen
class NetworkAccount:
    """Somebody's account.

    Attributes:
        user: as the bridge calls them.
        ids: what the network itself calls them, by kind; the kinds are those of
            ``bridges.contacts.sources.model.IdKind``.
        name: as the login's owner has saved it, otherwise as published; empty if there is none.
        own_name: what they call themselves, where that is told beside a saved name.
        phone: in E.164 form, empty if the network does not tell it.
        handle: a public name without ``@``, empty if there is none.
    """

    user: RemoteUserID
    ids: Mapping[str, str] = field(factory=dict)
    name: str = ""
    own_name: str = ""
    phone: str = ""
    handle: str = ""


@frozen
class AccountContact:
    """Somebody in a login's address book, and the direct chat with them."""

    chat: ChatKey
    account: NetworkAccount
