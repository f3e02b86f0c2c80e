"""`init --pin`: each environment's versions into its own files, where releases can move them apart.

A version that stands in files which environments share is added to each environment's own; a range, or none at all,
becomes the one version that somebody names. Proven by rendering: before and after are the same bytes but for those
named versions, and moving each pin moves exactly what it should.

Invariants: nothing is written; what cannot be proven is refused (EditRefused, RenderFailed) or left, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from promoter.errors import EditRefused, UsageError
from promoter.git.store import Store
from promoter.layout import search
from promoter.layout.place import Kind
from promoter.model.names import Oid
from promoter.render.program import Programs
from promoter.run.pin_choice import Work, choose
from promoter.run.pin_edit import Own
from promoter.run.pin_found import Asked, Left, Pinned, Pins, answer
from promoter.run.pin_proof import Bench, Key, Manifests, edited, probe, prove, prove_moves
from promoter.run.survey import look_at
from promoter.run.survey_found import AppFound
from promoter.run.survey_standing import floats
from promoter.run.survey_tree import Dry


def pin(store: Store, tree: Oid, apps: Sequence[AppFound], asked: Sequence[Asked], programs: Programs) -> Pins:
    """Find the edits that pin every version of `apps` in the environments' own files.

    `apps` need only name, path and environments. Raises UsageError for a name in `asked` that is not used, EditRefused
    when nothing can be pinned and for an edit that would change anything else, RenderFailed.
    """
    works, paths, needs = _works(Dry(store, tree), apps)
    _refuse_strangers(works.values(), asked)
    bench = Bench(store, programs, needs)
    failed: dict[Key, str] = {}
    before = bench.render(tree, paths, failed)
    for key, reason in failed.items():
        del paths[key]
        works[key].trouble = reason
    files, pinned, left = _chosen(works, before, asked)
    if not pinned:
        raise _nothing(left)
    new = edited(store, tree, files)
    after = bench.render(new, paths)
    prove(before, after, pinned)
    probes = {key: some for key, some in probe(pinned).items() if key in paths}
    moved: dict[str, bytes] = {}
    for key, some in probes.items():
        for one in some:
            own = _with(works[key].own, {**files, **moved})
            own.move(one.kind, one.name, one.new)
            moved |= own.changed
    rendered = bench.render(edited(store, new, moved), {key: paths[key] for key in probes})
    prove_moves(after, rendered, probes)
    return Pins(files, tuple(pinned), tuple(dict.fromkeys(left)), bench.tools)


def _works(dry: Dry, apps: Sequence[AppFound]) -> tuple[dict[Key, Work], dict[Key, str], list[str]]:
    """Look at every environment; gives also what kustomize renders, and the programs for that."""
    works: dict[Key, Work] = {}
    paths: dict[Key, str] = {}
    needs: dict[str, None] = {}
    for app in apps:
        for environment in app.environments:
            found, standing = look_at(dry, replace(app, renderer="", needs=(), trouble=""), environment)
            path = app.source(environment)
            own = Own(path, {file: dry.read(file) for file in dry.below(path)})
            works[app.name, environment] = Work(app.name, environment, standing, own, None)
            works[app.name, environment].trouble = found.trouble.removeprefix(f"in {environment}: ")
            if found.renderer == "kustomize" and not found.trouble:
                paths[app.name, environment] = path
                needs.update(dict.fromkeys(found.needs))
    return works, paths, list(needs)


def _chosen(
    works: dict[Key, Work], before: Manifests, asked: Sequence[Asked]
) -> tuple[dict[str, bytes], list[Pinned], list[Left]]:
    """Edit; gives the files, what was pinned, and what was left. Apps that share files see each other's edits."""
    files: dict[str, bytes] = {}
    pinned: list[Pinned] = []
    left: list[Left] = []
    done: set[tuple[str, Kind, str]] = set()
    for key, work in works.items():
        work.rendered = search.parse(before[key]) if key in before else None
        work.own = _with(work.own, files)
        work.standing = [one for one in work.standing if (work.own.path, one.kind, one.name) not in done]
        for one in choose(work, asked):
            if isinstance(one, Pinned):
                pinned.append(one)
                done.add((work.own.path, one.kind, one.name))
            else:
                left.append(one)
        files |= work.own.changed
    return files, pinned, left


def _with(own: Own, files: dict[str, bytes]) -> Own:
    """Give the own files with edits of others in them."""
    here = {
        path: data for path, data in files.items() if path == own.path or path.startswith(f"{own.path}/".lstrip("/"))
    }
    return Own(own.path, {**own.files, **here})


def _refuse_strangers(works: Iterable[Work], asked: Sequence[Asked]) -> None:
    """Refuse a name that nothing uses, and another version than the exact one that runs: pinning changes nothing."""
    every = list(works)
    for wish in asked:
        fitting = [
            one
            for work in every
            if wish.environment in ("", work.environment)
            for one in work.standing
            if answer([replace(wish, environment="")], "", one.kind, (one.name, one.chart, *one.also))
        ]
        if not fitting:
            known = ", ".join(sorted({one.name for work in every for one in work.standing})) or "nothing"
            where = f" in {wish.environment}" if wish.environment else ""
            raise UsageError(f"nothing{where} uses {wish.name}", f"Used: {known}.")
        exact = [one for one in fitting if not floats(one) and one.value != wish.version]
        if len(exact) == len(fitting):
            hint = (
                f"Pinning keeps what runs. A release moves it: promoter release APP --image {wish.name}={wish.version}"
            )
            raise UsageError(f"{wish.name} is exactly {exact[0].value} already ({exact[0].where})", hint)


def _nothing(left: Sequence[Left]) -> EditRefused:
    if not left:
        return EditRefused(
            "there is nothing to pin: every environment names exact versions in its own files", "Leave --pin out."
        )
    reasons = [f"{one.app} in {one.environment}: {one.name} ({one.where}): {one.reason}" for one in left]
    return EditRefused("nothing was pinned", "\n  ".join(dict.fromkeys(reasons)))
