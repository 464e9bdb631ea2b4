# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``upload``: https://core.telegram.org/api/files."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import upload

from sandbox.telegram import inputs, migration
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request

_STEP = 4096
_PRECISE_STEP = 1024
_MAX_LIMIT = 1024 * 1024


def _save_part(call: Call, request: Any) -> bool:
    call.world.files.uploads.save_part(
        call.me.id, request.file_id, request.file_part, request.bytes
    )
    return True


def _get_file(call: Call, request: Any) -> Any:
    number, thumb = _locate(call, request.location)
    migration.require_file_here(call.key, call.world.files.dc_of(number))
    _require_range(request)
    data = call.world.files.read(number, thumb, request.offset, request.limit)
    return types.upload.File(_file_type(data), int(call.world.clock()), data)


def _require_range(request: Any) -> None:
    """Raise OFFSET_INVALID or LIMIT_INVALID (https://core.telegram.org/api/files#downloading-files)."""
    offset, limit = request.offset, request.limit
    step = _PRECISE_STEP if request.precise else _STEP
    if offset < 0 or offset % step:
        raise bad_request("OFFSET_INVALID")
    divides = request.precise or (limit > 0 and _MAX_LIMIT % limit == 0)
    if not 0 < limit <= _MAX_LIMIT or limit % step or not divides:
        raise bad_request("LIMIT_INVALID")
    if offset // _MAX_LIMIT != (offset + limit - 1) // _MAX_LIMIT:
        raise bad_request("LIMIT_INVALID")


def _locate(call: Call, location: Any) -> tuple[int, str]:
    if isinstance(location, types.InputPhotoFileLocation | types.InputDocumentFileLocation):
        call.world.files.check(location)
        return location.id, location.thumb_size
    if isinstance(location, types.InputPeerPhotoFileLocation):
        if location.photo_id not in _photos_of(call, inputs.peer(call, location.peer)):
            raise bad_request("LOCATION_INVALID")
        return location.photo_id, ""
    raise bad_request("LOCATION_INVALID")


def _photos_of(call: Call, peer: Peer) -> set[int]:
    if peer.kind is Kind.USER:
        return {photo.id for photo in call.world.accounts.get(peer.id).photos}
    photo = call.world.rooms.get(peer).photo
    return {photo.id} if photo is not None else set()


def _file_type(data: bytes) -> Any:
    if data.startswith(b"\xff\xd8"):
        return types.storage.FileJpeg()
    if data.startswith(b"\x89PNG"):
        return types.storage.FilePng()
    return types.storage.FileUnknown()


HANDLERS: Handlers = MappingProxyType(
    {
        upload.SaveFilePartRequest: _save_part,
        upload.SaveBigFilePartRequest: _save_part,
        upload.GetFileRequest: _get_file,
    }
)
