# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``auth``: https://core.telegram.org/api/auth and /api/qr-login."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import auth

from sandbox.telegram import migration
from sandbox.telegram.clock import moment
from sandbox.telegram.handlers.account import authorization, require_old_session
from sandbox.telegram.limits import LOGIN_CODE
from sandbox.telegram.records import Account, AuthKey
from sandbox.telegram.rpc import Call, Handlers, bad_request
from sandbox.telegram.small_records import LoginCode


def _send_code(call: Call, request: Any) -> Any:
    if not request.api_id or not request.api_hash:
        raise bad_request("API_ID_INVALID")
    known = call.world.accounts.by_phone(request.phone_number)
    migration.require_phone_home(call.key, known)
    sent = call.world.logins.send_code(request.phone_number)
    in_app = known is not None and call.world.logins.sessions(known.id)
    kind = types.auth.SentCodeTypeApp if in_app else types.auth.SentCodeTypeSms
    return _sent(call, sent, kind(len(LOGIN_CODE)))


def _resend_code(call: Call, request: Any) -> Any:
    sent = call.world.logins.resend_code(request.phone_number, request.phone_code_hash)
    return _sent(call, sent, types.auth.SentCodeTypeSms(len(LOGIN_CODE)))


def _sent(call: Call, sent: LoginCode, kind: Any) -> Any:
    return types.auth.SentCode(
        type=kind,
        phone_code_hash=sent.hash,
        next_type=types.auth.CodeTypeSms(),
        timeout=call.world.limits.code_seconds,
    )


def _cancel_code(call: Call, request: Any) -> bool:
    call.world.logins.cancel_code(request.phone_number, request.phone_code_hash)
    return True


def _sign_in(call: Call, request: Any) -> Any:
    migration.require_phone_home(call.key, call.world.accounts.by_phone(request.phone_number))
    account = call.world.logins.check_code(
        request.phone_number, request.phone_code_hash, request.phone_code or ""
    )
    if account is None:
        return types.auth.AuthorizationSignUpRequired()
    call.world.logins.enter(call.key, account)
    return _entered(call, account)


def _check_password(call: Call, request: Any) -> Any:
    account = call.world.logins.check_password(call.key, request.password)
    return _entered(call, account)


def _entered(call: Call, account: Account) -> Any:
    _tell_other_sessions(call, call.key)
    return types.auth.Authorization(call.world.render.user(account.id, account))


def _tell_other_sessions(call: Call, key: AuthKey) -> None:
    assert key.account is not None
    call.world.updates.passing(
        key.account,
        types.UpdateNewAuthorization(
            hash=key.number,
            unconfirmed=True,
            date=call.world.clock.moment(),
            device=key.device,
            location="Sandbox",
        ),
    )


def _export_login_token(call: Call, request: Any) -> Any:
    if not request.api_id or not request.api_hash:
        raise bad_request("API_ID_INVALID")
    accepted = call.world.logins.accepted_token(call.key)
    if accepted is not None:
        return _finish_qr(call, *accepted)
    if call.key.account is not None:
        return _qr_success(call, call.me)
    token, waiting = call.world.logins.export_token(call.key)
    return types.auth.LoginToken(moment(waiting.expires), token)


def _import_login_token(call: Call, request: Any) -> Any:
    account = call.world.logins.accepter(request.token)
    if account is not None:
        return _finish_qr(call, request.token, account)
    waiting = call.world.logins.token_owner(request.token)
    return types.auth.LoginToken(moment(waiting.expires), request.token)


def _finish_qr(call: Call, token: bytes, account: Account) -> Any:
    if account.dc != call.key.dc:
        return types.auth.LoginTokenMigrateTo(account.dc, token)
    call.world.logins.use_token(token, call.key, account)
    return _qr_success(call, account)


def _qr_success(call: Call, account: Account) -> Any:
    user = call.world.render.user(account.id, account)
    return types.auth.LoginTokenSuccess(types.auth.Authorization(user))


def _accept_login_token(call: Call, request: Any) -> Any:
    waiting = call.world.logins.token_owner(request.token)
    waiting.accepted_by = call.me.id
    call.world.updates.to_key(waiting.key, types.UpdateLoginToken())
    return authorization(waiting.key, call.key)


def _log_out(call: Call, _request: Any) -> Any:
    call.world.logins.log_out(call.key)
    return types.auth.LoggedOut()


def _reset_authorizations(call: Call, _request: Any) -> bool:
    require_old_session(call)
    for key in call.world.logins.sessions(call.me.id):
        if key is not call.key:
            call.world.logins.end(key, "SESSION_REVOKED")
    return True


def _export_authorization(call: Call, request: Any) -> Any:
    if request.dc_id == call.key.dc or request.dc_id not in call.world.data_centres:
        raise bad_request("DC_ID_INVALID")
    number, data = call.world.logins.export(call.key, call.me.id, request.dc_id)
    return types.auth.ExportedAuthorization(number, data)


def _import_authorization(call: Call, request: Any) -> Any:
    account = call.world.logins.import_(call.key, request.id, request.bytes)
    return types.auth.Authorization(call.world.render.user(account.id, account))


HANDLERS: Handlers = MappingProxyType(
    {
        auth.SendCodeRequest: _send_code,
        auth.ResendCodeRequest: _resend_code,
        auth.CancelCodeRequest: _cancel_code,
        auth.SignInRequest: _sign_in,
        auth.CheckPasswordRequest: _check_password,
        auth.ExportLoginTokenRequest: _export_login_token,
        auth.ImportLoginTokenRequest: _import_login_token,
        auth.AcceptLoginTokenRequest: _accept_login_token,
        auth.LogOutRequest: _log_out,
        auth.ResetAuthorizationsRequest: _reset_authorizations,
        auth.ExportAuthorizationRequest: _export_authorization,
        auth.ImportAuthorizationRequest: _import_authorization,
    }
)
