# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module's configuration: one clear line for every mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policy_module.config import PolicyConfig, PolicyConfigError, parse


def test_a_good_configuration() -> None:
    config = parse({"federation": {"allow": ["*.example.org", "matrix.example.net"]}})
    assert config.federation.allow == ("*.example.org", "matrix.example.net")


@pytest.mark.parametrize("raw", [{}, {"federation": {}}, {"federation": {"allow": []}}])
def test_what_is_not_written_is_denied(raw: dict[str, object]) -> None:
    assert parse(raw).federation.allow == ()


def test_it_is_frozen() -> None:
    config = parse({})
    with pytest.raises(ValidationError):
        config.federation = PolicyConfig().federation  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ([], "config: must be a mapping, not a list"),
        ("x", "config: must be a mapping, not a text"),
        ({"federatoin": {}}, "config.federatoin: unknown key; known here: federation"),
        ({"federation": None}, "config.federation: must be a mapping, not empty"),
        ({"federation": {"alow": []}}, "config.federation.alow: unknown key; known here: allow"),
        (
            {"federation": {"allow": "*.example.org"}},
            "config.federation.allow: must be a list, not a text",
        ),
        (
            {"federation": {"allow": {"a": 1}}},
            "config.federation.allow: must be a list, not a mapping",
        ),
        ({"federation": {"allow": None}}, "config.federation.allow: must be a list, not empty"),
        (
            {"federation": {"allow": ["good.example", 7]}},
            "config.federation.allow[1]: must be a text (put it in quotes), not a number",
        ),
        (
            {"federation": {"allow": True}},
            "config.federation.allow: must be a list, not true or false",
        ),
    ],
)
def test_mistakes_are_named(raw: object, line: str) -> None:
    with pytest.raises(PolicyConfigError) as raised:
        parse(raw)
    assert str(raised.value) == line


def test_several_mistakes_come_in_one_line() -> None:
    with pytest.raises(PolicyConfigError) as raised:
        parse({"federation": {"allow": []}, "x": 1, "y": 2})
    assert str(raised.value) == (
        "config.x: unknown key; known here: federation;"
        " config.y: unknown key; known here: federation"
    )


@pytest.mark.parametrize(
    "entry", ["*", "https://example.org", "a b", "", "example.org:0", "a.*.example", "*.192.0.2.1"]
)
def test_entries_that_are_no_names_are_shown(entry: str) -> None:
    with pytest.raises(PolicyConfigError) as raised:
        parse({"federation": {"allow": [entry]}})
    assert str(raised.value).startswith(f"config.federation.allow[0]: {entry!r} ")


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["federation", "allow"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(YAML)
def test_anything_yaml_can_hold_gives_a_configuration_or_one_line(raw: object) -> None:
    line = "good"
    try:
        parse(raw)
    except PolicyConfigError as error:
        line = str(error)
    assert len(line.splitlines()) == 1
