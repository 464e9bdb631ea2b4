# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the text of the policy file to a policy, or to every mistake in it."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.rules.document import PolicyDocument
from policy_module.rules.load import PolicyRefusedError, load
from policy_module.rules.policy import Policy
from policy_module.territory.territory import Territory

OWN = "home.example"
EXAMPLE = Path(__file__).parents[3] / "config" / "policy.example.yaml"


def loaded(text: str, **files: str) -> Policy:
    def read(name: str) -> str:
        try:
            return files[name.removesuffix(".txt")]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", name) from None

    return load(text, OWN, read, lambda name, section: Territory.build(name))


def refusals(text: str, **files: str) -> list[str]:
    with pytest.raises(PolicyRefusedError) as error:
        loaded(text, **files)
    return str(error.value).splitlines()


def test_the_example_lets_nobody_in_and_shows_the_defaults() -> None:
    policy = loaded(EXAMPLE.read_text())
    assert policy.document == PolicyDocument()
    assert list(policy.allowed) == []


def test_the_example_explains_every_section_with_an_example_that_is_right() -> None:
    text = EXAMPLE.read_text()
    for section in PolicyDocument.model_fields:
        assert f"\n{section}:" in text
    examples = [line.partition("# Example: ")[2] for line in text.splitlines()]
    servers = next(example for example in examples if example.startswith("[{server"))
    places = next(example for example in examples if example.startswith("{home"))
    hosts = next(example for example in examples if example.startswith("{push"))
    lists, groups = (example for example in examples if example.startswith("[{name"))
    policy = loaded(
        f"federation: {{allow: {servers}, lists: {lists}}}\nterritories: {places}\negress: {hosts}\n"
        f"groups: {groups}\nresidency: {{territory: home}}\n"
    )
    (entry,) = policy.document.federation.allow
    assert entry.until is not None
    assert entry.until.date().isoformat() == "2027-06-30"


def test_an_empty_file_is_a_policy() -> None:
    assert loaded("").document == loaded("# nothing\n").document == PolicyDocument()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "federation: [",
            ["line 1: is not YAML: expected the node content, but found '<stream end>'"],
        ),
        ("federation:\n  allow: []\n  allow: []\n", ["line 3: is not YAML: found duplicate key"]),
        ("- a\n", ["must be a mapping, not a list"]),
        (
            "rooms: {words: {domestic: 'Nur {host}', open: '', allowlisted: \"a\\nb\", all: x}}",
            [
                (
                    "line 1: rooms.words.domestic: 'Nur {host}' has {host}; {server} stands for this"
                    " homeserver, nothing else does"
                ),
                (
                    "line 1: rooms.words.allowlisted: 'a\\nb' does not fit into a topic; write one line"
                    " of up to 500 characters"
                ),
                (
                    "line 1: rooms.words.open: '' does not fit into a topic; write one line of up to 500"
                    " characters"
                ),
                "line 1: rooms.words.all: unknown key; known here: allowlisted, domestic, open",
            ],
        ),
        (
            "federation:\n  allow:\n    - a.example\n    - https://b.example\n",
            [
                (
                    "line 4: federation.allow[1].server: 'https://b.example' is not a server name; write a"
                    " host such as matrix.example.org, without https:// or a path (international names in"
                    " their xn-- form)"
                )
            ],
        ),
        (
            "federation:\n  alow: []\nversion: 2\n",
            [
                "line 3: version: must be 1, not 2",
                "line 2: federation.alow: unknown key; known here: allow, allow_files, deny, lists",
            ],
        ),
        (
            "federation:\n  allow:\n    - {server: a.example, until: soon}\n",
            [
                (
                    "line 3: federation.allow[0].until: 'soon' is not a day or time; write 2027-06-30, or"
                    " 2027-06-30T18:00:00Z in UTC"
                )
            ],
        ),
        (
            "residency: {territory: home}\n",
            ["line 1: residency.territory: 'home' is not among the territories: none"],
        ),
        ("everyone: [fly]\n", None),
        (
            "groups:\n- {name: a, members: [], may: []}\n- {name: a, members: [], may: []}\n",
            ["line 3: groups[1].name: 'a' names two groups; rename one"],
        ),
        (
            "federation:\n  allow_files: [gone.txt]\n",
            [
                "line 2: federation.allow_files[0]: gone.txt cannot be read: No such file or directory"
            ],
        ),
    ],
)
def test_every_mistake_is_named_with_its_line(text: str, lines: list[str] | None) -> None:
    found = refusals(text)
    if lines is not None:
        assert [line.partition(' "')[0] for line in found] == lines
    else:
        assert found[0].startswith("line 1: everyone[0]: must be ")


def test_plain_lists_count_with_the_others() -> None:
    policy = loaded(
        "federation: {allow: [a.example], allow_files: [list.txt]}\n",
        list="# universities\nb.example  # until further notice\n\n*.c.example\n",
    )
    assert {entry.pattern.text: entry.rule for entry in policy.allowed} == {
        "a.example": "a.example",
        "b.example": "list.txt: b.example",
        "*.c.example": "list.txt: *.c.example",
    }


def test_mistakes_in_plain_lists_are_named_with_their_line() -> None:
    (line,) = refusals("federation: {allow_files: [list.txt]}\n", list="a.example\nb/c\n")
    assert line.startswith("list.txt: line 2: 'b/c' is not a server name")


def test_the_digest_tells_policies_apart() -> None:
    text = "federation: {allow_files: [list.txt]}\n"
    one, same, other = (
        loaded(text, list=content) for content in ("a.example", "# a\na.example", "b.example")
    )
    assert one.digest == same.digest != other.digest
    assert one.digest != loaded("").digest


def test_times_are_in_utc() -> None:
    text = "federation: {allow: [{server: a.example, until: 2027-06-30T18:00:00+05:00}]}\n"
    (entry,) = loaded(text).allowed
    assert entry.until == datetime(2027, 6, 30, 13, tzinfo=UTC).timestamp()


@given(st.text(max_size=80) | st.text(alphabet="fedrationalw:[]{}-&*!|>'\"\n ,1", max_size=60))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    try:
        loaded(text)
    except PolicyRefusedError as error:
        if not error.problems:
            raise


def test_the_digest_is_the_same_in_every_process() -> None:
    program = (
        "from policy_module.rules.load import load; print(load('', 'home.example', str).digest)"
    )
    digests = {
        subprocess.check_output([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed})
        for seed in "1234"
    }
    assert len(digests) == 1
