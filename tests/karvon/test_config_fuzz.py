# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever becomes of a configuration file, the answer is a configuration or clear lines."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from karvon.config.load import load_config
from karvon.config.problems import ConfigError
from karvon.config.upgrade import example_text, upgrade

EXAMPLE = example_text()
FRAGMENTS = st.sampled_from(
    ["\t", "\n", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "'", '"', "#", "|", ">", "%",
     "---\n", "...", "? ", "<<: ", "null", "1e999", "0x", "\ufeff", "\u2028", "\x00", "\x85", "@"]
)  # fmt: skip
INSERTS = FRAGMENTS | st.text(max_size=8)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The example with a few places cut out, replaced or repeated."""
    lines = EXAMPLE.splitlines(keepends=True)
    start = draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[start : start + draw(st.integers(1, len(lines)))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 12)))
        text = text[:at] + draw(INSERTS) + text[end:]
    return text


def assert_is_clear(error: ConfigError) -> None:
    assert error.problems
    for line in map(str, error.problems):
        assert line.startswith("karvon.yaml")
        assert line.isprintable()
        assert len(line) < 500


@settings(max_examples=150, deadline=None)
@given(content=mutations().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_mutated_file_loads_or_is_explained(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "karvon.yaml").write_bytes(content)
        try:
            load_config(None, {}, cwd=Path(folder))
        except ConfigError as error:
            assert_is_clear(error)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_load_or_are_explained(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "karvon.yaml").write_bytes(content)
        try:
            load_config(None, {}, cwd=Path(folder))
        except ConfigError as error:
            assert_is_clear(error)


@settings(max_examples=50, deadline=None)
@given(text=mutations())
def test_an_upgrade_keeps_every_byte_and_comes_to_rest(text: str) -> None:
    try:
        once = upgrade(text, "karvon.yaml")
    except ConfigError:
        return
    assert once.text.startswith(text)
    try:
        twice = upgrade(once.text, "karvon.yaml")
    except ConfigError:
        return  # the command validates what it is about to write and leaves the file alone
    assert twice.changes == ()
    assert twice.text == once.text
