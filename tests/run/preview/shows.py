"""A shop that has previews: a Deployment with a volume, hosts and rights in dev and prod, and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promoter.errors import PromoterError
from promoter.git.ref import RefUpdate
from promoter.model.forge import PullRequest, PullText
from promoter.model.names import Branch
from promoter.model.preview import Preview
from promoter.run.preview.change import Done, Wanted, create, look, update
from tests.repos import commit_files, head, tip
from tests.run.shops import APP, HEAD, IMAGE, LAYOUT, Shop, make_shop

BRANCH = "environment/previews"
CONFIG = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\npreviews: {{}}\n"


def shop_files(environment: str) -> dict[str, str]:
    """Give the manifests of one environment."""
    host = f"shop.{environment}.example.com"
    return {
        f"shop/{environment}/app.yaml": f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: {environment}   # theirs
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: main
          image: {IMAGE}:1.0.0
          env:
            - {{name: PUBLIC_URL, value: "https://{host}/start"}}
            - {{name: LEVEL, value: "1"}}
""",
        f"shop/{environment}/data.yaml": f"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data, namespace: {environment}}}
spec: {{resources: {{requests: {{storage: 1Gi}}}}}}
""",
        f"shop/{environment}/ingress.yaml": f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  tls: [{{hosts: [{host}], secretName: shop-tls}}]
  rules:
    - host: {host}
""",
        f"shop/{environment}/rights.yaml": f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}
subjects: [{{kind: ServiceAccount, name: shop, namespace: {environment}}}]
""",
    }


@dataclass
class Show(Shop):
    """A shop with previews."""

    def make(self, name: str = "login", app: str = "shop", user: str = "kim", **wanted: Any) -> Done:
        """Say `promoter preview create`."""
        self.later()
        return create(self.workspace(user), name, app, Wanted(**wanted))

    def change(self, name: str = "login", **wanted: Any) -> Done:
        """Say `promoter preview update`."""
        self.later()
        return update(self.workspace(), name, "shop", Wanted(**wanted))

    def refused(self, name: str = "login", user: str = "kim", **wanted: Any) -> str:
        """Give the sentence of a refusal; nothing was written."""
        before = self.repo.refs()
        with pytest.raises(PromoterError) as refusal:
            self.make(name, user=user, **wanted)
        assert self.repo.refs() == before
        return str(refusal.value)

    def offer(self, files: Mapping[str, str | None], branch: str = "feature", base: str = "main") -> PullRequest:
        """Open a pull request as lin: `files` changed on a branch of this repository."""
        if tip(self.repo, branch) is None:
            self.repo.update([RefUpdate(f"refs/heads/{branch}", None, head(self.repo, base))])
        commit_files(self.repo, branch, files, "Feature", at=self.now)
        text = PullText("Feature", "What it does")
        return self.forge.open_as("lin", Branch(branch), Branch(base), text, self.now)

    @property
    def previews(self) -> dict[str, Preview]:
        """What there is, by name."""
        return {one.name: one for one in look(self.workspace()).previews.values()}

    def files(self, name: str = "login", app: str = "shop") -> dict[str, str]:
        """The preview's manifests: file -> text."""
        store = self.repo.store
        tree = store.commit(head(self.repo, BRANCH)).tree
        return {path: store.blob(entry.id).decode() for path, entry in store.files(tree, f"{name}/{app}")}

    @property
    def commits(self) -> int:
        """How many commits the branch of previews has."""
        at = tip(self.repo, BRANCH)
        return len(list(self.repo.store.history(at))) if at is not None else 0


def make_show(folder: Path, config: str = CONFIG, files: Mapping[str, str] | None = None) -> Show:
    """Give a shop with previews, and nothing else yet."""
    standard = {**shop_files("dev"), **shop_files("prod")}
    return Show(make_shop(folder, config, {**standard, **(files or {})}).repo)
