"""`promoter rbac`."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from promoter.cli.shell import Shell, command, words_argument

if TYPE_CHECKING:
    from promoter.cluster.objects import GroupKind


@command(
    "rbac",
    words_argument(),
    click.Option(["--context", "contexts"], multiple=True, metavar="NAME", help="Only kinds that this cluster serves."),
    click.Option(["--namespace", "namespaces"], multiple=True, metavar="NAME", help="Only this namespace."),
    click.Option(["--service-account", "account"], metavar="NAMESPACE/NAME", help="Also make it, and bind it."),
    click.Option(["--name"], default="promoter", show_default=True, metavar="NAME", help="The role's name."),
)
def rbac(
    shell: Shell,
    words: tuple[str, ...],
    contexts: tuple[str, ...],
    namespaces: tuple[str, ...],
    account: str | None,
    name: str,
) -> None:
    """Print the role that reading the Kubernetes API needs."""
    import yaml

    from promoter.cluster.api.installed import installed
    from promoter.cluster.api.kinds import KINDS
    from promoter.cluster.api.rbac import Account, manifests
    from promoter.errors import UsageError

    kinds: Collection[GroupKind] = KINDS.keys()
    if contexts:
        kinds = {kind for context in contexts for kind in installed(context, os.environ)}
    bound = None
    if account is not None:
        namespace, _, called = account.partition("/")
        if not (namespace and called) or "/" in called:
            raise UsageError(f"--service-account {account} names no account", "write NAMESPACE/NAME")
        bound = Account(namespace, called)
    scopes = {tuple(sorted(set(namespaces))): ""} if namespaces or contexts else _scopes(shell, words)
    made = [(said, manifests(name, kinds, scope, bound)) for scope, said in scopes.items()]
    if shell.json:
        objects: list[dict[str, Any]] = [obj for _, several in made for obj in several]
        shell.screen.json({"schema": "promoter.rbac/v1", "objects": objects})
        return
    for said, several in made:
        if said:
            click.echo(f"# {said}")
        click.echo(yaml.safe_dump_all(several, sort_keys=False, explicit_start=True), nl=False)


def _scopes(shell: Shell, words: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Give what is read, by the config: namespaces (none: the whole cluster) -> for which environments."""
    from promoter.cli.wanted import places_only
    from promoter.errors import UsageError

    ws = shell.open(writes=False)
    found = places_only(ws, words)
    scopes: dict[tuple[str, ...], list[str]] = {}
    for app in ws.config.apps.values():
        for environment, rules in app.environments.items():
            asked = (not found.apps or app.name in found.apps) and (
                not found.environments or environment in found.environments
            )
            if rules.live.kind == "kubernetes" and asked:
                said = rules.live.settings.get("namespaces", ())
                scope = tuple(sorted(said)) if isinstance(said, tuple) else ()
                scopes.setdefault(scope, []).append(environment)
    if not scopes:
        raise UsageError("nothing here reads the Kubernetes API", "live says how promoter learns what runs")
    return {scope: f"for {', '.join(dict.fromkeys(names))}" for scope, names in sorted(scopes.items())}
