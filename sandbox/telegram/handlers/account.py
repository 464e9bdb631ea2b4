# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``account``: password, presence, sessions, the own profile."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import account

from sandbox.telegram import srp
from sandbox.telegram.clock import moment
from sandbox.telegram.records import Account, AuthKey, Change, Kind, Peer
from sandbox.telegram.rpc import Call, Handlers, RpcFailureError, bad_request

_EXACT = (types.UserStatusOnline, types.UserStatusOffline)


def authorization(key: AuthKey, current: AuthKey | None) -> Any:
    """Return the TL ``Authorization`` of a session; the asking one has hash 0."""
    is_current = key is current
    return types.Authorization(
        hash=0 if is_current else key.number,
        device_model=key.device,
        platform="",
        system_version=key.system,
        api_id=key.api_id,
        app_name="Sandbox client",
        app_version=key.app_version,
        date_created=moment(key.created),
        date_active=moment(key.active),
        ip="127.0.0.1",
        country="Sandbox",
        region="",
        current=is_current or None,
        password_pending=key.pending is not None or None,
    )


def _get_password(call: Call, _request: Any) -> Any:
    owner = call.world.logins.password_of(call.key)
    unused = types.PasswordKdfAlgoUnknown()
    answer = types.account.Password(
        new_algo=unused,
        new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
        secure_random=call.world.random_bytes(32),
    )
    if owner.password is not None:
        challenge = call.world.logins.new_challenge(owner)
        answer.has_password = True
        answer.current_algo = srp.algorithm(owner.password)
        answer.srp_B = srp.public_bytes(challenge)
        answer.srp_id = challenge.id
        answer.hint = owner.password.hint or None
    return answer


def _update_status(call: Call, request: Any) -> bool:
    now = call.world.clock()
    until = 0.0 if request.offline else now + call.world.limits.online_seconds
    call.world.accounts.set_online(call.me, until)
    for watcher in acquaintances(call, call.me):
        status = call.world.render.status(watcher, call.me)
        # Who may not know the time is not told when it changes.
        if watcher != call.me.id and isinstance(status, _EXACT):
            update = types.UpdateUserStatus(call.me.id, status)
            call.world.updates.passing(watcher, update, [Peer.user(call.me.id)])
    return True


def acquaintances(call: Call, account_: Account) -> set[int]:
    """Return who is told about a person: who saved them, who they saved, who they write with."""
    world = call.world
    known = world.accounts.saved_by(account_.id)
    known.update(contact.user for contact in world.accounts.contacts(account_.id))
    dialogs = world.mailboxes.dialogs(account_.id)
    known.update(dialog.peer.id for dialog in dialogs if dialog.peer.kind is Kind.USER)
    known.add(account_.id)
    return known


def tell_about(call: Call, account_: Account, change: Change = Change.PERSON) -> None:
    """Let everybody who knows a person see their changed name, or what else has changed."""
    for watcher in acquaintances(call, account_):
        call.world.updates.logged(watcher, change, Peer.user(account_.id))


def require_old_session(call: Call) -> None:
    """Raise 406 FRESH_RESET_AUTHORISATION_FORBIDDEN in a session younger than a day."""
    age = call.world.clock() - call.key.created
    if age < call.world.limits.fresh_session_seconds:
        raise RpcFailureError(406, "FRESH_RESET_AUTHORISATION_FORBIDDEN")


def _get_authorizations(call: Call, _request: Any) -> Any:
    keys = call.world.logins.sessions(call.me.id)
    return types.account.Authorizations(180, [authorization(key, call.key) for key in keys])


def _reset_authorization(call: Call, request: Any) -> bool:
    require_old_session(call)
    for key in call.world.logins.sessions(call.me.id):
        if key.number == request.hash:
            call.world.logins.end(key, "SESSION_REVOKED")
            return True
    raise bad_request("HASH_INVALID")


def _update_profile(call: Call, request: Any) -> Any:
    me = call.me
    if request.first_name is not None:
        if not request.first_name.strip():
            raise bad_request("FIRSTNAME_INVALID")
        me.first_name = request.first_name
    me.last_name = me.last_name if request.last_name is None else request.last_name
    me.about = me.about if request.about is None else request.about
    call.world.accounts.save(me)
    tell_about(call, me)
    return call.world.render.user(me.id, me)


def _check_username(call: Call, request: Any) -> bool:
    found = call.world.accounts.by_username(request.username)
    return found in (None, call.me) and call.world.rooms.by_username(request.username) is None


def _update_username(call: Call, request: Any) -> Any:
    if request.username and not _check_username(call, request):
        raise bad_request("USERNAME_OCCUPIED")
    me = call.me
    if (me.username or "") == request.username:
        raise bad_request("USERNAME_NOT_MODIFIED")
    me.username = request.username or None
    call.world.accounts.save(me)
    tell_about(call, me)
    return call.world.render.user(me.id, me)


def _init_takeout(call: Call, _request: Any) -> Any:
    return types.account.Takeout(call.world.takeouts.begin(call.me.id))


def _finish_takeout(call: Call, _request: Any) -> bool:
    call.world.takeouts.finish(call.me.id, call.takeout)
    return True


def _done(_call: Call, _request: Any) -> bool:
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        account.GetPasswordRequest: _get_password,
        account.UpdateStatusRequest: _update_status,
        account.GetAuthorizationsRequest: _get_authorizations,
        account.ResetAuthorizationRequest: _reset_authorization,
        account.UpdateProfileRequest: _update_profile,
        account.CheckUsernameRequest: _check_username,
        account.UpdateUsernameRequest: _update_username,
        account.InitTakeoutSessionRequest: _init_takeout,
        account.FinishTakeoutSessionRequest: _finish_takeout,
        account.RegisterDeviceRequest: _done,
        account.UnregisterDeviceRequest: _done,
    }
)
