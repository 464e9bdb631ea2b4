# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values from the environment: ``KARVON__TELEGRAM__API_ID`` stands for ``telegram.api_id``."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from attrs import frozen
from pydantic.fields import FieldInfo

from bridges.core.config import Section
from karvon.config import document
from karvon.config.fields import section_type, takes_text, walk
from karvon.config.problems import ConfigError, KeyPath, Problem, printable

PREFIX = "KARVON__"


@frozen
class Override:
    """A value from the environment."""

    variable: str
    path: tuple[str, ...]
    value: Any


def read_overrides(model: type[Section], environ: Mapping[str, str]) -> list[Override]:
    """Read all variables that begin with ``KARVON__``. Raises ``ConfigError``.

    Text is taken as it is, everything else as YAML: ``true``, ``5``, ``[a, b]``.
    """
    known = {
        variable_name(path): (path, field)
        for path, field in walk(model)
        if section_type(field) is None
    }
    overrides, problems = [], []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        if variable not in known:
            problems.append(Problem(_source(variable), _unknown(variable, known)))
            continue
        path, field = known[variable]
        try:
            value = _value(environ[variable], field, variable)
        except ConfigError as error:
            message = str(error.problems[0].message)
            problems.append(Problem(_source(variable), message, path=path))
        else:
            overrides.append(Override(variable, path, value))
    if problems:
        raise ConfigError(problems)
    return overrides


def variable_name(path: tuple[str, ...]) -> str:
    """Give the variable that stands for a key."""
    return PREFIX + "__".join(path).upper()


def apply(values: Mapping[str, Any], overrides: list[Override]) -> dict[str, Any]:
    """Lay overrides over the file's values; a secret also replaces its ``_file`` sibling."""
    result: dict[str, Any] = dict(values)
    for override in overrides:
        section = result
        for name in override.path[:-1]:
            inner = section.get(name)
            section[name] = section = dict(inner) if isinstance(inner, Mapping) else {}
        key = override.path[-1]
        for sibling in (f"{key}_file", key.removesuffix("_file")):
            section.pop(sibling, None)
        section[key] = override.value
    return result


def sources(overrides: list[Override]) -> dict[KeyPath, str]:
    """Give what to name as the source of each overridden key."""
    return {override.path: _source(override.variable) for override in overrides}


def _source(variable: str) -> str:
    return f"environment variable {printable(variable)}"


def _value(text: str, field: FieldInfo, variable: str) -> Any:
    if takes_text(field):
        return text
    return document.parse(f"value: {text}", variable).values.get("value")


def _unknown(variable: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(variable, known, n=1)
    return f"stands for no key; did you mean {near[0]}?" if near else "stands for no key; unset it"
