# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command `karvon` as an operator uses it: output, exit codes, and what is left on disk."""

import json
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from attrs import frozen
from ruamel.yaml import YAML

from karvon import __version__
from karvon.cli import main
from karvon.config.upgrade import example_text
from tests.karvon.configs import API_HASH


@frozen
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def karvon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs the command in an empty folder, without `KARVON__` variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("KARVON__")]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["karvon", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        code = caught.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


def test_version(karvon: Run) -> None:
    assert karvon("version") == Outcome(0, f"{__version__}\n", "")


def test_check_without_a_file(karvon: Run) -> None:
    assert karvon("config", "check").out == (
        "The configuration is right (no file, all defaults): "
        "networks telegram (sandbox), whatsapp (sandbox).\n"
    )


def test_check_of_the_example(karvon: Run) -> None:
    Path("karvon.yaml").write_text(example_text())
    assert karvon("config", "check") == Outcome(
        0,
        "The configuration is right (karvon.yaml): "
        "networks telegram (sandbox), whatsapp (sandbox).\n",
        "",
    )


def test_mistakes_end_with_code_2_and_without_traceback(karvon: Run) -> None:
    Path("karvon.yaml").write_text("telegramm: {}\nlogging: {level: 5}\n")
    assert karvon("config", "check") == Outcome(
        2,
        "",
        "karvon.yaml:1:1: telegramm: unknown key; did you mean telegram?\n"
        "karvon.yaml:2:18: logging.level: must be one of DEBUG, INFO, WARNING or ERROR\n",
    )


@pytest.mark.parametrize(
    "command",
    [
        ["up"],
        ["run", "homeserver"],
        ["registration"],
        ["homeserver", "snippet"],
        ["config", "show"],
    ],
    ids=" ".join,
)
def test_no_command_writes_anything_when_the_configuration_is_wrong(
    command: list[str], karvon: Run, tmp_path: Path
) -> None:
    Path("karvon.yaml").write_text("telegramm: {}\n")
    assert karvon(*command).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["karvon.yaml"]


def test_a_data_folder_that_cannot_be_made(karvon: Run) -> None:
    Path("file").write_text("")
    Path("karvon.yaml").write_text("data_dir: file/var\n")
    outcome = karvon("registration")
    assert outcome.code == 2
    assert outcome.err.startswith("configuration: data_dir: ")
    assert outcome.err.count("\n") == 1


def test_a_file_that_cannot_be_written_is_one_line(karvon: Run) -> None:
    Path("var/secrets").mkdir(parents=True)
    Path("var/secrets/telegram_as_token").mkdir()
    outcome = karvon("registration")
    assert outcome.code == 1
    assert (
        outcome.err
        == f"karvon: {Path('var/secrets/telegram_as_token').absolute()}: Is a directory\n"
    )


def test_upgrade_writes_once_and_keeps_the_mode(karvon: Run, tmp_path: Path) -> None:
    path = Path("karvon.yaml")
    path.write_text("# ours\ntelegram: {device_model: Khujand}\n")
    path.chmod(0o640)
    first = karvon("config", "upgrade")
    assert first.code == 0
    assert "karvon.yaml: added the section homeserver with its defaults\n" in first.out
    assert path.read_text().startswith("# ours\ntelegram: {device_model: Khujand}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = path.read_bytes()
    assert karvon("config", "upgrade").out == "karvon.yaml is up to date.\n"
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["karvon.yaml"]


def test_upgrade_follows_a_link(karvon: Run) -> None:
    Path("real.yaml").write_text("data_dir: x\n")
    Path("karvon.yaml").symlink_to("real.yaml")
    assert karvon("config", "upgrade").code == 0
    assert Path("karvon.yaml").is_symlink()
    assert "homeserver:" in Path("real.yaml").read_text()


def test_upgrade_leaves_a_wrong_file_alone(karvon: Run) -> None:
    Path("karvon.yaml").write_text("telegram: {api_ids: 5}\n")
    assert karvon("config", "upgrade").code == 2
    assert Path("karvon.yaml").read_text() == "telegram: {api_ids: 5}\n"


def test_upgrade_needs_a_file(karvon: Run) -> None:
    outcome = karvon("config", "upgrade")
    assert outcome.code == 2
    assert outcome.err.startswith("karvon.yaml: there is no such file; ")


def test_the_schema_accepts_the_example_and_refuses_mistakes(karvon: Run) -> None:
    schema = json.loads(karvon("config", "schema").out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(json.loads(json.dumps(YAML(typ="safe").load(example_text()))))
    assert not validator.is_valid({"telegramm": {}})
    assert not validator.is_valid({"homeserver": {"listen": {"port": "8008"}}})


def test_show_hides_secrets(karvon: Run) -> None:
    Path("karvon.yaml").write_text(
        f"telegram: {{api_id: 5, api_hash: {API_HASH}}}\n"
        "bridge:\n"
        "  database: postgresql://karvon:hunter2@db.example/karvon?password=hunter2\n"
        "  permissions: {example.org: admin}\n"
        "homeserver: {registration_shared_secret: hunter2, demo_user: {password: hunter2}}\n"
    )
    outcome = karvon("config", "show")
    assert outcome.code == 0
    assert "hunter2" not in outcome.out
    assert API_HASH not in outcome.out
    shown = YAML(typ="safe").load(outcome.out)
    assert shown["telegram"]["api_id"] == 5
    assert shown["telegram"]["api_hash"] == "(hidden)"
    assert shown["bridge"]["database"] == "postgresql://(hidden)@db.example/karvon"
    assert shown["bridge"]["permissions"] == {"example.org": "admin"}
    assert shown["bridge"]["metrics"] is False


def test_registration_is_printed_and_its_tokens_stay(karvon: Run) -> None:
    first, second = karvon("registration"), karvon("registration", "telegram")
    assert first.code == 0
    assert first == second
    document = YAML(typ="safe").load(first.out)
    kept = Path("var/secrets/telegram_as_token")
    assert document["as_token"] == kept.read_text().strip()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_double_puppeting_may_act_for_everybody_here_and_is_told_nothing(karvon: Run) -> None:
    document = YAML(typ="safe").load(karvon("registration", "doublepuppet").out)
    assert document["url"] is None
    (people,) = document["namespaces"]["users"]
    assert re.fullmatch(people["regex"], "@ali:karvon.localhost")
    assert not re.fullmatch(people["regex"], "@ali:karvonxlocalhost")
    assert not people["exclusive"]


def test_without_double_puppeting_nothing_may_act_for_people(karvon: Run) -> None:
    Path("karvon.yaml").write_text("bridge: {double_puppet: false}\n")
    assert karvon("registration", "doublepuppet").code == 1
    assert "doublepuppet" not in karvon("homeserver", "snippet").out


def test_a_registration_nobody_needs(karvon: Run) -> None:
    assert karvon("registration", "pigeon") == Outcome(
        1,
        "",
        "karvon: there is no registration 'pigeon'; "
        "these are needed: telegram, whatsapp, migration, doublepuppet\n",
    )


def test_the_snippet_is_yaml_and_leaves_federation_alone_by_default(karvon: Run) -> None:
    outcome = karvon("homeserver", "snippet")
    assert YAML(typ="safe").load(outcome.out) == {
        "app_service_config_files": [
            "/etc/matrix-synapse/registration-telegram.yaml",
            "/etc/matrix-synapse/registration-whatsapp.yaml",
            "/etc/matrix-synapse/registration-migration.yaml",
            "/etc/matrix-synapse/registration-doublepuppet.yaml",
        ],
        "modules": [{"module": "policy_module.history.module.HistoryModule", "config": {}}],
    }
    assert "karvon registration telegram > " in outcome.out
    assert "karvon registration doublepuppet > " in outcome.out


def test_the_snippet_puts_the_policy_module_in_charge_of_federation(karvon: Run) -> None:
    Path("karvon.yaml").write_text("federation: {enabled: true}\n")
    snippet = YAML(typ="safe").load(karvon("homeserver", "snippet").out)
    assert snippet["federation_domain_whitelist"] == []
    assert snippet["modules"] == [
        {
            "module": "policy_module.module.PolicyModule",
            "config": {
                "policy": "/etc/matrix-synapse/policy.yaml",
                "state": "/var/lib/matrix-synapse/policy",
                "audit": "/var/lib/matrix-synapse/audit",
                "audit_keep_days": 400,
            },
        },
        {"module": "policy_module.history.module.HistoryModule", "config": {}},
    ]


def test_parts_that_are_not_in_use_are_not_run(karvon: Run) -> None:
    Path("karvon.yaml").write_text(
        f"telegram: {{api_id: 5, api_hash: {API_HASH}}}\n"
        "homeserver: {managed: false, url: 'https://matrix.example.org'}\n"
    )
    for part, reason in [
        ("homeserver", "homeserver.managed is false: start your own homeserver instead"),
        ("sandbox", "this part of the sandbox is not in use; set sandbox.enabled to true"),
        ("sandbox-whatsapp", "this part of the sandbox is not in use; set sandbox.enabled to true"),
        ("pigeon", "no network 'pigeon' is switched on; these are: telegram"),
    ]:
        assert karvon("run", part) == Outcome(1, "", f"karvon: {reason}\n")
