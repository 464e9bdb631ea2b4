# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespaces ``users`` and ``photos``: people and their pictures."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import photos, users

from sandbox.telegram import inputs
from sandbox.telegram.handlers.account import tell_about
from sandbox.telegram.records import Account, Change, Peer
from sandbox.telegram.rpc import Call, Handlers, RpcFailureError, bad_request
from sandbox.telegram.wire import Longs


def _get_users(call: Call, request: Any) -> list[Any]:
    found = []
    for given in request.id:
        try:
            account = inputs.account(call, given)
        except RpcFailureError:
            continue
        found.append(call.world.render.user(call.me.id, account))
    return found


def _get_full_user(call: Call, request: Any) -> Any:
    account = inputs.account(call, request.id)
    me = call.me.id
    common = [r for r in call.world.rooms.of_member(me) if account.id in r.members]
    photo = call.world.files.stamp(account.photos[0]) if account.photos else None
    full = types.UserFull(
        id=account.id,
        settings=types.PeerSettings(),
        notify_settings=call.world.dialogs.shown(me, Peer.user(account.id)).notify_settings,
        common_chats_count=len(common),
        blocked=account.id in call.me.blocked or None,
        about=account.about or None,
        profile_photo=photo,
        bot_info=_bot_info(account),
        ttl_period=call.world.dialogs.shown(me, Peer.user(account.id)).ttl_period,
        folder_id=call.world.dialogs.shown(me, Peer.user(account.id)).folder_id,
        can_pin_message=True,
        pinned_msg_id=call.world.pins.latest(me, Peer.user(account.id)),
    )
    return types.users.UserFull(full, [], [call.world.render.user(me, account)])


def _bot_info(account: Account) -> Any:
    if not account.bot:
        return None
    return types.BotInfo(user_id=account.id, description=account.about or None, commands=[])


def _get_user_photos(call: Call, request: Any) -> Any:
    account = inputs.account(call, request.user_id)
    part = account.photos[request.offset : request.offset + (request.limit or 100)]
    shown = [call.world.files.stamp(photo) for photo in part]
    return types.photos.Photos(shown, [call.world.render.user(call.me.id, account)])


def _upload_profile_photo(call: Call, request: Any) -> Any:
    if request.file is None:
        raise bad_request("PHOTO_FILE_MISSING")
    photo = call.world.files.photo(call.me.id, request.file)
    call.world.accounts.set_photo(call.me, photo)
    return _photo_answer(call, photo)


def _update_profile_photo(call: Call, request: Any) -> Any:
    photo: Any = types.PhotoEmpty(0)
    if isinstance(request.id, types.InputPhotoEmpty):
        call.world.accounts.set_photo(call.me, None)
    else:
        photo = call.world.files.made(request.id)
        call.me.photos = [one for one in call.me.photos if one.id != photo.id]
        call.world.accounts.set_photo(call.me, photo)
    return _photo_answer(call, photo)


def _photo_answer(call: Call, photo: Any) -> Any:
    tell_about(call, call.me, Change.LOOKS)
    return types.photos.Photo(photo, [call.world.render.user(call.me.id, call.me)])


def _delete_photos(call: Call, request: Any) -> Longs:
    gone = tuple(given.id for given in request.id)
    call.me.photos = [photo for photo in call.me.photos if photo.id not in gone]
    call.world.accounts.save(call.me)
    tell_about(call, call.me, Change.LOOKS)
    return Longs(gone)


HANDLERS: Handlers = MappingProxyType(
    {
        users.GetUsersRequest: _get_users,
        users.GetFullUserRequest: _get_full_user,
        photos.GetUserPhotosRequest: _get_user_photos,
        photos.UploadProfilePhotoRequest: _upload_profile_photo,
        photos.UpdateProfilePhotoRequest: _update_profile_photo,
        photos.DeletePhotosRequest: _delete_photos,
    }
)
