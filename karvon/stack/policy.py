# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy file of the managed homeserver: where it is, and the first one."""

import json
import time
from importlib import resources
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from bridges.whatsapp.config import WhatsAppConfig
from bridges.whatsapp.linked.border import proxy_host
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError, Problem
from policy_module.egress.hosts import USUAL_PORTS, host_and_port, is_loopback
from policy_module.files import create_once
from policy_module.lists.follower import KeptLists
from policy_module.lists.store import ListStore
from policy_module.live.source import LastGood, PolicyFiles
from policy_module.live.start import begin
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.policy import Policy

_NO_BRIDGES = "\n  bridges: []"
"""The line of the template that is filled in."""

POLICY_MODULE = "policy_module.module.PolicyModule"


def policy_file(config: KarvonConfig) -> Path:
    """Give the path of the policy file."""
    return config.policy.file or Layout.of(config).policy


@frozen
class ModuleFiles:
    """Where the policy module finds and keeps what it needs."""

    policy: PurePath
    state: PurePath
    audit: PurePath
    audit_keep_days: int | None

    @classmethod
    def of(cls, config: KarvonConfig) -> "ModuleFiles":
        """Give those of a homeserver that karvon runs."""
        layout = Layout.of(config)
        return cls(
            policy_file(config),
            layout.policy_state,
            layout.audit,
            config.policy.audit_keep_days,
        )

    def module(self) -> dict[str, Any]:
        """Give the entry for ``modules`` of ``homeserver.yaml``."""
        return {
            "module": POLICY_MODULE,
            "config": {
                "policy": str(self.policy),
                "state": str(self.state),
                "audit": str(self.audit),
                "audit_keep_days": self.audit_keep_days,
            },
        }


def policy_files(config: KarvonConfig, file: Path | None = None) -> PolicyFiles:
    """Give a policy file, by default that of the configuration, and what it names."""
    lists = KeptLists(ListStore.of(Layout.of(config).policy_state), time.time)
    return PolicyFiles(file or policy_file(config), config.homeserver.server_name, lists)


def last_good_policy(config: KarvonConfig) -> LastGood:
    """Give the copy that stands in for a bad policy file."""
    return LastGood.in_folder(Layout.of(config).policy_state, config.homeserver.server_name)


def prepare_policy(config: KarvonConfig) -> None:
    """Make the first policy file, which explains every key and lets nobody in or out.

    Only what ``karvon.yaml`` has switched on is listed in it: our own bridges on other machines,
    and the networks they are for. Raises ``OSError`` if there is no folder for it.
    """
    path = policy_file(config)
    if path.exists():
        return
    template = (resources.files("karvon.config") / "policy.example.yaml").read_text("utf-8")
    create_once(path, _with_destinations(template, config).encode())


def _with_destinations(template: str, config: KarvonConfig) -> str:
    listed: list[dict[str, Any]] = [
        {"host": host, "note": f"bridge of {network.network_name}, from karvon.yaml"}
        for network in config.networks
        if not is_loopback(host := _host(network.appservice_url))
    ]
    if config.telegram.enabled and not config.uses_sandbox and config.telegram.server is None:
        note = "Telegram's data centres, from karvon.yaml"
        listed.append({"host": "telegram.org", "abroad": True, "note": note})
    proxy = config.telegram.proxy
    if config.telegram.enabled and proxy is not None:
        note = "the way to Telegram, from karvon.yaml"
        listed.append({"host": f"{proxy.host}:{proxy.port}", "note": note})
    if not config.uses_whatsapp_sandbox:
        listed += _whatsapp(config.whatsapp)
    if not listed:
        return template
    lines = "".join(f"\n    - {json.dumps(entry)}" for entry in listed)
    return template.replace(_NO_BRIDGES, f"{_NO_BRIDGES.removesuffix(' []')}{lines}")


def _whatsapp(whatsapp: WhatsAppConfig) -> list[dict[str, Any]]:
    """What linked accounts connect to."""
    if not (whatsapp.enabled and whatsapp.linked.enabled):
        return []
    note = "linked WhatsApp accounts, from karvon.yaml"
    listed: list[dict[str, Any]] = [
        {"host": host, "abroad": True, "note": note} for host in whatsapp.linked.destinations
    ]
    proxy = whatsapp.linked.proxy
    if proxy is not None:
        note = "the way to WhatsApp, from karvon.yaml"
        listed.append({"host": proxy_host(proxy.get_secret_value()), "note": note})
    return listed


def _host(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or USUAL_PORTS[parts.scheme]
    return host_and_port(parts.hostname or "", port, USUAL_PORTS[parts.scheme])


def read_policy(config: KarvonConfig) -> Policy:
    """Read the policy the homeserver will begin with: the file's, else the last good one.

    Raises:
        ConfigError: with every mistake in the file, if there is no good one from before.
    """
    try:
        return begin(policy_files(config), last_good_policy(config)).policy
    except PolicyRefusedError as error:
        path = str(policy_file(config))
        raise ConfigError([Problem(path, str(found)) for found in error.problems]) from None
