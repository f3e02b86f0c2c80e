"""A run over 1,000 apps in which nothing is to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fleet import CLEAN, ENVIRONMENTS, KIM, NOW, RELEASES, AllHealthy, bare, git, packed, sessions, settled
from benchmarks.measure import Figure, Row, peak, ratio, rounds
from promoter.forge.local import LocalForge
from promoter.git.program import Program
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, TREE, Entry, Store
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.state import dump
from promoter.render.hydrate import hydrate
from promoter.render.port import Rendered
from promoter.run import ledgers
from promoter.run.inputs import SourceTree, recorded, requests
from promoter.run.run import run
from promoter.run.workspace import Workspace

WORK = "idle run, 1,000 apps x 5 environments"
APPS = """live: {files: "status/{cluster}"}
environments:
  - {name: dev, promote: auto}
  - {name: test, promote: auto}
  - {name: staging, promote: auto, verify: {soak: 30m}}
  - {name: prod-eu}
  - {name: prod-us, after: staging}
"""
RENDERED = f"""version: 1
layout: {{branch: "environment/{{environment}}", path: "{{app}}"}}
{APPS}apps: {{fleet: {{path: "apps/{{app}}/{{environment}}", render: plain}}}}
"""
IN_PLACE = f"""version: 1
{APPS}apps: {{fleet: {{path: "apps/{{app}}/{{environment}}", images: ["ghcr.io/acme/{{app}}"]}}}}
"""
AFTER = {"dev": (), "test": ("dev",), "staging": ("test",), "prod-eu": ("staging",), "prod-us": ("staging",)}
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}, namespace: {environment}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec: {{containers: [{{name: {app}, image: "ghcr.io/acme/{app}:1.30.0"}}]}}
"""


class CountingForge:
    """A forge that counts what is asked of it."""

    def __init__(self, inner: LocalForge, asked: Counter[str]) -> None:
        self.identity = inner.identity
        self._inner, self._asked = inner, asked

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._inner, name)

        def call(*given: Any) -> Any:
            self._asked[name] += 1
            return method(*given)

        return call


def workspace(url: str, cache: Path, asked: Counter[str], env: Mapping[str, str] = CLEAN) -> Workspace:
    """Give what a new process would have: nothing was read yet."""
    ledgers._read.cache_clear()
    store = Store.create(cache)
    repository = Repository(store, Program(store, url, env), url)
    forge: Any = CountingForge(LocalForge(repository), asked)
    return Workspace(repository, forge, Branch("main"), lambda: NOW, lambda _: AllHealthy())


def build(path: Path, config: str, apps: int) -> str:
    """Make a repository in which every app has its newest release everywhere, and give its URL."""
    names = [f"app-{number}" for number in range(apps)]
    files = {"promoter.yaml": config.encode()}
    for app in names:
        for environment in ENVIRONMENTS:
            text = DEPLOYMENT.format(app=app, environment=environment)
            files[f"apps/{app}/{environment}/deployment.yaml"] = text.encode()
    repository = bare(path, files)
    forge: Any = LocalForge(repository)
    ws = Workspace(repository, forge, Branch("main"), lambda: NOW, lambda _: AllHealthy())
    dry = ws.refresh(repository.refs([ws.ref]))
    (_rendered if ws.config.layout is not None else _in_place)(ws, dry)
    return packed(path)


def _rendered(ws: Workspace, dry: Oid) -> None:
    store = ws.repository.store
    source = SourceTree(store, store.commit(dry).tree)
    content: dict[str, dict[str, ContentId]] = {}
    inputs: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for app in ws.config.apps.values():
        results = hydrate(source, requests(ws, app), {})
        inputs[app.name] = recorded(results)[0]
        content[app.name] = {
            environment: ContentId(store.put_files(result.files))
            for (_, environment), result in results.items()
            if isinstance(result, Rendered)
        }
    tips = {}
    for environment in ENVIRONMENTS:
        entries = {app: Entry(TREE, Oid(mine[environment])) for app, mine in content.items()}
        tips[environment] = store.put_commit(store.edit_tree(None, entries), [], "Start", KIM, NOW)
        ws.repository.update([RefUpdate(f"refs/heads/environment/{environment}", None, tips[environment])])
    states = States()
    for name, mine in content.items():
        _write(ws, name, mine, states.state(name, mine, tips, dry, inputs[name]))


def _in_place(ws: Workspace, dry: Oid) -> None:
    tree = ws.repository.store.commit(dry).tree
    states = States()
    for app in ws.config.apps.values():
        contents: Any = ws.contents(app)
        held = {name: contents.held(slot, tree, ()).content for name, slot in app.slots.items()}
        _write(ws, app.name, held, states.state(app.name, held, dict.fromkeys(ENVIRONMENTS, dry), dry, {}))


def _write(ws: Workspace, app: str, content: Mapping[str, ContentId], state: bytes) -> None:
    """Write an app's ledger, with the contents of its newest release, so that they are in the repository."""
    store = ws.repository.store
    kept = {f"r{RELEASES}/{name}": ws.contents(ws.app(app)).entry(one) for name, one in content.items()}
    first = store.put_commit(store.edit_tree(None, kept), [], "Keep\n", KIM, NOW)
    tree = store.edit_tree(None, {ledgers.STATE: Entry(FILE, store.put_blob(state))})
    tip = store.put_commit(tree, [first], "Start\n", KIM, NOW)
    ws.repository.update([RefUpdate(f"refs/heads/promoter-ledger/{app}", None, tip)])


@dataclass(slots=True)
class States:
    """Ledgers as text. Writing YAML takes long, so one is written, and becomes every app's by replacing its ids."""

    app: str = ""
    ids: tuple[str, ...] = ()
    text: str = ""

    def state(
        self, app: str, content: Mapping[str, ContentId], tips: Mapping[str, Oid], dry: Oid,
        inputs: Mapping[str, Mapping[str, str]],
    ) -> bytes:  # fmt: skip
        """Give the ledger of `app`."""
        ids = (*content.values(), *(one for reached in inputs.values() for one in reached.values()))
        if not self.text:
            self.app, self.ids = app, ids
            self.text = dump(settled(app, content, tips, dry, inputs, AFTER)).decode()
        text = self.text.replace(self.app, app)
        for old, new in zip(self.ids, ids, strict=True):
            text = text.replace(old, new)
        return text.encode()


def measure(folder: Path, quick: bool) -> Row:
    """Measure; `quick`: with few apps and one round."""
    apps, times = (2, 1) if quick else (1_000, 2)
    figures = [*_layout(folder, "rendered", RENDERED, apps, times), *_layout(folder, "in place", IN_PLACE, apps, times)]
    return Row("idle_run", WORK, tuple(figures))


def _layout(folder: Path, what: str, config: str, apps: int, times: int) -> list[Figure]:
    url = build(folder / f"{what}.git", config, apps)
    asked: Counter[str] = Counter()
    trips: dict[str, int] = {}

    def look(number: int, state: str) -> None:
        trace = folder / f"{what}-{state}-{number}.json"
        trace.unlink(missing_ok=True)
        asked.clear()
        env = {**CLEAN, "GIT_TRACE2_EVENT": str(trace)}
        done = run(workspace(url, folder / f"{what}-{number}.git", asked, env))
        if done.done or done.plan.actions or len(done.plan.slots) != apps * len(ENVIRONMENTS):
            raise AssertionError(f"the run was not idle: {done.done} {done.plan.problems[:3]}")
        trips[state] = sessions(trace) - asked["pulls"]  # the local forge's page is read by git, too

    found = rounds(
        {
            "baseline": lambda number: _baseline(url, folder / f"{what}-base-{number}.git", config),
            "cold": partial(look, state="cold"),
            "warm": partial(look, state="warm"),
        },
        times,
    )
    with peak() as memory:
        look(1, "warm")
    return [
        Figure(f"{what}: git round trips, cold store", trips["cold"], "", goal=3),
        Figure(f"{what}: git round trips, warm store", trips["warm"], "", goal=1),
        Figure(f"{what}: questions to the forge", sum(asked.values()), "", goal=1),
        found["baseline"].figure(f"{what}: a list and a fetch for each environment"),
        found["cold"].figure(f"{what}: run, cold store"),
        found["warm"].figure(f"{what}: run, warm store"),
        ratio(f"{what}: run, warm / baseline", found["warm"], found["baseline"]),
        memory.figure(f"{what}: run, warm store"),
    ]


def _baseline(url: str, path: Path, config: str) -> None:
    """What a script does that looks at one environment after the other."""
    git("init", "--quiet", "--bare", str(path))
    for environment in ENVIRONMENTS:
        branch = f"environment/{environment}" if config is RENDERED else "main"
        git("ls-remote", "--heads", url, branch)
        git("--git-dir", str(path), "fetch", "--quiet", "--depth", "1", "--filter=blob:none", url, branch)
