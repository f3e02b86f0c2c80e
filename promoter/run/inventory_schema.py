"""The tables of the inventory: what `promoter query` can be asked for, and what the documentation says of it.

Invariants: a table's columns are in the order in which rows are given; times are RFC 3339 in UTC, to the second, as
text, so that they sort; what is not known is null, and a flag is 0 or 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

APPLICATION_ID: Final = 0x70726F6D
"""`prom`: what a saved inventory says that it is (SQLite's `application_id`)."""
VERSION: Final = 1
"""Counts up when a column changes its meaning (SQLite's `user_version`)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    type: str
    """`text` or `integer`."""
    about: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table, or a view where `select` is given."""

    name: str
    about: str
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    """Columns of each index, separated by commas."""
    select: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def _columns(text: str) -> tuple[Column, ...]:
    """Read `name type about` from each line."""
    rows = (line.split(maxsplit=2) for line in text.strip().splitlines())
    return tuple(Column(name, kind, about) for name, kind, about in rows)


_SLOT = "app text The app\nenvironment text The environment\n"
_TABLES = (
    Table(
        "slots",
        "One row for each app in each of its environments: what Git holds there, and what is on its way.",
        _columns(
            f"""{_SLOT}position integer The environment's place in the pipeline, from 0
state text As promoter status says it
state_since text Since when
release text The active release, r41; null when there is none
version text Its version; null where it has none
since text Since when it is active
how text How it came: merged, unchanged, by hand, rolled back, adopted
commit_id text The active branch's commit that brought it
healthy_since text Since when it is live and healthy
outcome text verified, failed, unverified, unhealthy or left; null while that is not known
target text The release that should come next
target_version text Its version
behind integer How many releases the first environments are ahead
held_by text Who holds it
hold_reason text Why
drift integer 1: the slot holds a hand edit that is no release
branch text The active branch
path text The slot's path in it"""
        ),
        ("app,environment", "environment", "version", "state"),
    ),
    Table(
        "clusters",
        "One row for each cluster that serves a slot: what it says of the content that is active there.",
        _columns(
            f"""{_SLOT}cluster text The cluster
verdict text success, pending, failure or unknown; null when nothing is asked there
agrees integer 1: it runs what Git holds; 0: it does not; null: nobody can tell
reason text Why
revision text What it reports
reported text The release that this commit brought here, r40; null when it brought none
reported_version text Its version
object text The object that delivers it, Kind/namespace/name
seen text When its controller said so"""
        ),
        ("app,environment", "cluster", "verdict"),
    ),
    Table(
        "objects",
        "One row for each object that was read: Applications of all kinds, sources, with --workloads what they run.",
        _columns(
            """id integer Its number in this inventory
application integer 1: an Application of any kind; 0: a source or a workload
cluster text The cluster that it was read from
api_group text Its API group, without version
kind text Its kind
namespace text Its namespace; empty for objects of the whole cluster
name text Its name
app text The app whose slot it delivers or is applied by; null: it belongs to none
environment text That slot's environment
verdict text Healthy, Progressing, Pending, Failed, Suspended, AppliedUnassessed or Unknown, judged by itself
reason text Why
version text Its own word, a chart's version, the label app.kubernetes.io/version, or the tag of its only image
revision text The revision that the verdict is about, as reported
repository text Where it delivers from
branch text The branch of it
path text The path in it
updated text When its controller last said something
created text When it was made"""
        ),
        ("cluster,kind,namespace,name", "app,environment", "verdict", "kind", "repository,path"),
    ),
    Table(
        "images",
        "One row for each image of a release that is active (side git), or that an object runs (side cluster).",
        _columns(
            f"""side text git or cluster
{_SLOT}cluster text The cluster; null for side git
object integer objects.id; null for side git, and for what a slot's own object reported
reference text As written
name text Without tag and digest
tag text The tag or version; null where there is none
digest text The digest; null where there is none"""
        ),
        ("name,tag", "app,environment", "object"),
    ),
    Table(
        "releases",
        "One row for each release that an app's ledger still has.",
        _columns(
            """app text The app
number integer 41
release text r41
version text Its version; null where it has none
at text When it was made
by text Who asked for it
state text ready, failed or draft
commit_id text The commit of the default branch that it was made from"""
        ),
        ("app,number", "version"),
    ),
    Table(
        "behind",
        "One row for each pair of environments of an app where the earlier one has a newer release.",
        _columns(
            f"""{_SLOT}release text What is active here
version text Its version
ahead text The environment that is ahead
ahead_release text What is active there
ahead_version text Its version
releases integer How many releases lie between, the newer one counted"""
        ),
        ("app,environment",),
    ),
    Table(
        "reads",
        "One row for each cluster that was read.",
        _columns(
            """cluster text The cluster
objects integer How many objects it gave
trouble text Why it could not be read, or not wholly; null when it was"""
        ),
    ),
    Table(
        "about",
        "What this inventory is: repository, commit (of the default branch), now (when it was made).",
        _columns("name text What\nvalue text Its value"),
    ),
)

_IMAGES = "(select group_concat(reference, ' ') from (select distinct reference from images i where {} order by 1))"
_VIEWS = (
    Table(
        "inventory",
        "One row for each slot and cluster, then one for each Application that belongs to no slot: what is shown.",
        _columns(
            f"""{_SLOT}position integer As in slots
cluster text The cluster
version text The active release's version, else its name
release text The active release
since text Since when
state text The slot's state
health text The cluster's verdict, of an object that belongs to no slot its own
agrees integer As in clusters
drift integer As in slots
revision text What the cluster reports
reported text The release of that revision: its version, else its name
images text What runs there, separated by spaces: as reported, else, where that is live, as in Git
object text Kind/namespace/name
reason text Why the health is what it is"""
        ),
        select=f"""
select s.app, s.environment, s.position, c.cluster, coalesce(s.version, s.release), s.release, s.since, s.state,
  c.verdict as health, c.agrees, s.drift, c.revision, coalesce(c.reported_version, c.reported),
  coalesce({_IMAGES.format("i.app = s.app and i.environment = s.environment and i.cluster = c.cluster")},
    case when coalesce(c.verdict, 'success') = 'success' then
      {_IMAGES.format("i.app = s.app and i.environment = s.environment and i.side = 'git'")} end) as images,
  c.object, c.reason
from slots s left join clusters c on c.app = s.app and c.environment = s.environment
union all
select null, null, null, o.cluster, o.version, null, null, null, o.verdict, null, null, o.revision, null,
  {_IMAGES.format("i.object = o.id")},
  o.kind || '/' || case o.namespace when '' then '' else o.namespace || '/' end || o.name, o.reason
from objects o where o.app is null and o.application""",  # noqa: S608 (nothing in it comes from outside)
    ),
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType({table.name: table for table in (*_VIEWS, *_TABLES)})
"""Every table and view by name, the one that is shown first."""
