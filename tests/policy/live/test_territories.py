# SPDX-License-Identifier: AGPL-3.0-or-later
"""Territories come into force with the policy, and follow the files they are made from."""

from ipaddress import ip_address
from pathlib import Path

from policy_module.live.source import LastGood, PolicyFiles, Reading
from policy_module.live.start import begin
from policy_module.rules.policy import Policy
from policy_module.rules.remarks import remarks
from tests.policy.territory.countries import registry_text

OWN = "home.example"
POLICY = """\
territories:
  home: {networks: [10.0.0.0/8], countries: [UZ], registry_files: [delegated]}
residency: {territory: home}
"""
LINE = "testnic|UZ|ipv4|192.0.2.0|256|20100101|allocated"


def files_in(folder: Path, lines: str = LINE) -> PolicyFiles:
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "delegated").write_text(registry_text([lines]))
    return PolicyFiles(folder / "policy.yaml", OWN)


def policy_of(reading: Reading) -> Policy:
    assert isinstance(reading.outcome, Policy), reading.outcome
    return reading.outcome


def is_home(policy: Policy, address: str) -> bool:
    assert policy.home is not None
    return policy.home.contains(ip_address(address)) is not None


def test_they_are_part_of_the_policy(tmp_path: Path) -> None:
    policy = policy_of(files_in(tmp_path).read())
    assert is_home(policy, "192.0.2.1")
    assert is_home(policy, "10.1.1.1")
    assert not is_home(policy, "192.0.3.1")


def test_a_new_registry_file_is_a_new_policy(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    before = files.read()
    assert files.look(before.seen) == before.seen
    (tmp_path / "delegated").write_text(registry_text([LINE.replace("2.0|256", "2.0|512")]))
    assert files.look(before.seen) != before.seen
    after = policy_of(files.read())
    assert is_home(after, "192.0.3.1")
    assert after.digest != policy_of(before).digest


def test_what_is_wrong_with_a_file_is_remarked(tmp_path: Path) -> None:
    policy = policy_of(files_in(tmp_path, f"{LINE}\nhalf a li").read())
    assert list(remarks(policy, 0.0)) == [
        "territories.home: delegated: 1 lines were left out: line 3 has 1 fields instead of 7 or more"
    ]


def test_a_file_that_cannot_be_used_refuses_the_policy_with_its_line(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    (tmp_path / "delegated").unlink()
    reading = files.read()
    assert str(reading.outcome) == (
        "line 2: territories.home: delegated cannot be read: No such file or directory"
    )
    assert "delegated" in reading.seen  # so that its return is noticed


def test_the_last_good_policy_has_its_territories(tmp_path: Path) -> None:
    files, last_good = files_in(tmp_path), LastGood.in_folder(tmp_path / "state", OWN)
    reading = files.read()
    last_good.keep(reading.texts, 0.0)
    (tmp_path / "policy.yaml").write_text("half a")
    beginning = begin(files, last_good)
    assert beginning.refusal is not None
    assert is_home(beginning.policy, "192.0.2.1")
    assert beginning.policy.digest == policy_of(reading).digest
