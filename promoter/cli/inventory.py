"""`promoter inventory`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, words_argument
from promoter.cli.stock import Where, where_options


@command(
    "inventory",
    words_argument(),
    *where_options(),
    click.Option(["--csv", "as_csv"], is_flag=True, help="Print CSV: the rows of the view inventory."),
    click.Option(["--db", "path"], metavar="FILE", help="Save it there, for promoter query --db FILE."),
)
def inventory(
    shell: Shell,
    words: tuple[str, ...],
    context: str | None,
    names: tuple[str, ...],
    workloads: bool,
    as_csv: bool,
    path: str | None,
) -> None:
    """Show what is where."""
    from contextlib import closing

    from promoter.cli.csv_text import csv_text
    from promoter.cli.stock import take
    from promoter.cli.stock_json import stock_json
    from promoter.cli.stock_text import show_stock
    from promoter.run.inventory_database import save_database
    from promoter.run.inventory_query import ask

    with closing(take(shell, Where(words, context, names, workloads))) as database:
        if path is not None:
            save_database(database, path)
        if shell.json:
            shell.screen.json(stock_json(database))
        elif as_csv:
            found = ask(database, "select * from inventory order by app is null, app, position, cluster, object")
            shell.screen.text(csv_text(found.columns, found.rows))
        else:
            show_stock(shell.screen, database, shell.clock())
