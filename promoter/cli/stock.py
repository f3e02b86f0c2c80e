"""The inventory that a command's options mean: of a config repository, of clusters by context, of files, or saved."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import dataclass

import click

from promoter.cli.shell import Shell
from promoter.errors import UsageError


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look."""

    words: tuple[str, ...] = ()
    context: str | None = None
    """kubeconfig contexts, separated by commas: those clusters alone, without a config repository."""
    names: tuple[str, ...] = ()
    """Files of objects: those alone."""
    workloads: bool = False


def where_options() -> list[click.Parameter]:
    """Give the options that say where to look."""
    return [
        click.Option(
            ["--context"],
            metavar="NAME,...",
            help="Read these kubeconfig contexts alone: no config repository is needed.",
        ),
        click.Option(
            ["-f", "--file", "names"],
            multiple=True,
            metavar="FILE",
            help="Read these files or folders of objects alone; - is standard input.",
        ),
        click.Option(["--workloads"], is_flag=True, help="Read Deployments, StatefulSets and DaemonSets as well."),
    ]


def take(shell: Shell, where: Where) -> sqlite3.Connection:
    """Make the inventory. Raises UsageError, ConfigInvalid, EdgeFailed."""
    from promoter.cli.wanted import look_at
    from promoter.run.inventory import inventory_of, inventory_of_clusters, inventory_of_objects
    from promoter.run.object_files import objects_in

    if where.context is not None or where.names:
        if where.words:
            raise UsageError("without a config repository there are no apps to name", "leave the words out")
        if where.context is None:
            return inventory_of_objects(objects_in(where.names, sys.stdin.buffer), shell.clock())
        if where.names:
            raise UsageError("--context and -f are two places to look", "name one of them")
        contexts = list(dict.fromkeys(filter(None, (name.strip() for name in where.context.split(",")))))
        if not contexts:
            raise UsageError("--context names no cluster", "name contexts of your kubeconfig: --context eu-1,eu-2")
        return inventory_of_clusters(contexts, shell.clock(), workloads=where.workloads)
    ws = shell.open(writes=False)
    seen, plan = look_at(ws, where.words)
    return inventory_of(ws, seen, plan, narrowed=bool(where.words), workloads=where.workloads)
