# SPDX-License-Identifier: AGPL-3.0-or-later
"""pydantic's errors as sentences for operators: what would be right, never what was given."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum

from pydantic_core import ErrorDetails

from bridges.core.config import Section
from karvon.config.fields import section_type, walk
from karvon.config.problems import KeyPath, dotted

_SENTENCES = {
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "string_type": "must be text; put it in quotes",
    "path_type": "must be the name of a file or folder",
    "tuple_type": "must be a list such as [one, two]",
    "mapping_type": "must be a section of keys and values",
    "model_type": "must be a section",
    "missing": "is needed here",
    "string_too_short": "must not be empty",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "string_pattern_mismatch": "is not in the right form",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}
_SHOW_EXAMPLE = frozenset(
    {"int_type", "int_from_float", "float_type", "string_type", "tuple_type", "mapping_type"}
    | {"string_pattern_mismatch", "missing"}
)


def key_of(error: ErrorDetails) -> KeyPath:
    """Give the key an error is about, without pydantic's own steps such as ``[key]``."""
    path = error["loc"]
    return path[:-1] if path and path[-1] == "[key]" else path


def sentence(error: ErrorDetails, model: type[Section]) -> str:
    """Say what would be right."""
    if error["type"] == "extra_forbidden":
        return _unknown_key(error["loc"], model)
    text = _SENTENCES.get(error["type"])
    if text is None:
        return error["msg"]
    if error["type"] == "model_type":
        return f"{text} with the keys {', '.join(_section_at(error['loc'], model).model_fields)}"
    if error["type"] in _SHOW_EXAMPLE:
        text += _example(error["loc"], model)
    context = {**error.get("ctx", {})}
    if "expected" in context:
        context["expected"] = _words(str(context["expected"]))
    return text.format_map(context)


def _words(expected: str) -> str:
    """Write ``'auto', True or False`` as YAML: ``auto, true or false``."""
    return expected.replace("'", "").replace("True", "true").replace("False", "false")


def _section_at(path: KeyPath, model: type[Section]) -> type[Section]:
    """Give the model of the section at ``path``, or of the nearest one around it."""
    for step in path:
        field = model.model_fields.get(str(step))
        inner = None if field is None else section_type(field)
        if inner is None:
            break
        model = inner
    return model


def _example(path: KeyPath, model: type[Section]) -> str:
    field = _section_at(path[:-1], model).model_fields.get(str(path[-1])) if path else None
    if field is None or (field.is_required() and not field.examples):
        return ""
    value = field.examples[0] if field.examples else field.default
    if isinstance(value, Enum) or not isinstance(value, bool | int | float | str | list | Mapping):
        return ""
    return f", for example {json.dumps(value, ensure_ascii=False)}"


def _unknown_key(path: KeyPath, model: type[Section]) -> str:
    section, name = _section_at(path[:-1], model), str(path[-1])
    near = get_close_matches(name, section.model_fields, n=1)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    elsewhere = [dotted(other) for other, _ in walk(model) if other[-1] == name]
    if len(elsewhere) == 1:
        return f"unknown key here; did you mean {elsewhere[0]}?"
    return f"unknown key; here may stand {', '.join(section.model_fields)}"
