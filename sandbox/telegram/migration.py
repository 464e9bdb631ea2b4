# SPDX-License-Identifier: AGPL-3.0-or-later
"""What belongs to which data centre, and the 303 errors that send a client to the right one.

Source: https://core.telegram.org/api/datacenter and https://core.telegram.org/api/errors#303-see-other.
"""

from telethon.tl.functions import auth, help, upload, users  # noqa: A004 - the API's own names

from sandbox.telegram.records import Account, AuthKey
from sandbox.telegram.rpc import RpcFailureError

_ANYWHERE = frozenset(
    {
        help.GetConfigRequest,
        help.GetNearestDcRequest,
        help.GetAppConfigRequest,
        auth.LogOutRequest,
        upload.GetFileRequest,
        users.GetUsersRequest,
    }
)
"""What an account may ask a data centre it does not live in. (Telethon asks for its own user after
a reconnect of any connection.)"""


def see_other(kind: str, dc: int) -> RpcFailureError:
    """Return the error that names another data centre; `kind` is PHONE, USER or FILE."""
    return RpcFailureError(303, f"{kind}_MIGRATE_{dc}")


def require_phone_home(key: AuthKey, account: Account | None) -> None:
    """Raise PHONE_MIGRATE_X if somebody logs in elsewhere than where their account lives."""
    if account is not None and account.dc != key.dc:
        raise see_other("PHONE", account.dc)


def require_home(key: AuthKey, account: Account, request: type) -> None:
    """Raise USER_MIGRATE_X for what an account can ask only where it lives."""
    if account.dc != key.dc and request not in _ANYWHERE:
        raise see_other("USER", account.dc)


def require_file_here(key: AuthKey, dc: int) -> None:
    """Raise FILE_MIGRATE_X if a file lies in another data centre."""
    if dc != key.dc:
        raise see_other("FILE", dc)
