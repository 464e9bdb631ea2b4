# SPDX-License-Identifier: AGPL-3.0-or-later
"""Protobuf to JSON values and back.

WhatsApp's own messages keep protobuf's JSON form (64-bit numbers as text, bytes as base64, enums by
name). The library's wrappers around them become objects with keys like ``push_name``, addresses as
text and numbers as numbers.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.library import Foreign, Library

_WRAPPERS = "neonize"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class BadMessageError(ValueError):
    """This is no message of WhatsApp; the text says what protobuf found."""


def message_dict(message: Foreign) -> dict[str, Any]:
    """Return one of WhatsApp's messages in protobuf's JSON form."""
    return dict(MessageToDict(message))


def message_proto(library: Library, content: Mapping[str, Any]) -> Foreign:
    """Read such a form. Raises `BadMessageError`."""
    try:
        return ParseDict(dict(content), library.message())
    except ParseError as error:
        raise BadMessageError(str(error)) from error


def plain(value: Foreign) -> dict[str, Any]:
    """Return the set fields of one of the library's wrappers."""
    return {snake_case(field.name): _field(field, inner) for field, inner in value.ListFields()}


def snake_case(name: str) -> str:
    """Turn ``PushName``, ``pushName`` and ``ServerID`` into ``push_name`` and ``server_id``."""
    return _HUMP.sub("_", name).lower()


def _field(field: Foreign, value: Foreign) -> Any:
    if field.is_repeated:
        return [_one(field, one) for one in value]
    return _one(field, value)


def _one(field: Foreign, value: Foreign) -> Any:
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values_by_number[value].name
    if field.type == field.TYPE_BYTES:
        return base64.b64encode(value).decode()
    if field.type != field.TYPE_MESSAGE:
        return value
    kind = field.message_type
    if kind.full_name == f"{_WRAPPERS}.JID":
        return jids.to_text(value)
    if kind.file.package == _WRAPPERS:
        return plain(value)
    return message_dict(value)
