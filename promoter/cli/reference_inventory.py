"""The reference page of the inventory, made from its tables."""

from __future__ import annotations

from collections.abc import Iterator

from promoter.run.inventory_query import ROWS, SECONDS
from promoter.run.inventory_schema import TABLES, Table

_OPENING = """\
# Inventory

`promoter inventory` shows every app in every environment and cluster: version, age, health, images, who is behind
whom, and where Git and a cluster differ. Below stand the Applications that belong to no app: Argo CD Applications and
Rollouts, Flux Kustomizations and HelmReleases, Flagger Canaries and `app.k8s.io` Applications that nobody promotes.
What could not be read is said, and hides nothing else.

```sh
promoter inventory
promoter inventory shop prod-eu --json
promoter inventory --csv
promoter inventory --context eu-1,eu-2
promoter inventory -f status/eu-1
promoter inventory --db today.db
```

An object belongs to the app whose slot it delivers, or whose object applied it. `--workloads` reads Deployments,
StatefulSets and DaemonSets as well, so that their images are known and what Flux applied without a health check can
be judged. With `--context` or `-f` no config repository is needed: then there are objects alone.

## Questions

All of it is in one SQLite database, which `promoter query` asks: a new one for each question, or one that was saved
with `--db`. A question is one SELECT; it can write nothing, reaches nothing else, and is stopped after {seconds:g} s
or {rows} rows. Values stand for question marks.

```sh
promoter query "select app, environment, version, behind from slots where behind > 2 order by behind desc"
promoter query "select distinct app, cluster from images where name = ? and tag = ?" ghcr.io/acme/shop 1.4.2
promoter query "select cluster, kind, namespace, name, reason from objects where verdict = 'Failed'" --csv
promoter query "select repository, count(*) from objects where app is null group by 1" --db today.db
promoter query --schema
```

Times are RFC 3339, in UTC, as text. What is not known is null. In CSV, a text that would begin a formula has an
apostrophe before it.

## Health of single objects

`promoter health` judges objects in files, or on standard input, by the same rules, without asking anybody else. What
an object should have is the newest revision that is known where it stands; with `--commit` and `--path` it is the
content of that commit at that path, so a later commit that did not touch the path is as good.

```sh
kubectl --context eu-1 get -A -o json kustomizations,gitrepositories,deployments | promoter health --exit-code
promoter health -f status/eu-1 --commit main --path apps/shop/overlays/prod
```

| verdict | meaning |
|---|---|
| `Healthy` | it has what it should have, and that works; nothing else is a success |
| `Progressing` | it, or something newer, is being worked on |
| `Pending` | its controller has not picked it up yet, or has other content |
| `AppliedUnassessed` | applied, nobody looked whether it works, and its workloads were not given |
| `Failed` | an attempt with this content failed |
| `Suspended` | somebody paused it |
| `Unknown` | its fields cannot tell |

With `--exit-code`: 12 where something has failed or is suspended, else 11 unless all is healthy.

## Tables"""


def inventory_page(note: str) -> str:
    """Give the page, with `note` as its first line."""
    lines = [note, "", _OPENING.format(seconds=SECONDS, rows=f"{ROWS:,}")]
    for table in TABLES.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### `{table.name}`"
    yield ""
    yield table.about + (" A view." if table.select else "")
    yield ""
    yield "| column | type | what |"
    yield "|---|---|---|"
    yield from (f"| `{column.name}` | {column.type} | {column.about} |" for column in table.columns)
