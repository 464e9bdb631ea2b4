# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon policy keygen | sign | verify | publish`, as those who keep a list use them."""

import json
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from karvon.cli import main

Run = Callable[..., str]
PUBLISHED = Path("site/.well-known/org.karvon.federation-list/clinics.jws")


@pytest.fixture
def karvon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs `karvon policy …` in an empty folder with two keys; gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["karvon", "policy", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        assert (caught.value.code or 0) == code, printed
        return printed.err if code else printed.out

    run("keygen", "anna.pem")
    run("keygen", "boris.pem", "--algorithm", "ES256")
    return run


def write_list(version: int, days: int = 30, **changes: object) -> None:
    now = datetime.now(UTC)
    content = {
        "type": "org.karvon.federation-list",
        "name": "clinics",
        "version": version,
        "issued": now.isoformat(),
        "expires": (now + timedelta(days=days)).isoformat(),
        "servers": [{"server": "matrix.clinic.example"}],
        **changes,
    }
    Path("list.json").write_text(json.dumps(content), "utf-8")


def sign_as(karvon: Run, name: str, source: str = "list.json") -> None:
    karvon("sign", source, "--key", f"{name}.pem", "--id", name, "-o", "list.jws")


BOTH = ("--key", "anna=anna.pem.pub", "--key", "boris=boris.pem.pub", "--threshold", "2")


def test_two_people_sign_and_a_third_publishes(karvon: Run) -> None:
    write_list(1)
    sign_as(karvon, "anna")
    assert "signed by anna, and 2 of anna, boris are needed" in karvon(
        "verify", "list.jws", *BOTH, code=1
    )
    sign_as(karvon, "boris", "list.jws")

    assert "clinics version 1: 1 allowed, 0 denied" in karvon("verify", "list.jws", *BOTH)
    assert str(PUBLISHED) in karvon("publish", "list.jws", "site", *BOTH)
    assert PUBLISHED.read_bytes() == Path("list.jws").read_bytes()
    assert stat.S_IMODE(PUBLISHED.stat().st_mode) == 0o644


def test_an_older_list_is_never_published_over_a_newer_one(karvon: Run) -> None:
    write_list(2)
    sign_as(karvon, "anna")
    karvon("publish", "list.jws", "site", "--key", "anna=anna.pem.pub")
    published = PUBLISHED.read_bytes()

    for version in (1, 2):
        write_list(version, deny=[{"server": "other.example"}])
        sign_as(karvon, "anna")
        said = karvon("publish", "list.jws", "site", "--key", "anna=anna.pem.pub", code=1)
        assert "not published: version" in said

    assert PUBLISHED.read_bytes() == published


def test_a_signature_more_is_published_under_the_same_version(karvon: Run) -> None:
    write_list(2)
    sign_as(karvon, "anna")
    karvon("publish", "list.jws", "site", "--key", "anna=anna.pem.pub")
    sign_as(karvon, "boris", "list.jws")

    karvon("publish", "list.jws", "site", *BOTH)

    assert len(json.loads(PUBLISHED.read_bytes())["signatures"]) == 2


def test_something_else_in_the_place_of_a_list_is_not_overwritten(karvon: Run) -> None:
    write_list(2)
    sign_as(karvon, "anna")
    PUBLISHED.parent.mkdir(parents=True)
    PUBLISHED.write_text("precious")

    assert "remove it" in karvon(
        "publish", "list.jws", "site", "--key", "anna=anna.pem.pub", code=1
    )
    assert PUBLISHED.read_text() == "precious"


def test_a_key_is_private_and_never_overwritten(karvon: Run) -> None:
    before = Path("anna.pem").read_bytes()

    assert stat.S_IMODE(Path("anna.pem").stat().st_mode) == 0o600
    assert "never overwritten" in karvon("keygen", "anna.pem", code=1)
    assert Path("anna.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("sign", "list.json", "--key", "anna.pem.pub", "-o", "x"), "PEM (PRIVATE KEY)"),
        (("sign", "anna.pem", "--key", "anna.pem", "-o", "x"), "anna.pem: Invalid JSON"),
        (("sign", "absent", "--key", "anna.pem", "-o", "x"), "absent: No such file"),
        (("verify", "list.json", "--key", "anna=anna.pem.pub"), "is no JWS"),
        (("verify", "list.jws", "--key", "anna.pem.pub"), "write the id and the file"),
        (("verify", "list.jws", "--key", "anna=anna.pem"), "only its signer"),
        (("verify", "list.jws", "--key", "anna=list.json"), "Ed25519 or P-256"),
        (("verify", "list.jws", "--key", "anna=anna.pem.pub", "--threshold", "2"), "threshold"),
        (("verify", "list.jws", "--key", "anna=boris.pem.pub"), "its key is for ES256"),
        (("verify", "list.jws", "--key", "carla=anna.pem.pub"), "nobody known"),
    ],
    ids=str,
)
def test_mistakes_are_said_in_one_line(karvon: Run, command: tuple[str, ...], said: str) -> None:
    write_list(1)
    sign_as(karvon, "anna")

    printed = karvon(*command, code=1)

    assert said in printed
    assert printed.count("\n") == 1
    assert not Path("x").exists()


def test_an_expired_list_is_neither_right_nor_published(karvon: Run) -> None:
    now = datetime.now(UTC)
    write_list(1, issued=(now - timedelta(days=2)).isoformat(), days=-1)
    sign_as(karvon, "anna")

    assert "refused (expired)" in karvon("verify", "list.jws", "--key", "anna=anna.pem.pub", code=1)
    assert "expired" in karvon("publish", "list.jws", "site", "--key", "anna=anna.pem.pub", code=1)
    assert not PUBLISHED.exists()


def test_a_policy_that_names_a_list_is_explained_with_it(karvon: Run) -> None:
    write_list(1)
    sign_as(karvon, "anna")
    Path("karvon.yaml").write_text(
        "homeserver: {server_name: home.example}\npolicy: {file: policy.yaml}\n"
    )
    Path("policy.yaml").write_text(
        "federation:\n"
        "  lists:\n"
        "  - {name: clinics, source: list.jws, keys: [{id: anna, file: anna.pem.pub}]}\n"
    )

    assert "1 allowed servers" in karvon("check")
    assert "list clinics" in karvon("test", "--server", "matrix.clinic.example")
    Path("anna.pem.pub").unlink()
    assert "anna.pem.pub cannot be read" in karvon("check", code=2)
