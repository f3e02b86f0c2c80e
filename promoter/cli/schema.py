"""`promoter schema`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command


@command("schema", click.Argument(["name"]))
def schema(shell: Shell, name: str) -> None:
    """Print a JSON Schema."""
    from promoter.cli.schemas import report_schema

    if name in {"config", "policy"}:
        from promoter.policy.schema import json_schema, policy_json_schema

        shell.screen.json(json_schema() if name == "config" else policy_json_schema())
    elif name == "script":
        from promoter.simulation.script import script_schema

        shell.screen.json(script_schema())
    else:
        shell.screen.json(report_schema(name))
