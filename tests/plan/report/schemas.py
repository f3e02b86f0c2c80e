"""Checks that a report is what its JSON Schema says, and says nothing that the schema does not describe."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from promoter.cli.schemas import report_schema


def check(name: str, report: dict[str, object]) -> None:
    """Fail when `report` is not of schema `name`, or has a key that the schema does not name."""
    schema = report_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(report)
    jsonschema.Draft202012Validator(_closed(schema)).validate(json.loads(text))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(closed.get("properties"), dict) and "type" in closed:
        closed["additionalProperties"] = False
    return closed
