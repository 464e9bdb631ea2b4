# SPDX-License-Identifier: AGPL-3.0-or-later
"""`config/karvon.example.yaml` is the model's documentation: complete, and true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from bridges.core.config import Section
from karvon.config.document import Document, parse
from karvon.config.fields import section_type, walk
from karvon.config.load import validate
from karvon.config.model import KarvonConfig
from karvon.config.upgrade import example_text
from tests.karvon.configs import complaints

EXAMPLE = Path(__file__).parents[2] / "config" / "karvon.example.yaml"
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()
_EXAMPLE_LINE = re.compile(r"\s*# Example: (.+)")

# What a value needs beside it to be valid.
COMPANIONS: dict[str, dict[str, Any]] = {
    "telegram.api_id": {"telegram.api_hash": "0" * 32},
    "telegram.api_hash": {"telegram.api_id": 5},
    "homeserver.managed": {"homeserver.url": "https://matrix.example.org", "sandbox.enabled": True},
    "sandbox.enabled": {"telegram.api_id": 5, "telegram.api_hash": "0" * 32},
}


@frozen
class Entry:
    """One key of the example file: its value, and the comment in front of it."""

    path: tuple[str, ...]
    value: Any
    comment: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def example(self) -> Any:
        found = _EXAMPLE_LINE.fullmatch(self.comment[-1]) if self.comment else None
        assert found is not None, f"{self.name}: the comment must end with `# Example: …`"
        return parse(f"value: {found[1]}", self.name).values["value"]


def document() -> Document:
    return parse("\n".join(LINES), "karvon.example.yaml")


def entries() -> Iterator[Entry]:
    found = document()
    for path, position in found.keys.items():
        value: Any = found.values
        for step in path:
            value = value[step]
        first = position.line - 1
        while first > 0 and LINES[first - 1].lstrip().startswith("#"):
            first -= 1
        names = tuple(str(step) for step in path)
        yield Entry(names, value, tuple(LINES[first : position.line - 1]))


LEAVES = [entry for entry in entries() if not isinstance(entry.value, dict)]


def model_keys() -> Iterator[tuple[tuple[str, ...], type[Section] | None]]:
    """The keys that stand in the file: those of a section that is null by default do not."""
    optional: list[tuple[str, ...]] = []
    for path, field in walk(KarvonConfig):
        if any(path[: len(section)] == section for section in optional):
            continue
        section = section_type(field)
        yield path, section
        if section is not None and field.default is None:
            optional.append(path)


def test_the_packaged_example_is_the_documented_one() -> None:
    assert example_text() == EXAMPLE.read_text(encoding="utf-8")


def test_every_key_of_the_model_is_in_the_file_and_no_other() -> None:
    assert set(document().keys) == {path for path, _ in model_keys()}


def test_the_values_are_the_defaults() -> None:
    folder = EXAMPLE.parent
    assert validate(document(), {}, folder=folder) == validate(
        parse("{}", "empty"), {}, folder=folder
    )


@pytest.mark.parametrize("entry", LEAVES, ids=lambda entry: entry.name)
def test_every_key_has_an_example_that_is_valid_and_not_the_default(
    entry: Entry, tmp_path: Path
) -> None:
    assert entry.example != entry.value
    tree: dict[str, Any] = {}
    values = {entry.name: placed(entry.example, tmp_path), **COMPANIONS.get(entry.name, {})}
    if entry.name.endswith("_file") or entry.name == "homeserver.extra_config":
        values = with_file(entry, tmp_path)
    for name, value in values.items():
        section = tree
        *sections, key = name.split(".")
        for one in sections:
            section = section.setdefault(one, {})
        section[key] = value
    assert complaints(json.dumps(tree), tmp_path) == []


def placed(example: Any, folder: Path) -> Any:
    """Put the files that an example names where it says."""
    if isinstance(example, dict) and "rsa_public_key_file" in example:
        (folder / example["rsa_public_key_file"]).write_text("key")
    return example


def with_file(entry: Entry, folder: Path) -> dict[str, Any]:
    """Put something fit into the file that the key names."""
    contents = {
        "api_hash_file": "0" * 32,
        "database_file": "postgresql://karvon@localhost/karvon",
        "proxy_file": "socks5://proxy.example.org:1080",
        "worker_database_file": "postgresql://karvon:word@localhost/whatsapp",
        "encryption_key_file": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "previous_encryption_keys_file": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n" * 2,
    }
    file = folder / Path(entry.example).name
    file.write_text(contents.get(entry.path[-1], "word: x"))
    api_id = {"telegram.api_id": 5} if entry.path[-1] == "api_hash_file" else {}
    return {entry.name: str(file), **api_id}


@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: entry.name)
def test_every_key_is_explained(entry: Entry) -> None:
    words = [line for line in entry.comment if not _EXAMPLE_LINE.fullmatch(line)]
    obvious = entry.path[-1] in {"port", "enabled", "api_hash", "telegram", "whatsapp"}
    assert words or obvious, f"{entry.name} has no comment"


@pytest.mark.parametrize(
    "path", [path for path, section in model_keys() if section is not None], ids=".".join
)
def test_keys_of_optional_sections_are_listed(path: tuple[str, ...]) -> None:
    fields = dict(walk(KarvonConfig))
    section = section_type(fields[path])
    assert section is not None
    if fields[path].default is not None:
        return
    entry = next(entry for entry in LEAVES if entry.path == path)
    listed = set(re.findall(r"^\s*#   (\w+):", "\n".join(entry.comment), re.MULTILINE))
    assert listed == set(section.model_fields)
