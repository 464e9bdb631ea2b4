# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module's part of homeserver.yaml: its shape, and refusing nonsense in one clear line."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, ValidationError
from pydantic_core import ErrorDetails

from policy_module.names import parse_pattern


class PolicyConfigError(ValueError):
    """The configuration is refused; the message is one line naming each key and what is right."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _pattern(entry: str) -> str:
    parse_pattern(entry)
    return entry


class FederationConfig(_Section):
    """Which servers this homeserver exchanges anything with."""

    allow: Annotated[
        tuple[Annotated[str, AfterValidator(_pattern)], ...],
        Strict(False),  # YAML gives a list
    ] = ()
    """Server names, or ``*.domain`` for every name below a domain. Empty: no server at all. Our
    own server is always allowed and need not be listed."""


class PolicyConfig(_Section):
    """Everything under ``config:`` of the module; an empty mapping denies all federation."""

    federation: FederationConfig = FederationConfig()


def parse(raw: object) -> PolicyConfig:
    """Check the configuration as read from YAML.

    Raises:
        PolicyConfigError: with every mistake in one line.
    """
    try:
        return PolicyConfig.model_validate(raw)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
    raise PolicyConfigError("; ".join(_describe(mistake) for mistake in mistakes))


def _describe(mistake: ErrorDetails) -> str:
    where = _path(mistake["loc"])
    match mistake["type"]:
        case "extra_forbidden":
            return f"{where}: unknown key; known here: {', '.join(_known_keys(mistake['loc']))}"
        case "value_error":
            given = mistake["input"]
            shown = f" {given!r}" if isinstance(given, str) else ""
            return f"{where}:{shown} {mistake['ctx']['error']}"
        case "model_type" | "tuple_type" | "string_type" as kind:
            wanted = {
                "model_type": "a mapping",
                "tuple_type": "a list",
                "string_type": "a text (put it in quotes)",
            }[kind]
            return f"{where}: must be {wanted}, not {_yaml_kind(mistake['input'])}"
        case _:
            return f"{where}: {mistake['msg']}"


def _path(loc: tuple[int | str, ...]) -> str:
    path = "config"
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step if step.isidentifier() else repr(step)}"
    return path


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    section = FederationConfig if loc[0] == "federation" and len(loc) > 1 else PolicyConfig
    return sorted(section.model_fields)


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
