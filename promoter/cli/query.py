"""`promoter query`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promoter.cli.shell import Shell, command
from promoter.cli.stock import Where, where_options
from promoter.errors import UsageError

if TYPE_CHECKING:
    from promoter.run.inventory_query import Answers


@command(
    "query",
    click.Argument(["question"], required=False),
    click.Argument(["values"], nargs=-1),
    *where_options(),
    click.Option(["--db", "path"], metavar="FILE", help="Ask the inventory that was saved there."),
    click.Option(["--csv", "as_csv"], is_flag=True, help="Print CSV."),
    click.Option(["--schema", "schema"], is_flag=True, help="Print the tables and what their columns mean."),
)
def query(
    shell: Shell,
    question: str | None,
    values: tuple[str, ...],
    context: str | None,
    names: tuple[str, ...],
    workloads: bool,
    path: str | None,
    as_csv: bool,
    schema: bool,
) -> None:
    """Answer a question in SQL."""
    from contextlib import closing

    from promoter.cli.stock import take
    from promoter.run.inventory_database import open_database
    from promoter.run.inventory_query import ask

    if schema:
        _show_schema(shell)
        return
    if question is None:
        raise UsageError("query what?", 'promoter query "select * from inventory"; --schema shows the tables')
    if path is not None and (context is not None or names or workloads):
        raise UsageError("--db asks what was saved", "leave out --context, -f and --workloads")
    taken = open_database(path) if path is not None else take(shell, Where((), context, names, workloads))
    with closing(taken) as database:
        _show(shell, ask(database, question, values), as_csv)


def _show(shell: Shell, found: Answers, as_csv: bool) -> None:
    from promoter.cli.csv_text import csv_text
    from promoter.plan.report.foreign import plain

    if shell.json:
        rows = [list(row) for row in found.rows]
        shell.screen.json({"schema": "promoter.query/v1", "columns": list(found.columns), "rows": rows})
    elif as_csv:
        shell.screen.text(csv_text(found.columns, found.rows))
    elif not found.rows:
        shell.screen.line("no rows", "dim")
    else:
        shell.screen.table(
            [[("", "" if value is None else plain(str(value), 500)) for value in row] for row in found.rows],
            [plain(column) for column in found.columns],
        )


def _show_schema(shell: Shell) -> None:
    from promoter.run.inventory_schema import TABLES

    if shell.json:
        tables = [
            {
                "table": table.name,
                "about": table.about,
                "columns": [{"name": each.name, "type": each.type, "about": each.about} for each in table.columns],
            }
            for table in TABLES.values()
        ]
        shell.screen.json({"schema": "promoter.tables/v1", "tables": tables})
        return
    for index, table in enumerate(TABLES.values()):
        if index:
            shell.screen.line()
        shell.screen.line(table.name, "head")
        shell.screen.line(f"  {table.about}")
        shell.screen.table(
            [[("", each.name), ("dim", each.type), ("", each.about)] for each in table.columns], indent=2
        )
