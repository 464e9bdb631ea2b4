# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mistakes in a configuration, said in words for the one who wrote it."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[int | str, ...]

_WANTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "string_type": "a text (put it in quotes)",
    "bool_type": "true or false",
    "datetime_type": "a day or time, such as 2027-06-30",
}


def mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Path, str]]:
    """Give each mistake as the path of its key and what would be right."""
    for mistake in error.errors(include_url=False):
        yield mistake["loc"], _describe(mistake, model)


def written(path: Path) -> str:
    """Write a path as people do: ``federation.allow[2].server``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step if step.isidentifier() else repr(step)}"
    return text.removeprefix(".")


def _describe(mistake: ErrorDetails, model: type[BaseModel]) -> str:
    kind = mistake["type"]
    if kind == "extra_forbidden":
        return f"unknown key; known here: {', '.join(_known_keys(mistake['loc'], model))}"
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        given = mistake["input"]
        return f"{given!r} {mistake['ctx']['error']}" if isinstance(given, str) else mistake["msg"]
    if kind in {"enum", "literal_error"}:
        return f"must be {mistake['ctx']['expected']}, not {mistake['input']!r}"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}, not {_yaml_kind(mistake['input'])}"
    return mistake["msg"]


def _known_keys(path: Path, model: type[BaseModel]) -> list[str]:
    for step in path[:-1]:
        if isinstance(step, str) and step in model.model_fields:
            inner = next(_models(model.model_fields[step].annotation), None)
            model = inner or model
    return sorted(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _yaml_kind(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"a {type(value).__name__}"
