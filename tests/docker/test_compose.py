# SPDX-License-Identifier: AGPL-3.0-or-later
"""compose.yaml: every container is closed down, and its configuration is one karvon accepts."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from karvon.config.layout import Layout
from karvon.config.load import listeners, load_config
from tests.docker.deployment import (
    DOCKER,
    IN_CONTAINER,
    compose,
    copy_scripts,
    instruction,
    interpolate,
)

VARIABLES = {
    "SERVER_NAME": "khujand.example",
    "TELEGRAM_API_ID": "1234567",
    "WHATSAPP_ENABLED": "true",
}
SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OURS = ("homeserver", "telegram", "whatsapp", "guide")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_closed_down(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["pids_limit"] > 0
    assert "privileged" not in service
    assert "cap_add" not in service
    assert service.get("user", instruction("USER")) != "0:0"


def test_only_the_homeserver_is_published_and_only_on_loopback() -> None:
    published = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert [name for name, ports in published.items() if ports] == ["homeserver"]
    assert all(port.startswith("127.0.0.1:") for port in published["homeserver"])


def test_the_database_has_no_way_out() -> None:
    assert SERVICES["postgres"]["networks"] == ["storage"]
    assert compose()["networks"]["storage"]["internal"] is True


def test_parts_start_after_what_they_need_is_healthy() -> None:
    assert SERVICES["homeserver"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["telegram"]["depends_on"] == {
        "homeserver": {"condition": "service_healthy"},
        "postgres": {"condition": "service_healthy"},
    }
    assert set(SERVICES["whatsapp"]["depends_on"]) == {"homeserver", "postgres", "whatsapp-worker"}


def test_whatsapp_starts_only_where_it_is_wanted() -> None:
    asked = {name for name, service in SERVICES.items() if service.get("profiles") == ["whatsapp"]}
    assert asked == {"whatsapp", "whatsapp-worker"}


def test_the_worker_meets_the_bridge_in_a_volume_and_nobody_else(tmp_path: Path) -> None:
    worker, bridge = SERVICES["whatsapp-worker"], SERVICES["whatsapp"]
    assert not set(worker["networks"]) & {
        network
        for name, service in SERVICES.items()
        if name != "whatsapp-worker"
        for network in service["networks"]
    }
    assert set(worker["volumes"]) & set(bridge["volumes"]) == {"whatsapp_socket:/whatsapp"}
    (tmp_path / "karvon.yaml").write_text((DOCKER / "karvon.yaml").read_text())
    off = {"KARVON__TELEGRAM__ENABLED": "false"}
    linked = load_config(None, off, cwd=tmp_path).whatsapp.linked
    options = worker["command"]
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert (given["--socket"], given["--files"]) == (str(linked.worker), str(linked.worker_files))
    assert given["--socket"] in worker["healthcheck"]["test"][-1]


def test_secrets_come_as_files_and_none_is_forgotten() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(compose()["secrets"])
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if value.startswith(IN_CONTAINER):
                assert name.endswith("_FILE")
                assert value.removeprefix(f"{IN_CONTAINER}/") in service["secrets"]


@pytest.mark.parametrize("name", OURS)
def test_karvon_accepts_the_configuration_of_each_container(name: str, tmp_path: Path) -> None:
    folder = copy_scripts(tmp_path)
    subprocess.run([folder / "make-secrets.sh"], check=True, capture_output=True)
    (folder / "secrets" / "telegram_api_hash").write_text("0123456789abcdef0123456789abcdef\n")
    environment = {
        variable: interpolate(value, VARIABLES).replace(IN_CONTAINER, str(folder / "secrets"))
        for variable, value in SERVICES[name]["environment"].items()
    }

    config = load_config(folder / "karvon.yaml", environment, cwd=folder)

    assert config.homeserver.server_name == "khujand.example"
    assert config.federation.enabled is False
    assert not config.uses_sandbox
    assert not config.uses_whatsapp_sandbox
    if name == "guide":
        assert str(Layout(Path("/data")).guide_socket) in SERVICES[name]["healthcheck"]["test"][-1]
        assert config.uses_guide
        return
    address = environment["HEALTH_URL"].partition("127.0.0.1:")[2]
    port = int(address.partition("/")[0])
    assert listeners(config)[name, "listen", "port"] == ("0.0.0.0", port)


def test_the_example_environment_names_every_variable() -> None:
    example = (DOCKER / ".env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in example if line and not line.startswith("#")}
    text = (DOCKER / "compose.yaml").read_text()
    assert named >= set(VARIABLES)
    # Compose itself reads the profiles.
    assert all(f"${{{name}" in text for name in named - {"COMPOSE_PROFILES"})
