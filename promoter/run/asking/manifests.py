"""Judging the objects that are proposed; the definitions of custom kinds are those of the branch that people edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promoter.cluster.files import parse_objects
from promoter.errors import EdgeFailed
from promoter.model.ask import Ask, Reply
from promoter.model.snapshot import Snapshot
from promoter.policy.objects.engines import Conftest
from promoter.policy.objects.judge import Rules, judge
from promoter.policy.objects.kinds import definitions_in
from promoter.policy.objects.structure import Schema
from promoter.run.engines import engine
from promoter.run.judged import SUFFIXES, Judged
from promoter.run.schemas import kinds
from promoter.run.workspace import Workspace


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Read the objects, and the definitions or the policies. Raises EdgeFailed, RenderFailed."""
    rules = ask.settings
    objects = Judged.of(ws, seen, ask).objects()
    if isinstance(rules, Conftest):
        return engine(ws, seen.commit, objects, rules)
    assert isinstance(rules, Rules)  # noqa: S101 (the gate's own)
    custom = {name: schema for path in rules.schemas for name, schema in _definitions(ws, seen, path)}
    known = kinds(rules.kubernetes, custom) if rules.kubernetes else None
    return lambda: judge(objects, rules, known, ask)


def _definitions(ws: Workspace, seen: Snapshot, path: str) -> Iterator[tuple[str, Schema | None]]:
    store = ws.repository.store
    tree = store.commit(seen.commit).tree
    entry = store.entry(tree, path)
    if entry is None:
        raise EdgeFailed(f"{path} does not exist on {ws.branch}", "gates.manifests.schemas names it")
    found = {path: entry} if entry.is_file else {f"{path}/{name}": below for name, below in store.files(tree, path)}
    files = {name: below for name, below in found.items() if below.is_file and name.endswith(SUFFIXES)}
    if not files:
        raise EdgeFailed(f"{path} on {ws.branch} holds no CustomResourceDefinition")
    for name, below in files.items():
        try:
            yield from definitions_in(parse_objects(name, store.blob(below.id)))
        except ValueError as error:
            raise EdgeFailed(f"{name} {error}") from None
