"""What holds, and who says so, on a terminal and as JSON."""

from __future__ import annotations

import click

from promoter.cli.screen import Screen
from promoter.cli.shell import Shell
from promoter.plan.report.foreign import plain
from promoter.policy.load import Loaded


def show_checked(shell: Shell, loaded: Loaded) -> None:
    """Say that the config is valid, and what is worth a look; warnings go to standard error."""
    config = loaded.config
    if shell.json:
        shell.screen.json({
            "schema": "promoter.config/v1",
            "apps": list(config.apps),
            "environments": list(config.environments),
            "warnings": [str(problem) for problem in loaded.warnings],
        })  # fmt: skip
        return
    for problem in loaded.warnings:
        click.echo(f"warning: {plain(str(problem), 1000)}", err=True)
    shell.screen.line(f"valid: {_count(len(config.apps), 'app')}, {_count(len(config.environments), 'environment')}")


def origins_json(loaded: Loaded, app: str, environment: str) -> dict[str, object]:
    """Give what holds for `app` in `environment`, and where it stands."""
    return {
        "schema": "promoter.config/v1",
        "app": app,
        "environment": environment,
        "rules": [
            {"key": origin.key, "value": origin.value, "where": origin.where}
            for origin in loaded.origins.of(app, environment)
        ],
    }


def show_origins(screen: Screen, loaded: Loaded, app: str, environment: str) -> None:
    """Print what holds for `app` in `environment`, and where it stands."""
    screen.line(f"{app} in {environment}", "head")
    screen.table(
        [
            [("", origin.key), ("", plain(origin.value, 300)), ("dim", origin.where)]
            for origin in loaded.origins.of(app, environment)
        ],
        indent=2,
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
