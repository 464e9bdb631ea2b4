# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the model says about its keys: which are sections, which are secret, which take text."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bridges.core.config import Section


def alternatives(annotation: Any) -> Iterator[Any]:
    """Give the types a value may have, looking through ``Annotated`` and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for one in get_args(annotation):
            yield from alternatives(one)
    else:
        yield annotation


def section_type(field: FieldInfo) -> type[Section] | None:
    """Give the model of a key that is a section."""
    for one in alternatives(field.annotation):
        if isinstance(one, type) and issubclass(one, Section):
            return one
    return None


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a key holds a secret, or a list of them."""
    return any(
        one is SecretStr or (get_origin(one) is tuple and SecretStr in list_items(one))
        for one in alternatives(field.annotation)
    )


def is_optional(field: FieldInfo) -> bool:
    """Tell whether a key may be null."""
    return type(None) in alternatives(field.annotation)


def is_list(field: FieldInfo) -> bool:
    """Tell whether a key holds a list."""
    return any(get_origin(one) is tuple for one in alternatives(field.annotation))


def list_items(annotation: Any) -> list[Any]:
    """Give the types of a list's entries."""
    return list(alternatives(get_args(annotation)[0]))


def takes_text(field: FieldInfo) -> bool:
    """Tell whether a key's values are text, so that ``5`` means the text."""
    return any(
        one in {str, SecretStr, Path}
        or (isinstance(one, type) and issubclass(one, str))
        or (get_origin(one) is Literal and all(isinstance(word, str) for word in get_args(one)))
        for one in alternatives(field.annotation)
    )


def walk(
    model: type[Section], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Give every key of a model with its path, sections before what is in them."""
    for name, field in model.model_fields.items():
        yield (*path, name), field
        section = section_type(field)
        if section is not None:
            yield from walk(section, (*path, name))
