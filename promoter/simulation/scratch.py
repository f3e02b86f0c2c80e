"""The scratch copy: a bare repository in a folder of its own, with one commit of what people edit and nothing else.

Invariant: what is copied from is only read. Objects are copied by `git fetch` from the other repository's folder, and
none is shared: Git writes times into shared ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import pygit2

from promoter.errors import EdgeFailed
from promoter.git.direct import Direct
from promoter.git.process import Git
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository, open_repository
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Branch, Oid
from promoter.policy.load import FILE as CONFIG
from promoter.policy.load import POLICIES
from promoter.policy.node import Node
from promoter.policy.reading import read_form
from promoter.policy.schema import ConfigForm
from promoter.policy.source import parse
from promoter.run.presets import presets

KIM: Final = ("Kim", "kim@acme.example")
"""Whose the first commit is."""
_WAIT: Final = 600.0
_MANIFEST: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}, namespace: {environment}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec:
      containers:
        - {{name: {app}, image: "{image}:1.0.0"}}
"""


@dataclass(frozen=True, slots=True)
class Original:
    """What is copied: a commit of a repository."""

    repository: Repository
    branch: Branch
    """The branch that people edit; the copy's is called the same."""
    commit: Oid
    over: Mapping[str, bytes] = field(default_factory=dict)
    """Path -> text of files that stand in the copy, whatever the commit has there."""


def original(repo: str, branch: str | None, cache: Path, env: Mapping[str, str]) -> Original:
    """Find the branch that people edit of the repository at `repo`, a folder or URL. Raises EdgeFailed."""
    source = open_repository(repo, cache, env)
    named = Branch(branch) if branch else source.default_branch()
    ref = f"refs/heads/{named}"
    tip = source.refs([ref]).get(ref)
    if tip is None:
        raise EdgeFailed(f"{source.url} has no branch {named}", "Name the branch that people edit: --branch")
    if not source.store.has(tip):
        source.fetch([ref])
    return Original(source, named, tip)


def checked_out(folder: Path, branch: str | None) -> Original:
    """Find what is checked out in the working copy `folder`, with its config as it is now, committed or not.

    Nothing but this disk is read. Raises EdgeFailed.
    """
    found = pygit2.discover_repository(str(folder))
    if found is None:
        raise EdgeFailed(f"{folder} is not in a Git repository", "--here reads a working copy.")
    inner = pygit2.Repository(found)
    if inner.workdir is None or inner.head_is_unborn:
        raise EdgeFailed(f"{folder} is no working copy with a commit", "Leave --here out.")
    root, common = Path(inner.workdir), Path(found) / "commondir"
    store = Store((common.parent / common.read_text("utf-8").strip()).resolve() if common.exists() else Path(found))
    files = [root / CONFIG, *sorted((root / POLICIES).glob("*.yaml"))]
    over = {file.relative_to(root).as_posix(): file.read_bytes() for file in files if file.is_file()}
    name = Branch(branch or "main")
    return Original(Repository(store, Direct(store), str(folder)), name, Oid(str(inner.head.target)), over)


def copied(source: Original, folder: Path) -> tuple[Store, Oid]:
    """Copy what a commit holds into a new repository in `folder`; gives it, and the tree. Raises EdgeFailed.

    Of a repository that is elsewhere, what is missing on this machine is fetched first; nothing else is asked of it.
    """
    repository, tip = source.repository, source.commit
    tree = repository.store.commit(tip).tree
    repository.fetch((), [(tree, "")])
    store = Store.create(folder / "fleet.git")
    arguments = ["fetch", "--quiet", "--no-tags", "--depth=1", repository.store.path.resolve().as_uri(), tip]
    done = Git(store.path, os.environ).run(arguments, seconds=_WAIT, options={"protocol.file.allow": "always"})
    if done.code:
        raise EdgeFailed(f"cannot copy {source.branch} of {repository.url}: {done.err or 'git says nothing'}")
    (store.path / "shallow").unlink(missing_ok=True)  # the commit goes, its tree stays
    return Store(store.path), tree


def begun(
    store: Store, tree: Oid | None, files: Mapping[str, bytes], branch: Branch, at: datetime
) -> Repository:  # fmt: skip
    """Make `tree` with `files` over it the first commit of `branch`. Raises EdgeFailed for a path that cannot be."""
    nodes = {path: Entry(FILE, store.put_blob(data)) for path, data in files.items()}
    made = store.put_commit(store.edit_tree(tree, nodes), [], "Start\n", KIM, at)
    repository = Repository(store, Direct(store), str(store.path))
    repository.update([RefUpdate(f"refs/heads/{branch}", None, made)])
    return repository


def made_up(config: str) -> dict[str, bytes]:
    """Give the files of a repository that has `config` and, for every app in it, one Deployment an environment.

    The policies that come with promoter are in it. A config that is wrong is told of when it is loaded.
    """
    found = {CONFIG: config.encode()} | {f"policies/{name}.yaml": data for name, data in presets().items()}
    tree, _ = parse(CONFIG, config.encode())
    form = read_form(ConfigForm, tree)[0] if tree is not None else None
    if form is None:
        return found
    named = [name for name, app in form.apps.items() if app.path is None or "{app}" not in app.path]
    for name, app in form.apps.items():
        for one in [name] if name in named else [other for other in named if form.apps[other].path is None]:
            for environment in form.environments:
                if app.path is not None:
                    image = _image(app.node, one)
                    text = _MANIFEST.format(app=one, environment=environment.name, image=image)
                    found[_file(app.path, one, environment.name)] = text.encode()
    return found


def _file(path: str, app: str, environment: str) -> str:
    filled = path.replace("{app}", app).replace("{environment}", environment).strip("/")
    return filled if filled.endswith((".yaml", ".yml")) else f"{filled}/app.yaml".removeprefix("./")


def _image(app: Node, name: str) -> str:
    """Give the image that the config names, else one that is called like the app."""
    images = app.find("images")
    words = [item.text for item in images.items if item.text] or list(images.entries)
    return words[0].replace("{app}", name) if words and app.entries.get("images") is images else f"acme.example/{name}"
