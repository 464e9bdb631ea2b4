# SPDX-License-Identifier: AGPL-3.0-or-later
"""The JSON Schema of the one YAML."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from bridges.core.config import Section


def json_schema(model: type[Section]) -> dict[str, Any]:
    """Give the schema (JSON Schema, draft 2020-12); no section needs to be there."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **model.model_json_schema(mode="validation"),
    }
