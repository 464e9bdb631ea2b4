# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon audit residency` as an operator uses it: tables, JSON, exit codes."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from karvon.cli import main
from karvon.cli.residency_commands import OUTSIDE_EXIT
from tests.support.synapse_config import homeserver_config, write_homeserver

POLICY = """\
territories: {home: {networks: [192.0.2.0/24]}}
residency: {territory: home}
egress: {bridges: [{host: 149.154.167.51, abroad: true, note: the network people asked for}]}
"""
CONFIG = """\
homeserver: {server_name: home.test, managed: false, url: "http://192.0.2.8:8008"}
policy: {file: policy.yaml}
bridge: {database: "postgresql://u:secret@192.0.2.5/karvon"}
telegram:
  api_id: 5
  api_hash: "00000000000000000000000000000000"
  proxy: {type: socks5, host: 198.51.100.1, port: 1080, password: hidden}
"""


class Karvon:
    """Runs the command in a folder with ``karvon.yaml``, ``policy.yaml`` and ``homeserver.yaml``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        return self.audit("residency", *arguments)

    def audit(self, *arguments: str) -> int:
        self._monkeypatch.setattr(sys, "argv", ["karvon", "audit", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        return caught.value.code if isinstance(caught.value.code, int) else 0

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        code = self(*arguments, "--json", "-")
        return code, json.loads(self.out)


@pytest.fixture
def karvon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Karvon:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.startswith(("KARVON__", "PG"))]:
        monkeypatch.delenv(name)
    Path("karvon.yaml").write_text(CONFIG)
    Path("policy.yaml").write_text(POLICY)
    mail = {"smtp_host": "192.0.2.25", "notif_from": "a@home.test"}
    extra = {"email": mail, "public_baseurl": "https://192.0.2.9/"}
    write_homeserver(
        tmp_path, homeserver_config(tmp_path, port=8008, shared_secret="s", extra=extra)
    )
    return Karvon(monkeypatch, capsys)


def verdicts(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        row["where_configured"]: (row["target"], row["verdict"]) for row in document["endpoints"]
    }


def test_the_whole_suite_in_json(karvon: Karvon, tmp_path: Path) -> None:
    code, document = karvon.json("--homeserver-config", "homeserver.yaml")
    assert verdicts(document) == {
        "homeserver.yaml: database.args": (str(tmp_path / "homeserver.db"), "here"),
        "homeserver.yaml: media_store_path": (str(tmp_path / "media"), "here"),
        "homeserver.yaml: email.smtp_host": ("192.0.2.25:25", "inside"),
        "homeserver.yaml: public_baseurl": ("192.0.2.9:443", "inside"),
        "karvon.yaml: homeserver.url": ("192.0.2.8:8008", "inside"),
        "karvon.yaml: bridge.database (telegram)": ("192.0.2.5:5432", "inside"),
        "karvon.yaml: telegram.url": ("127.0.0.1:29317", "here"),
        "karvon.yaml: telegram.proxy": ("198.51.100.1:1080", "outside"),
        "karvon.yaml: telegram": ("149.154.167.51:443", "accepted"),
        "policy.yaml: egress.bridges": ("149.154.167.51", "accepted"),
    }
    assert (code, document["is_home"]) == (OUTSIDE_EXIT, False)
    kept = {row["what"]: row for row in document["data_at_rest"]}
    assert (
        kept["bridge logins: authorisation keys of people's accounts"]["where"] == "192.0.2.5:5432"
    )
    assert "events of rooms: messages, names, members" in kept
    assert "secret" not in karvon.out.replace("secrets", "")
    assert "hidden" not in karvon.out


def test_nothing_outside_is_success(karvon: Karvon) -> None:
    Path("karvon.yaml").write_text(CONFIG.replace("198.51.100.1", "192.0.2.77"))
    assert karvon("--homeserver-config", "homeserver.yaml") == 0
    assert "Nothing is outside home: " in karvon.out


def test_the_tables_and_the_file(karvon: Karvon) -> None:
    assert karvon("--homeserver-config", "homeserver.yaml", "--json", "out.json") == OUTSIDE_EXIT
    for words in (
        "Configured destinations",
        "198.51.100.1:1080",
        "not in territory home",
        "Data at rest",
        "AES-256-GCM",
        "Outside this process",
        "log shipping",
        "Something is outside home: ",
    ):
        assert words in karvon.out
    assert json.loads(Path("out.json").read_text())["counts"]["outside"] == 1


def test_what_is_not_looked_at_is_said(karvon: Karvon) -> None:
    karvon()
    assert "note: homeserver.yaml was not looked at: name it with --homeserver-config" in karvon.out
    Path("karvon.yaml").write_text("policy: {file: policy.yaml}\n")
    assert karvon() == 0
    assert "homeserver.yaml was not looked at: it is made when the homeserver is" in karvon.out
    assert "the sandbox" in karvon.out


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("policy.yaml", "{}", "policy.yaml names no territory: describe one under territories"),
        ("policy.yaml", "territories: {home: {}}", "territories.home: "),
        ("homeserver.yaml", "server_name: 5", "homeserver.yaml"),
    ],
)
def test_what_is_wrong_is_one_line(karvon: Karvon, file: str, content: str, line: str) -> None:
    Path(file).write_text(content)
    assert karvon("--homeserver-config", "homeserver.yaml") in {1, 2}
    assert line in karvon.err
    assert "Traceback" not in karvon.err


def test_a_homeserver_configuration_that_is_not_there(karvon: Karvon) -> None:
    assert karvon("--homeserver-config", "elsewhere.yaml") == 1
    assert karvon.err == "karvon: elsewhere.yaml is not there; name it with --homeserver-config\n"


@pytest.fixture
def far(karvon: Karvon) -> Karvon:
    networks = "[192.0.2.0/25, 192.0.2.128/25, 10.0.0.0/8, '2001:db8::/32']"
    Path("policy.yaml").write_text(
        f"territories: {{home: {{networks: {networks}}}, far: {{networks: [198.51.100.0/24]}}}}\n"
        "residency: {territory: home}\n"
    )
    return karvon


def test_networks_for_a_firewall(far: Karvon) -> None:
    assert far.audit("territory") == 0
    assert far.out == "10.0.0.0/8\n192.0.2.0/24\n2001:db8::/32\n"
    assert far.audit("territory", "--family", "ipv6") == 0
    assert far.out == "2001:db8::/32\n"
    assert far.audit("territory", "far", "--family", "ipv4") == 0
    assert far.out == "198.51.100.0/24\n"


def test_one_address(far: Karvon) -> None:
    assert far.audit("territory", "--has", "::ffff:192.0.2.1") == 0
    assert far.out == "::ffff:192.0.2.1 is in home: network 192.0.2.0/25\n"
    assert far.audit("territory", "--has", "198.51.100.1") == OUTSIDE_EXIT
    assert far.out == "198.51.100.1 is not in home\n"
    assert far.audit("territory", "--has", "nonsense") == 1
    assert far.err == "karvon: 'nonsense' is no IP address\n"
    assert far.audit("territory", "nowhere") == 1
    assert far.err.endswith("there is no territory 'nowhere'; territories are: far, home\n")
