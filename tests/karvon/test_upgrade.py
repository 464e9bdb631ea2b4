# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon config upgrade` changes what it must and nothing else."""

from pathlib import Path

import pytest

from karvon.config.load import load_config
from karvon.config.problems import ConfigError
from karvon.config.upgrade import Rename, example_text, upgrade

MINE = (
    "# Ours, since 2024\n"
    "telegram:   # the bridge\n"
    "    device_model:   'Khujand'   # truthful\n"
    "\n\n"
    "logging: {level:  DEBUG}\n"
)


def test_an_up_to_date_file_stays_identical() -> None:
    upgraded = upgrade(example_text(), "karvon.yaml")
    assert (upgraded.text, upgraded.changes) == (example_text(), ())


def test_missing_sections_are_appended_with_their_comments(tmp_path: Path) -> None:
    upgraded = upgrade(MINE, "karvon.yaml")
    assert upgraded.text.startswith(MINE)
    assert "\n\n# The Matrix homeserver.\nhomeserver:\n  # Start and supervise" in upgraded.text
    assert len(upgraded.changes) == 9
    (tmp_path / "karvon.yaml").write_text(upgraded.text)
    config = load_config(None, {}, cwd=tmp_path)
    assert config.telegram.device_model == "Khujand"
    assert config.logging.level == "DEBUG"


def test_line_ends_of_the_file_are_kept() -> None:
    upgraded = upgrade(MINE.replace("\n", "\r\n"), "karvon.yaml")
    assert upgraded.text.count("\n") == upgraded.text.count("\r\n")


def test_a_file_without_a_last_line_end_is_continued_properly() -> None:
    upgraded = upgrade("data_dir: x", "karvon.yaml")
    assert upgraded.text.startswith("data_dir: x\n\n# The Matrix homeserver.\n")


def test_a_renamed_key_keeps_its_place_value_and_comment() -> None:
    rename = Rename(("telegram", "device"), "device_model")
    old = MINE.replace("device_model", "device")
    upgraded = upgrade(old, "karvon.yaml", renames=[rename])
    assert upgraded.text.startswith(MINE)
    assert upgraded.changes[0] == "renamed telegram.device to telegram.device_model"


def test_old_and_new_name_together_are_left_to_the_operator() -> None:
    rename = Rename(("telegram", "device"), "device_model")
    text = "telegram:\n  device: a\n  device_model: b\n"
    with pytest.raises(ConfigError) as caught:
        upgrade(text, "karvon.yaml", renames=[rename])
    assert str(caught.value) == (
        "karvon.yaml:2:3: telegram.device: was renamed to telegram.device_model, which is set "
        "too; keep one of the two"
    )


def test_sections_in_braces_cannot_be_continued() -> None:
    with pytest.raises(ConfigError) as caught:
        upgrade("{data_dir: x}\n", "karvon.yaml")
    assert str(caught.value) == "karvon.yaml:1:1: write the sections without { } first"
