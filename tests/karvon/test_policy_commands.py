# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon policy` as an operator uses it: what is printed, and the exit codes."""

import os
import sys
from pathlib import Path

import pytest

from karvon.cli import main
from karvon.cli.policy_commands import DENIED_EXIT

POLICY = """\
federation:
  allow:
    - near.example
    - {server: "*.edu.example", direction: in, until: 2999-06-30, note: universities}
    - {server: former.example, until: 2020-01-01}
    - gone.example
  deny: [gone.example]
egress:
  push: [push.near.example]
groups:
  - {name: guests, members: ["@guest-*:home.example"], may: [bridge]}
"""


class Karvon:
    """Runs the command in a folder with ``karvon.yaml`` and ``policy.yaml``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self._monkeypatch.setattr(sys, "argv", ["karvon", "policy", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        return caught.value.code if isinstance(caught.value.code, int) else 0


@pytest.fixture
def karvon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Karvon:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for name in [name for name in os.environ if name.startswith("KARVON__")]:
        monkeypatch.delenv(name)
    Path("karvon.yaml").write_text(
        "homeserver: {server_name: home.example}\npolicy: {file: policy.yaml}\n"
    )
    Path("policy.yaml").write_text(POLICY)
    return Karvon(monkeypatch, capsys)


def test_a_right_file_with_what_is_hardly_meant(karvon: Karvon) -> None:
    assert karvon("check") == 0
    lines = karvon.out.splitlines()
    assert lines[0].endswith("policy.yaml is right: 4 allowed servers.")
    assert set(lines[1:]) == {
        "note: former.example: its time is over; it counts no more and can go",
        "note: federation.allow: gone.example is refused all the same by deny: gone.example",
    }


def test_every_mistake_has_its_line(karvon: Karvon) -> None:
    Path("bad.yaml").write_text("federation:\n  allow: ['*']\nrooms:\n  default: wide\npuhs: {}\n")
    assert karvon("check", "bad.yaml") == 2
    assert karvon.out == ""
    places = [line.split(":")[1].strip() for line in karvon.err.splitlines()]
    assert places == ["line 2", "line 4", "line 5"]


def test_settings_of_the_homeserver_that_open_a_way_around(karvon: Karvon) -> None:
    Path("extra.yaml").write_text("federation_domain_whitelist: null\nurl_preview_enabled: true\n")
    Path("karvon.yaml").write_text(
        "homeserver: {server_name: home.example, extra_config: extra.yaml}\n"
        "policy: {file: policy.yaml}\n"
    )
    assert karvon("check") == 0
    warned = [line.split(": ")[2].split()[0] for line in karvon.out.splitlines() if "warn" in line]
    assert warned == [
        "federation_domain_whitelist",
        "url_preview_enabled",
    ]


@pytest.mark.parametrize(
    ("key_servers", "allowed", "warning"),
    [
        ("[gone.example]", "near.example", "trusted_key_servers: gone.example is not on"),
        ("null", "near.example", None),
        ("null", "'*.near.example'", "trusted_key_servers is empty"),
    ],
)
def test_who_vouches_for_keys(
    karvon: Karvon, key_servers: str, allowed: str, warning: str | None
) -> None:
    Path("karvon.yaml").write_text(
        "homeserver: {server_name: home.example}\npolicy: {file: policy.yaml}\n"
        f"federation: {{key_servers: {key_servers}}}\n"
    )
    Path("policy.yaml").write_text(f"federation: {{allow: [{allowed}]}}\n")
    assert karvon("check") == 0
    assert ("trusted_key_servers" in karvon.out) is (warning is not None)
    assert (warning or "") in karvon.out


def test_show(karvon: Karvon) -> None:
    assert karvon("show") == 0
    for expected in ("*.edu.example", "universities", "2999-06-30", "push.near.example", "guests"):
        assert expected in karvon.out
    assert "2020-01-01 (over)" in karvon.out


def test_show_says_which_policy_stands_in_for_a_bad_file(karvon: Karvon) -> None:
    from karvon.config.load import load_config
    from karvon.stack.policy import last_good_policy

    config = load_config(Path("karvon.yaml"), {}, cwd=Path.cwd())
    last_good_policy(config).keep({"": "federation: {allow: [kept.example]}"}, 0.0)
    Path("policy.yaml").write_text("federation: [")
    assert karvon("show") == 1
    assert "kept.example" in karvon.out
    assert "the last good one" in karvon.err


def test_differences_in_words(karvon: Karvon) -> None:
    new = (
        POLICY.replace("    - near.example\n", "    - {server: near.example, direction: out}\n")
        .replace("deny: [gone.example]", "deny: []")
        .replace("[push.near.example]", "[{host: push.far.example, abroad: true}]")
        .replace("[bridge]", "[bridge, federate]")
    )
    Path("new.yaml").write_text(new + "rooms: {widest: open}\n")
    assert karvon("diff", "policy.yaml", "new.yaml") == 0
    assert karvon.out.splitlines() == [
        "~ servers: near.example: both directions, without an end → outbound only, without an end",
        "+ no longer denied servers: gone.example",
        "+ destinations for push: push.far.example (abroad, without an end)",
        "- destinations for push: push.near.example",
        "+ group guests: may federate",
        "~ rooms.widest: allowlisted → open",
    ]
    assert karvon("diff", "new.yaml", "new.yaml") == 0
    assert karvon.out == "Nothing changes.\n"


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        (["--as", "@alice:home.example", "--invite", "@bob:near.example"], "near.example"),
        (["--as", "@alice:home.example", "--join", "#a:near.example"], "near.example"),
        (["--as", "@alice:home.example", "--join", "!a", "--via", "near.example"], "near.example"),
        (["--server", "x.edu.example", "--direction", "in"], "*.edu.example"),
        (["--egress", "push", "push.near.example"], "push: push.near.example"),
        (["--as", "@alice:home.example", "--room-class", "allowlisted"], "everyone"),
        (["--as", "@guest-1:home.example", "--may", "bridge"], "group guests"),
    ],
)
def test_what_would_be_allowed(karvon: Karvon, question: list[str], rule: str) -> None:
    assert karvon("test", *question) == 0
    assert karvon.out.startswith("allowed: ")
    assert f"by: {rule}\n" in karvon.out


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (["--as", "@alice:home.example", "--invite", "@bob:far.example"], "not_listed"),
        (["--as", "@guest-1:home.example", "--invite", "@bob:near.example"], "not_permitted"),
        (["--as", "@alice:home.example", "--join", "#a:gone.example"], "denylisted"),
        (["--server", "x.edu.example"], "wrong_direction"),
        (["--server", "former.example"], "expired"),
        (["--egress", "push", "push.far.example"], "destination_not_listed"),
        (["--as", "@alice:home.example", "--room-class", "open"], "too_wide"),
    ],
)
def test_what_would_be_refused(karvon: Karvon, question: list[str], code: str) -> None:
    assert karvon("test", *question) == DENIED_EXIT
    assert karvon.out.startswith("refused: ")
    assert f"code: {code}\n" in karvon.out
    assert "people read: " in karvon.out


@pytest.mark.parametrize(
    "question",
    [
        [],
        ["--invite", "@bob:near.example"],
        ["--server", "near.example", "--egress", "push", "push.near.example"],
        ["--as", "@alice:home.example", "--join", "!room"],
    ],
)
def test_a_question_that_is_none(karvon: Karvon, question: list[str]) -> None:
    assert karvon("test", *question) == 1
    assert karvon.err.startswith("karvon: ")
    assert karvon.err.count("\n") == 1


def test_show_says_where_home_is(karvon: Karvon) -> None:
    karvon("show")
    assert "home: no territory; addresses are not looked at" in karvon.out
    Path("policy.yaml").write_text(
        "territories: {home: {networks: [192.0.2.0/24, 10.0.0.0/8]}}\n"
        "residency: {territory: home, on_violation: refuse}\n"
    )
    karvon("show")
    assert "home: home with 2 networks; destinations outside it at the start: refuse" in karvon.out
