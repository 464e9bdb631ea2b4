# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines an operator with an own Synapse pastes into ``homeserver.yaml``."""

from pathlib import PurePosixPath
from typing import Any

from karvon.config.model import KarvonConfig
from karvon.stack.policy import ModuleFiles
from karvon.stack.registration import registration_names
from karvon.stack.synapse import HISTORY_MODULE, federation_document, merged
from karvon.yamltext import to_yaml

_FOLDER = "/etc/matrix-synapse"
_STATE = "/var/lib/matrix-synapse"


def homeserver_snippet(config: KarvonConfig) -> str:
    """Give the snippet, with comments that say what each part is for and what else to do."""
    names = registration_names(config)
    files = [f"{_FOLDER}/registration-{name}.yaml" for name in names]
    save = "\n".join(
        f"#   karvon registration {name} > {file}" for name, file in zip(names, files, strict=True)
    )
    federation: dict[str, Any] = federation_document(
        config.federation.key_servers or (),
        ModuleFiles(
            PurePosixPath(_FOLDER, "policy.yaml"),
            PurePosixPath(_STATE, "policy"),
            PurePosixPath(_STATE, "audit"),
            config.policy.audit_keep_days,
        ),
    )
    histories = {"modules": [HISTORY_MODULE]}
    if config.federation.enabled:
        modules = to_yaml(merged(federation, histories))
    else:
        off = "".join(f"#{line}\n" for line in to_yaml(federation).splitlines())
        modules = f"{off}{to_yaml(histories)}"
    return f"""\
# For the homeserver.yaml of {config.homeserver.server_name}; restart Synapse afterwards.

# The bridges. If the list exists already, add the entries to it. Make the files first, readable for
# Synapse only:
{save}
{to_yaml({"app_service_config_files": files})}
# The policy module talks to the servers that policy.yaml allows and to no others. It needs karvon
# installed in the Python environment of Synapse. Lines that begin with # here are off because
# federation.enabled is false, and would end all federation until policy.yaml allows somebody. It has to be
# the first of the modules. The history module puts what was said before into rooms without notifying
# anybody; without it the bridges send it message by message.
{modules}"""
