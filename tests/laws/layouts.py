"""The three ways in which a world's slots stand, told independently of promoter's own code."""

from __future__ import annotations

import json
import re
from hashlib import sha1
from typing import Protocol

from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry
from promoter.model.names import Oid

IMAGE = "ghcr.io/acme/shop"
PLAIN = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: shop, namespace: {env}}}\n"
    "spec: {{containers: [{{name: shop, image: 'ghcr.io/acme/shop:{v}'}}]}}\n"
)
_VERSION = re.compile(r"image: '[a-z./]*:([0-9]+)\.([0-9]+)\.([0-9]+)'")
DEPLOYMENT = (
    "# people write here\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop, namespace: {env}}}\nspec:\n"
    "  replicas: 1   # theirs\n  template:\n    spec:\n      containers:\n"
    "        - {{name: shop, image: 'ghcr.io/acme/shop:{v}'}}\n"
)


def version_in(text: str) -> tuple[int, ...] | None:
    """Give the version of the image in a manifest."""
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.groups()) if found is not None else None


class Lay(Protocol):
    """How slots stand in branches."""

    config: str
    render: str
    text: str

    def active(self, env: str) -> str: ...
    def proposal(self, env: str) -> str: ...
    def content(self, repo: Repository, env: str, commit: Oid) -> str | None: ...
    def version(self, repo: Repository, env: str, commit: Oid) -> tuple[int, ...] | None: ...
    def outside(self, repo: Repository, env: str, commit: Oid) -> object: ...
    def drifted(self, repo: Repository, env: str, commit: Oid, text: str) -> dict[str, str]: ...
    def put(self, repo: Repository, env: str, commit: Oid, content: str) -> Oid: ...


class Rendered:
    """Hydrated manifests: a branch an environment, or folders of one branch."""

    render = "path: 'shop/{environment}', render: plain"
    text = PLAIN

    def __init__(self, branch: str, path: str, proposal: str) -> None:
        self.config = f'layout: {{branch: "{branch}", path: "{path}"}}\n'
        self.branch, self.path, self.next = branch, path, proposal

    def active(self, env: str) -> str:
        return self.branch.format(environment=env)

    def proposal(self, env: str) -> str:
        return self.next.format(environment=env)

    def slot(self, env: str) -> str:
        return self.path.format(environment=env, app="shop")

    def content(self, repo: Repository, env: str, commit: Oid) -> str | None:
        entry = repo.store.entry(repo.store.commit(commit).tree, self.slot(env))
        return entry.id if entry is not None else None

    def version(self, repo: Repository, env: str, commit: Oid) -> tuple[int, ...] | None:
        files = repo.store.files(repo.store.commit(commit).tree, self.slot(env))
        return version_in("".join(repo.store.blob(entry.id).decode() for _, entry in files))

    def outside(self, repo: Repository, env: str, commit: Oid) -> object:
        return repo.store.edit_tree(repo.store.commit(commit).tree, {self.slot(env): None})

    def drifted(self, repo: Repository, env: str, commit: Oid, text: str) -> dict[str, str]:
        return {f"{self.slot(env)}/hand.yaml": text}

    def put(self, repo: Repository, env: str, commit: Oid, content: str) -> Oid:
        return repo.store.edit_tree(repo.store.commit(commit).tree, {self.slot(env): Entry(0o040000, Oid(content))})


class Hydrated(Rendered):
    """Hydrated manifests with the file that names the dry commit, which is no content."""

    def __init__(self, branch: str, path: str, proposal: str) -> None:
        super().__init__(branch, path, proposal)
        self.config += "interchange: hydrator\n"

    def content(self, repo: Repository, env: str, commit: Oid) -> str | None:
        found = super().content(repo, env, commit)
        return repo.store.edit_tree(Oid(found), {"hydrator.metadata": None}) if found is not None else None


class Gathered(Rendered):
    """Hydrated manifests of releases that wait for more versions."""

    render = Rendered.render + ", settle: 20m"


class InPlace:
    """A tag in a Deployment on the dry branch itself."""

    config = ""
    render = f"path: 'shop/{{environment}}', images: [{IMAGE}]"
    text = DEPLOYMENT

    def active(self, env: str) -> str:
        return "main"

    def proposal(self, env: str) -> str:
        return f"promoter/{env}/shop"

    def read(self, repo: Repository, env: str, commit: Oid) -> str | None:
        data = repo.store.read(repo.store.commit(commit).tree, f"shop/{env}/deployment.yaml")
        return data.decode() if data is not None else None

    def content(self, repo: Repository, env: str, commit: Oid) -> str | None:
        text = self.read(repo, env, commit)
        if text is None:
            return None
        tag = re.search(r"shop:([^']*)'", text)
        data = (json.dumps({f"image:{IMAGE}": tag.group(1) if tag else ""}, indent=1) + "\n").encode()
        return sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()

    def version(self, repo: Repository, env: str, commit: Oid) -> tuple[int, ...] | None:
        return version_in(self.read(repo, env, commit) or "")

    def outside(self, repo: Repository, env: str, commit: Oid) -> object:
        store, path = repo.store, f"shop/{env}/deployment.yaml"
        text = self.read(repo, env, commit) or ""
        return store.edit_tree(store.commit(commit).tree, {path: None}), re.sub(r"shop:[^']*'", "shop:'", text)

    def drifted(self, repo: Repository, env: str, commit: Oid, text: str) -> dict[str, str]:
        old = self.read(repo, env, commit) or ""
        tag = "9." + re.sub(r"\D", "", text)[-9:].lstrip("0") + ".0"
        return {f"shop/{env}/deployment.yaml": re.sub(r"shop:[^']*'", f"shop:{tag}'", old)}

    def put(self, repo: Repository, env: str, commit: Oid, content: str) -> Oid:
        values = json.loads(repo.store.blob(Oid(content)))
        old = self.read(repo, env, commit) or ""
        new = re.sub(r"shop:[^']*'", f"shop:{values[f'image:{IMAGE}']}'", old)
        blob = Entry(FILE, repo.store.put_blob(new.encode()))
        return repo.store.edit_tree(repo.store.commit(commit).tree, {f"shop/{env}/deployment.yaml": blob})


BRANCHES = Rendered("environment/{environment}", "{app}", "environment/{environment}-next/shop")
FOLDERS = Rendered("deploy", "{environment}/{app}", "promoter/{environment}/shop")
HYDRATED = Hydrated("environment/{environment}", "{app}", "environment/{environment}-next/shop")
GATHERED = Gathered("environment/{environment}", "{app}", "environment/{environment}-next/shop")
IN_PLACE = InPlace()
