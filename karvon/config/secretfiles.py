# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets from files: the content of ``key_file`` becomes the value of ``key``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bridges.core.config import Section
from karvon.config.fields import is_list, section_type
from karvon.config.problems import KeyPath

MAX_BYTES = 64 * 1024
_SUFFIX = "_file"

Complaint = tuple[KeyPath, str]
"""The key at fault and what would be right."""


def fill(
    model: type[Section], values: Mapping[str, Any], folder: Path
) -> tuple[dict[str, Any], list[Complaint]]:
    """Give ``values`` with all secret files read, and what went wrong.

    Relative names start at ``folder``. A key whose file cannot be read is left out.
    """
    complaints: list[Complaint] = []
    return _fill(model, values, folder, (), complaints), complaints


def _fill(
    model: type[Section],
    values: Mapping[str, Any],
    folder: Path,
    path: KeyPath,
    complaints: list[Complaint],
) -> dict[str, Any]:
    result = dict(values)
    for name, field in model.model_fields.items():
        section = section_type(field)
        inner = result.get(name)
        if section is not None and isinstance(inner, Mapping):
            result[name] = _fill(section, inner, folder, (*path, name), complaints)
    for name in _secret_keys(model):
        file = result.get(name + _SUFFIX)
        if not isinstance(file, str):
            continue
        if result.get(name) not in (None, []):
            complaints.append(((*path, name + _SUFFIX), f"{name} is set too; keep one of the two"))
            continue
        try:
            text = read_secret(Path(folder, Path(file).expanduser()))
        except SecretFileError as error:
            complaints.append(((*path, name + _SUFFIX), str(error)))
        else:
            result[name] = text.split() if is_list(model.model_fields[name]) else text
    return result


def _secret_keys(model: type[Section]) -> Iterator[str]:
    return (name for name in model.model_fields if name + _SUFFIX in model.model_fields)


class SecretFileError(Exception):
    """A secret file cannot be used; the text says what to do, never what is in it."""


def read_secret(path: Path) -> str:
    """Read a secret without the line end behind it. Raises ``SecretFileError``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode().rstrip("\r\n")
    except FileNotFoundError:
        raise SecretFileError("there is no such file; make it, or correct the name") from None
    except OSError as error:
        raise SecretFileError(f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretFileError("the file must hold text in UTF-8") from None
    if len(data) > MAX_BYTES:
        raise SecretFileError(
            f"the file is larger than {MAX_BYTES // 1024} KiB; is it the right one?"
        )
    if not text:
        raise SecretFileError("the file is empty; put the secret into it")
    return text
