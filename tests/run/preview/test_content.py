"""What previews are made of: plain files, kustomize and Helm; pull requests; and programs beside them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.errors import PromoterError
from promoter.git.ref import RefUpdate
from promoter.git.store import Entry
from promoter.model.forge import PullRequest
from promoter.run.open import open_workspace
from promoter.run.preview.change import Done, Wanted, archive, create, delete, restore
from promoter.run.preview.clean import clean_up
from promoter.run.preview.content import Recipe, keys
from promoter.run.preview.said import Said, carry_out
from promoter.run.workspace import Workspace
from tests.repos import commit_files, head
from tests.run.preview.shows import BRANCH, CONFIG, Show, make_show, shop_files
from tests.run.shops import HEAD, IMAGE, LAYOUT

KUSTOMIZE = (
    f'{HEAD}{LAYOUT}tools: {{kustomize: 5.8.1}}\napps: {{shop: "shop/overlays/{{environment}}"}}\n'
    'previews: {hosts: "{preview}.{app}.dev.example.com"}\n'
)
OVERLAYS = {
    "shop/base/kustomization.yaml": "resources: [app.yaml, ingress.yaml]\n"
    "configMapGenerator: [{name: settings, literals: [LEVEL=1, MODE=quiet]}]\n",
    "shop/base/app.yaml": shop_files("dev")["shop/dev/app.yaml"],
    "shop/base/ingress.yaml": shop_files("dev")["shop/dev/ingress.yaml"],
    **{
        f"shop/overlays/{name}/kustomization.yaml": f"namespace: shop-{name}\nresources: [../../base]\n"
        f"images: [{{name: {IMAGE}, newTag: 1.0.0}}]\n"
        for name in ("dev", "prod")
    },
}
HELM = (
    f"{HEAD}{LAYOUT}tools: {{helm: 4.2.3}}\n"
    'apps: {shop: {path: "env/{environment}.yaml", render: {helm: {chart: /charts/shop}}}}\npreviews: {from: prod}\n'
)
CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "charts/shop/values.yaml": f"replicas: 2\nlevel: '1'\nimage:\n  repository: {IMAGE}\n  tag: 1.0.0\n"
    "host: a.example.com\n",
    "charts/shop/templates/all.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          args: [{{ .Values.level | quote }}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: {{ .Release.Name }}}
spec: {rules: [{host: {{ .Values.host }}}]}
""",
    "env/dev.yaml": "replicas: 1\n",
    "env/prod.yaml": "replicas: 6\nhost: shop.example.com\n",
}


def test_kustomize(tmp_path: Path) -> None:
    show = make_show(tmp_path, KUSTOMIZE, OVERLAYS)
    done = show.make(version="1.5.0", values={"ConfigMap/settings:data.LEVEL": "9"})
    assert (done.preview.hosts, done.preview.images) == (("login.shop.dev.example.com",), {IMAGE: "1.5.0"})
    text = "".join(show.files().values())
    assert f"{IMAGE}:1.5.0" in text
    assert 'LEVEL: "9"' in text
    assert "namespace: shop-login" in text
    assert "shop-dev" not in text
    again = show.change()
    assert not again.changed


def test_helm_by_the_values_of_the_chart(tmp_path: Path) -> None:
    show = make_show(tmp_path, HELM, CHART)
    done = show.make(version="1.5.0", values={"replicas": "1", "level": "2", "Deployment/shop:spec.replicas": "3"})
    text = "".join(show.files().values())
    assert done.preview.hosts == ("login-shop.example.com",)
    assert (f"{IMAGE}:1.5.0" in text, "replicas: 3" in text, 'args: ["2"]' in text) == (True, True, True)
    assert "namespace: default" not in text
    show.make("other", values={"replicas": "4"})
    assert "replicas: 4" in "".join(show.files("other").values())
    assert "Did you mean replicas?" in show.refused("third", values={"replica": "1"})
    assert show.text("main", "env/prod.yaml") == CHART["env/prod.yaml"]


def test_the_keys_are_the_charts_values_first_and_then_the_objects(tmp_path: Path) -> None:
    show = make_show(tmp_path, HELM, CHART)
    ws = show.workspace()
    app = ws.app("shop")
    found = keys(ws, app, Recipe("keys", "prod", show.repo.store.commit(head(show.repo)).tree))
    assert list(found)[:5] == ["replicas", "level", "image.repository", "image.tag", "host"]
    assert (found["replicas"], found["Deployment/shop:spec.replicas"]) == ("6", "6")


def of_pull(show: Show, pull: PullRequest, verb: str = "create", **wanted: Any) -> Done:
    """Say `promoter preview create pr-N --pull N`."""
    show.later()
    said = Said(verb, f"pr-{pull.number}", (), Wanted(**wanted), show.forge.pull(pull.number))
    (done,) = carry_out(show.workspace(), said)
    return done


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return make_show(tmp_path)


def test_a_pull_request_is_previewed_as_it_would_be_merged(show: Show) -> None:
    changed = show.text("main", "shop/dev/app.yaml").replace("replicas: 2", "replicas: 5")
    pull = show.offer({"shop/dev/app.yaml": changed})
    show.commit({"shop/dev/data.yaml": show.text("main", "shop/dev/data.yaml").replace("1Gi", "2Gi")})
    done = of_pull(show, pull)
    assert (done.preview.pull, done.preview.head) == (pull.number, pull.head)
    files = show.files(f"pr-{pull.number}")
    assert "replicas: 5" in files["deployment-shop.yaml"]
    assert "2Gi" in files["persistentvolumeclaim-data.yaml"]
    commit_files(show.repo, "feature", {"shop/dev/app.yaml": changed.replace("5", "7", 1)}, "More", at=show.now)
    assert not of_pull_again(show, pull)
    assert "replicas: 5" in show.files(f"pr-{pull.number}")["deployment-shop.yaml"]
    of_pull(show, pull, "update")
    assert "replicas: 7" in show.files(f"pr-{pull.number}")["deployment-shop.yaml"]


def of_pull_again(show: Show, pull: PullRequest) -> bool:
    """Update without naming the pull request: what was pushed since was seen by nobody who said so."""
    return show.change(f"pr-{pull.number}").changed


def test_a_pull_request_brings_nothing_of_the_cluster(show: Show) -> None:
    done = of_pull(
        show, show.offer({"shop/dev/admin.yaml": show.text("main", "shop/dev/rights.yaml").replace("shop}", "x}", 1)})
    )
    assert done.left_out == ("ClusterRoleBinding shop", "ClusterRoleBinding x")
    assert "ClusterRole" not in "".join(show.files(done.preview.name).values())


def refused(show: Show, pull: PullRequest, **wanted: Any) -> str:
    """Give the sentence of a refusal; nothing was written."""
    before = show.repo.refs()
    with pytest.raises(PromoterError) as refusal:
        of_pull(show, pull, **wanted)
    assert show.repo.refs() == before
    return str(refusal.value)


def test_what_may_be_anybodys_is_never_deployed(show: Show) -> None:
    pull = show.offer({"x": "y"})
    ref = "refs/heads/feature"
    there = head(show.repo, "feature")
    show.repo.update([RefUpdate(ref, there, None)])
    fork = Said("create", "pr-1", (), Wanted(), pull)
    with pytest.raises(PromoterError, match="is not one of a branch of this repository"):
        carry_out(show.workspace(), fork)
    show.repo.update([RefUpdate(ref, None, head(show.repo))])
    with pytest.raises(PromoterError, match="is not one of a branch of this repository"):
        carry_out(show.workspace(), fork)


def test_pull_requests_that_none_can_be_made_of(show: Show) -> None:
    show.commit({"shop/dev/app.yaml": show.text("main", "shop/dev/app.yaml").replace("replicas: 2", "replicas: 5")})
    pull = show.offer({"shop/dev/app.yaml": "changed\n"}, "other")
    assert "is not a Kubernetes object" in refused(show, pull)
    show.commit({"shop/dev/app.yaml": "changed too\n"})
    assert "conflicts with main" in refused(show, pull)
    show.forge.close_as(pull.number, "lin", show.now)
    assert "is not open" in refused(show, pull)
    elsewhere = show.offer({"x": "y"}, "third", "other")
    assert "previews are made of main" in refused(show, elsewhere)


def test_no_program_of_a_change_runs(tmp_path: Path) -> None:
    config = CONFIG.replace("render: plain", "render: {command: [./make.sh]}")
    show = make_show(tmp_path, config)
    pull = show.offer({"make.sh": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    assert "none runs on a change that is not merged" in refused(show, pull)
    assert not (tmp_path / "ran").exists()


HOOK = """\
#!/bin/sh
echo "$PROMOTER_EVENT $PROMOTER_PREVIEW $PROMOTER_APP $PROMOTER_ENVIRONMENT $PROMOTER_NAMESPACE $PROMOTER_HOSTS" \\
  "$1 $TOKEN ${HOME##*/} $(ls "$PROMOTER_CONTENT" | wc -l)" >> LOG
"""
HOOKED = (
    "previews: {hooks: {before create: [ci/log.sh, before], after create: {run: [ci/log.sh, after], env: [TOKEN]}, "
)
HOOKED += "before archive: [ci/log.sh, a], after restore: [ci/log.sh, r], after cleanup: [ci/log.sh, c]}}"


def executable(show: Show, path: str, text: str) -> None:
    """Commit a program to the dry branch."""
    store, tip = show.repo.store, head(show.repo)
    tree = store.edit_tree(store.commit(tip).tree, {path: Entry(0o100755, store.put_blob(text.encode()))})
    new = store.put_commit(tree, [tip], "A program\n", ("Kim", "kim@example.com"), show.now)
    show.repo.update([RefUpdate("refs/heads/main", tip, new)])


def test_programs_run_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cr3t")
    show = make_show(tmp_path, CONFIG.replace("previews: {}", HOOKED))
    log = tmp_path / "log"
    executable(show, "ci/log.sh", HOOK.replace("LOG", str(log)))
    host = "login-shop.dev.example.com"
    show.make()
    show.make()
    archive(show.workspace(), "login", "shop")
    restore(show.workspace(), "login", "shop")
    delete(show.workspace(), "login", "shop")
    lines = [" ".join(line.split()) for line in log.read_text().splitlines()]
    assert lines == [
        f"create login shop dev shop-login {host} before home 5",
        f"create login shop dev shop-login {host} after s3cr3t home 5",
        f"archive login shop dev shop-login {host} a home 2",
        f"restore login shop dev shop-login {host} r home 5",
        f"cleanup login shop dev shop-login {host} c home 5",
    ]


def test_one_that_fails_before_stops_it_and_after_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cr3t")
    show = make_show(tmp_path, CONFIG.replace("previews: {}", HOOKED))
    program = '#!/bin/sh\n[ "$1" != WHEN ] || { echo "no database for $TOKEN" >&2; exit 3; }\n'
    executable(show, "ci/log.sh", program.replace("WHEN", "before"))
    assert "before create of login: log.sh failed (exit 3):\nno database for" in show.refused()
    executable(show, "ci/log.sh", program.replace("WHEN", "after"))
    done = show.make()
    assert done.changed
    assert done.trouble.startswith("after create of login: log.sh failed (exit 3):\nno database for ***")
    assert list(show.previews) == ["login"]


def test_one_that_is_none_stops_it(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("previews: {}", HOOKED))
    assert "ci/log.sh does not exist on main" in show.refused()
    show.commit({"ci/log.sh": "#!/bin/sh\n"})
    assert "is not an executable file" in show.refused()


def test_one_runs_once_when_somebody_else_is_faster(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("previews: {}", "previews: {hooks: {before archive: [ci/log.sh, a]}}"))
    log = tmp_path / "log"
    executable(show, "ci/log.sh", HOOK.replace("LOG", str(log)))
    show.make()
    archive(show.interrupted(2, BRANCH, lambda: show.make(f"x{show.commits}")), "login", "shop")
    assert len(log.read_text().splitlines()) == 1
    assert len(show.previews) == 3


def test_what_is_kept_out_of_reach(tmp_path: Path) -> None:
    """A description on the branch is data: it names no path but its own."""
    show = make_show(tmp_path)
    show.make()
    text = show.text(BRANCH, "login/shop.preview")
    commit_files(
        show.repo, BRANCH, {"login/shop.preview": text.replace("app: shop", "app: ../x")}, "By hand", at=show.now
    )
    with pytest.raises(PromoterError, match="is that of login"):
        show.change()


def test_all_of_it_from_afar(tmp_path: Path) -> None:
    """Every step on a machine that never saw the repository: objects come when they are needed."""
    show = make_show(tmp_path)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        show.repo.store.repo.config[key] = "true"
    show.release("1.1.0")
    show.run()
    caches = iter(f"{tmp_path}/cache{number}" for number in range(9))

    def far() -> Workspace:
        env = {"PROMOTER_CACHE": next(caches), "GIT_ALLOW_PROTOCOL": "file", "PATH": os.environ["PATH"]}
        return open_workspace(f"file://{show.repo.url}", user="kim", now=lambda: show.now, env=env)

    assert create(far(), "login", "shop", Wanted(images={IMAGE: "1.5.0"})).changed
    before = show.files()
    assert not create(far(), "login", "shop", Wanted(images={IMAGE: "1.5.0"})).changed
    assert archive(far(), "login", "shop").changed
    show.make("other")
    assert restore(far(), "login", "shop").changed
    assert show.files() == before
    ws = far()
    pull = show.offer({"shop/dev/data.yaml": show.text("main", "shop/dev/data.yaml").replace("1Gi", "2Gi")})
    said = Said("create", "pr-1", (), Wanted(), pull)
    assert carry_out(ws, said)[0].changed
    assert "2Gi" in show.files("pr-1")["persistentvolumeclaim-data.yaml"]
    assert delete(far(), "login", "shop").changed
    show.now += timedelta(days=30)
    assert [one.what for one in clean_up(far())] == ["cleaned", "cleaned"]
    assert show.previews == {}
