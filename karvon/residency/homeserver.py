# SPDX-License-Identifier: AGPL-3.0-or-later
"""The homeserver's configuration, read by Synapse itself."""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from karvon.errors import OperatorError
from policy_module.residency.at_rest import DataAtRest, homeserver_data
from policy_module.residency.endpoints import Endpoint
from policy_module.residency.storage import Disks


@frozen
class Homeserver:
    """What a homeserver is configured to talk to, and what it keeps."""

    endpoints: tuple[Endpoint, ...]
    at_rest: tuple[DataAtRest, ...]


def read_homeserver(path: Path, environ: Mapping[str, str], disks: Disks) -> Homeserver:
    """Read a ``homeserver.yaml``.

    Args:
        path: the file.
        environ: the environment of the homeserver.
        disks: the machine's file systems.

    Raises:
        OperatorError: if it is not there or wrong, or Synapse is not installed here.
    """
    try:
        # Synapse is an extra, and takes a second to import.
        from synapse.config._base import ConfigError
        from synapse.config.appservice import load_appservices
        from synapse.config.homeserver import HomeServerConfig
        from synapse.util.check_dependencies import DependencyException

        from policy_module.residency.homeserver import homeserver_endpoints
    except ImportError:
        raise OperatorError(
            "Synapse is not installed beside karvon: pip install 'karvon[homeserver]', or run this"
            " where the homeserver runs"
        ) from None
    if not path.exists():
        raise OperatorError(f"{path} is not there; name it with --homeserver-config")
    try:
        config: HomeServerConfig = HomeServerConfig.load_config("karvon", ["-c", str(path)])
        files = config.appservice.app_service_config_files
        services = load_appservices(config.server.server_name, files)
    except ConfigError as error:
        raise OperatorError(f"{path}: {error.msg}") from None
    except (DependencyException, OSError, KeyError, ValueError) as error:
        raise OperatorError(f"{path} cannot be read as Synapse reads it: {error}") from None
    endpoints = homeserver_endpoints(config, services, environ)
    return Homeserver(endpoints, homeserver_data(config, endpoints, disks))
