# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing YAML for other programs and for people to paste."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML


def to_yaml(values: Mapping[str, Any]) -> str:
    """Write plain values as block style YAML, in their order."""
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    yaml.representer.add_representer(type(None), _null)
    yaml.dump(dict(values), out)
    return out.getvalue()


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")
