# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hosts as ``policy.yaml`` writes them."""

import ipaddress

from policy_module.rules.names import parse_server_name

USUAL_PORTS = {"http": 80, "https": 443}


def host_and_port(host: str, port: int, usual: int | None) -> str:
    """Write a host and its port as in ``policy.yaml``."""
    name = f"[{host}]" if ":" in host else host
    return name.lower() if port == usual else f"{name.lower()}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host as written in the policy is this machine, by its own words alone."""
    try:
        name = parse_server_name(host).host
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
