# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``contacts``: address books and search."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import contacts

from sandbox.telegram import inputs
from sandbox.telegram.accounts import normal_phone
from sandbox.telegram.records import Account, Contact, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _get_contacts(call: Call, _request: Any) -> Any:
    me = call.me.id
    saved = sorted(call.world.accounts.contacts(me), key=lambda contact: contact.user)
    users, _ = call.world.render.people_and_rooms(me, [Peer.user(c.user) for c in saved])
    listed = [types.Contact(c.user, _is_mutual(call, c.user)) for c in saved]
    return types.contacts.Contacts(listed, 0, users)


def _is_mutual(call: Call, user: int) -> bool:
    return call.world.accounts.contact(user, call.me.id) is not None


def _get_statuses(call: Call, _request: Any) -> list[Any]:
    accounts = call.world.accounts
    return [
        types.ContactStatus(c.user, call.world.render.status(call.me.id, accounts.get(c.user)))
        for c in accounts.contacts(call.me.id)
    ]


def _import_contacts(call: Call, request: Any) -> Any:
    me = call.me.id
    imported, found = [], []
    for given in request.contacts:
        account = call.world.accounts.by_phone(given.phone)
        if account is None:
            continue
        call.world.accounts.add_contact(Contact(me, account.id, given.first_name, given.last_name))
        imported.append(types.ImportedContact(account.id, given.client_id))
        found.append(Peer.user(account.id))
    users, _ = call.world.render.people_and_rooms(me, found)
    return types.contacts.ImportedContacts(imported, [], [], users)


def _add_contact(call: Call, request: Any) -> Any:
    account = inputs.account(call, request.id)
    if account.deleted:
        raise bad_request("CONTACT_ID_INVALID")
    if not request.first_name:
        raise bad_request("CONTACT_NAME_EMPTY")
    contact = Contact(call.me.id, account.id, request.first_name, request.last_name)
    call.world.accounts.add_contact(contact)
    return _person_answer(call, account)


def _delete_contacts(call: Call, request: Any) -> Any:
    people = [inputs.account(call, given) for given in request.id]
    for account in people:
        call.world.accounts.remove_contact(call.me.id, account.id)
    peers = [Peer.user(account.id) for account in people]
    return call.world.updates.answer(call.me.id, peers=peers)


def _person_answer(call: Call, account: Account) -> Any:
    settings = types.UpdatePeerSettings(types.PeerUser(account.id), types.PeerSettings())
    return call.world.updates.answer(call.me.id, [settings], [Peer.user(account.id)])


def _search(call: Call, request: Any) -> Any:
    wanted = request.q.lower().lstrip("@").strip()
    if not wanted:
        raise bad_request("SEARCH_QUERY_EMPTY")
    me = call.me.id
    mine: list[Peer] = []
    others: list[Peer] = []
    for account in call.world.accounts:
        shown = call.world.render.user(me, account)
        known = bool(shown.contact or shown.is_self)
        names = f"{shown.first_name or ''} {shown.last_name or ''}".lower()
        if account.deleted:
            continue
        if known and (wanted in names or wanted in (account.username or "").lower()):
            mine.append(Peer.user(account.id))
        elif (account.username or "").lower().startswith(wanted):
            others.append(Peer.user(account.id))
    for room in call.world.rooms:
        inside = me in room.members
        public = (room.username or "").lower().startswith(wanted) and room.username is not None
        if inside and (wanted in room.title.lower() or public):
            mine.append(room.peer)
        elif public:
            others.append(room.peer)
    mine, others = mine[: request.limit], others[: request.limit]
    users, chats = call.world.render.people_and_rooms(me, mine + others)
    return types.contacts.Found(
        [peer.tl() for peer in mine], [peer.tl() for peer in others], chats, users
    )


def _resolve_username(call: Call, request: Any) -> Any:
    account = call.world.accounts.by_username(request.username)
    if account is not None:
        return _resolved(call, Peer.user(account.id))
    room = call.world.rooms.by_username(request.username)
    if room is None:
        raise bad_request("USERNAME_NOT_OCCUPIED")
    return _resolved(call, room.peer)


def _resolve_phone(call: Call, request: Any) -> Any:
    if request.phone != normal_phone(request.phone):
        raise bad_request("PHONE_NOT_OCCUPIED")
    account = call.world.accounts.by_phone(request.phone)
    if account is None:
        raise bad_request("PHONE_NOT_OCCUPIED")
    return _resolved(call, Peer.user(account.id))


def _resolved(call: Call, peer: Peer) -> Any:
    users, chats = call.world.render.people_and_rooms(call.me.id, [peer])
    return types.contacts.ResolvedPeer(peer.tl(), chats, users)


HANDLERS: Handlers = MappingProxyType(
    {
        contacts.GetContactsRequest: _get_contacts,
        contacts.GetStatusesRequest: _get_statuses,
        contacts.ImportContactsRequest: _import_contacts,
        contacts.AddContactRequest: _add_contact,
        contacts.DeleteContactsRequest: _delete_contacts,
        contacts.SearchRequest: _search,
        contacts.ResolveUsernameRequest: _resolve_username,
        contacts.ResolvePhoneRequest: _resolve_phone,
    }
)
