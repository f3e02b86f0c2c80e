"""`promoter config`."""

from __future__ import annotations

import os

import click

from promoter.cli.shell import Shell, command, words_argument


@command(
    "config",
    words_argument(),
    click.Option(["--here"], is_flag=True, help="The files of this folder, committed or not, instead of the branch."),
    click.Option(["--schema"], is_flag=True, help="Print the JSON Schema of promoter.yaml."),
)
def config(shell: Shell, words: tuple[str, ...], here: bool, schema: bool) -> None:
    """Check the config, or show what holds."""
    from promoter.cli.holding import origins_json, show_checked, show_origins
    from promoter.cli.wanted import load_branch, load_folder
    from promoter.errors import UsageError
    from promoter.plan.words import sort_words

    if schema:
        from promoter.policy.schema import json_schema

        shell.screen.json(json_schema())
        return
    folder = "." if shell.repo == os.environ.get("PROMOTER_REPO") else shell.repo
    loaded = load_folder(folder, shell.branch) if here else load_branch(shell.open(writes=False))
    found = sort_words(words, loaded.config.apps, loaded.config.environments)
    if found.release is not None or found.version is not None or found.reason:
        raise UsageError("only an app and an environment can be named here")
    if not words:
        show_checked(shell, loaded)
        return
    app = found.one_app(loaded.config.apps)
    environment = found.one_environment(list(loaded.config.apps[app].environments))
    if environment not in loaded.config.apps[app].environments:
        known = ", ".join(loaded.config.apps[app].environments)
        raise UsageError(f"{app} does not go to {environment}", f"it goes to {known}")
    if shell.json:
        shell.screen.json(origins_json(loaded, app, environment))
    else:
        show_origins(shell.screen, loaded, app, environment)
