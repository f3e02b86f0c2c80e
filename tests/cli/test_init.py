"""`promoter init` at the terminal: what it prints and writes, and that what it writes works."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.git.repository import Repository
from tests.git.programs import git
from tests.repos import START, commit_files, head, make_repo, tip
from tests.run.trees import SEARCH, fixture_files

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the world that a person has: a search path and a cache."""
    monkeypatch.setenv("PATH", SEARCH)
    monkeypatch.setenv("PROMOTER_CACHE", str(tmp_path / "cache"))

    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words), Shell(clock=lambda: START))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def shared(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "fleet.git", fixture_files("kustomize-shared-base"))


@pytest.fixture
def flux(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "fleet.git", fixture_files("flux-monorepo"))


def cloned(repo: Repository, folder: Path) -> Path:
    git(folder, "clone", "--quiet", repo.url, "clone")
    return folder / "clone"


def test_a_dry_run(shared: Repository, run: Run) -> None:
    base = head(shared)
    code, out, err = run("init", "--dry-run", "--repo", shared.url, "--layout", "branches", "--live", "none")
    assert (code, err) == (0, "")
    assert out.splitlines()[:4] == [
        "Found",
        "  app shop: shop/overlays/{environment} for dev, staging, prod, rendered with kustomize",
        "  image docker.io/valkey/valkey 9.0.1 stands in files that dev, staging, prod share; each environment has its "
        "own when it is rendered  shop/bases/cache/cache.yaml:15",
        "  image ghcr.io/acme/shop 1.4.0 stands in files that dev, staging, prod share; each environment has its own "
        "when it is rendered  shop/bases/web/deployment.yaml:14, shop/bases/web/deployment.yaml:17, "
        "shop/bases/web/warm-up.yaml:14",
    ]
    assert out.partition("# promoter.yaml\n")[2] == (
        "version: 1\nenvironments: [dev, staging, prod]\napps:\n  shop:\n"
        '    path: "shop/overlays/{environment}"\n'
        "    images: [ghcr.io/acme/shop]  # what promoter release shop VERSION moves; other images stand beside it\n"
        'layout: {branch: "environment/{environment}", path: "{app}"}\ntools: {kustomize: 5.8.1}\nlive: none\n'
        "\nNothing was written.\nNext\n  promoter init --commit, with the same options\n"
        "  promoter config\n  promoter release shop VERSION\n  promoter run\n  promoter status\n"
    )
    assert head(shared) == base


def test_a_bare_repository_is_only_shown(shared: Repository, run: Run) -> None:
    code, out, _ = run("init", "--repo", shared.url)
    assert code == 0
    assert "Nothing was written." in out
    assert shared.store.read(shared.store.commit(head(shared)).tree, "promoter.yaml") is None


def test_pins_in_a_folder(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    code, out, err = run("init", "--repo", str(clone / "shop"), "--live", "none", "--pin")
    assert (code, err) == (0, "")
    assert "  pinned ghcr.io/acme/shop 1.4.0 for dev in shop/overlays/dev/kustomization.yaml" in out
    assert "\n+- name: ghcr.io/acme/shop\n+  newTag: 1.4.0\n" in out
    assert f"in {clone.resolve()}" in out
    assert "promoter.yaml" in git(clone, "status", "--porcelain")
    assert (clone / "shop/overlays/dev/kustomization.yaml").read_text().endswith("  newTag: 1.4.0\n")
    code, out, _ = run("config", "--here", "--repo", str(clone))
    assert (code, out) == (0, "valid: 1 app, 3 environments\n")
    assert run("init", "--repo", str(clone))[0] == 3


def test_json(flux: Repository, run: Run) -> None:
    code, out, _ = run("init", "--json", "--dry-run", "--repo", flux.url, "--pin", "cart=2.4.0", "--live", "none")
    assert code == 0
    said = json.loads(out)
    assert said["schema"] == "promoter.init/v1"
    assert said["environments"] == ["staging", "production"]
    assert said["apps"] == [
        {
            "name": "cart",
            "path": "apps/{environment}",
            "environments": ["staging", "production"],
            "renderer": "kustomize",
        }
    ]
    assert [(one["environment"], one["from"], one["to"]) for one in said["pinned"]] == [
        ("staging", ">=2.0.0-0", "2.4.0"),
        ("production", "2.x", "2.4.0"),
    ]
    assert [one["name"] for one in said["not_pinned"]] == ["docker.io/library/rabbitmq"] * 2
    assert set(said["files"]) == {"apps/production/cart.yaml", "apps/staging/cart.yaml", "promoter.yaml"}
    assert (said["written"], said["commit"]) == ([], None)
    assert {note["kind"] for note in said["notes"]} == {"found", "assumed", "look out"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--commit", "--dry-run"], 2, "--commit writes and --dry-run does not"),
        (["--live", "maybe"], 2, "--live maybe is no way to learn what runs"),
        (["--layout", "nothing"], 2, "Invalid value for '--layout'"),
        (["--pin", "card=1.0.0"], 2, "nothing uses card"),
        (["--pin"], 3, "nothing was pinned"),
        (["--branch", "missing"], 1, "has no branch missing"),
    ],
)
def test_refusals(flux: Repository, run: Run, words: list[str], code: int, message: str) -> None:
    found, out, err = run("init", "--repo", flux.url, *words)
    assert (found, out) == (code, "")
    assert message in err


def test_a_working_copy_is_not_committed_to(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    git(clone, "remote", "remove", "origin")
    code, _, err = run("init", "--repo", str(clone), "--commit")
    assert (code, "is written to the folder, for you to commit" in err) == (2, True)
    code, _, err = run("init", "--repo", str(clone), "--branch", "other")
    assert (code, f"{clone.resolve()}" in err, "not other" in err) == (2, True, True)


def wait_and_merge(run: Run, repo: Repository) -> list[str]:
    """Run, and merge what is open, until nothing is; give the titles."""
    titles: list[str] = []
    for _ in range(8):
        assert run("run", "--repo", repo.url)[0] == 0
        pulls = json.loads(run("pr", "list", "--json", "--repo", repo.url)[1])["pull_requests"]
        if not pulls:
            return titles
        for pull in pulls:
            titles.append(pull["title"])
            assert run("pr", "merge", str(pull["number"]), "--as", "kim", "--repo", repo.url)[0] == 0
    raise AssertionError(f"still open: {titles}")


def states(run: Run, where: str) -> dict[str, tuple[str, str]]:
    said = json.loads(run("status", "--json", "--repo", where)[1])
    return {slot["environment"]: (slot["active"]["version"], slot["state"]) for slot in said["slots"]}


def test_to_production_on_branches(shared: Repository, run: Run) -> None:
    """What init says to type is all that it takes."""
    assert run("init", "--repo", shared.url, "--layout", "branches", "--live", "none", "--commit")[0] == 0
    assert run("config", "--repo", shared.url)[0] == 0
    assert run("release", "shop", "1.5.0", "--repo", shared.url)[0] == 0
    assert wait_and_merge(run, shared) == [f"Promote shop 1.5.0 to {name}" for name in ("dev", "staging", "prod")]
    assert set(states(run, shared.url).values()) == {("1.5.0", "current")}
    production = tip(shared, "environment/prod")
    assert production is not None
    manifest = shared.store.read(shared.store.commit(production).tree, "shop/deployment-web.yaml") or b""
    assert manifest.count(b"ghcr.io/acme/shop:1.5.0") == 2


def test_to_production_in_place(flux: Repository, run: Run) -> None:
    """Ranges become a version by a pull request; then that version moves, environment by environment."""
    code, out, _ = run("init", "--repo", flux.url, "--live", "none", "--pin", "cart=2.4.0", "--commit")
    assert (code, "Next, once it is merged\n" in out) == (0, True)
    assert run("init", "--repo", flux.url, "--live", "none", "--pin", "cart=2.4.0", "--commit")[0] == 2
    assert run("pr", "merge", "1", "--as", "kim", "--repo", flux.url)[0] == 0
    assert run("config", "--repo", flux.url)[0] == 0
    assert run("adopt", "cart", "--repo", flux.url)[0] == 0
    assert run("release", "cart", "2.5.0", "--repo", flux.url)[0] == 0
    assert wait_and_merge(run, flux) == ["Promote cart 2.5.0 to staging", "Promote cart 2.5.0 to production"]
    assert set(states(run, flux.url).values()) == {("2.5.0", "current")}
    tree = flux.store.commit(head(flux)).tree
    assert b"version: 2.5.0\n" in (flux.store.read(tree, "apps/production/cart.yaml") or b"")
    assert b'version: "2.5.0"   # previews too\n' in (flux.store.read(tree, "apps/staging/cart.yaml") or b"")


def report(clone: Path, environment: str, commit: str) -> None:
    """Save what Flux shows of `environment` when it has applied `commit` from its artifact."""
    digest = f"latest@sha256:{commit:0<64}"
    text = f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: ExternalArtifact
metadata: {{name: apps, namespace: flux-system, generation: 1}}
status:
  artifact: {{revision: "{digest}", metadata: {{org.opencontainers.image.revision: "main@sha1:{commit}"}}}}
  conditions: [{{type: Ready, status: "True", reason: Succeeded, lastTransitionTime: "2026-01-05T09:00:00Z"}}]
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps, namespace: flux-system, generation: 1}}
spec: {{path: ./{environment}, wait: true, prune: true, sourceRef: {{kind: ExternalArtifact, name: apps}}}}
status:
  observedGeneration: 1
  lastAppliedRevision: "{digest}"
  lastAttemptedRevision: "{digest}"
  lastAppliedOriginRevision: "main@sha1:{commit}"
  conditions:
    - {{type: Ready, status: "True", reason: ReconciliationSucceeded, message: "Applied revision: {digest}",
       lastTransitionTime: "2026-01-05T09:00:00Z", observedGeneration: 1}}
    - {{type: Healthy, status: "True", reason: Succeeded, lastTransitionTime: "2026-01-05T09:00:00Z",
       observedGeneration: 1}}
  inventory: {{entries: []}}
"""
    folder = clone / "status" / environment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "objects.yaml").write_text(text)


def test_what_was_found_to_deliver_tells_what_is_live(flux: Repository, tmp_path: Path, run: Run) -> None:
    """The folder reaches the cluster through an artifact: only the object that init names knows the commit."""
    run("init", "--repo", flux.url, "--live", "files:status/{cluster}", "--pin", "cart=2.4.0", "--commit")
    run("pr", "merge", "1", "--as", "kim", "--repo", flux.url)
    clone = cloned(flux, tmp_path)
    here = ("--repo", str(clone))
    assert run("adopt", "cart", *here)[0] == 0
    assert run("release", "cart", "2.5.0", *here)[0] == 0
    for number, environment in enumerate(("staging", "production"), 2):
        run("run", *here)
        assert run("pr", "merge", str(number), "--as", "kim", *here)[0] == 0
        run("run", *here)
        assert states(run, str(clone))[environment] == ("2.5.0", "unknown")
        report(clone, environment, head(flux))
        run("run", *here)
    assert set(states(run, str(clone)).values()) == {("2.5.0", "current")}


def test_to_production_with_pins_of_a_config_that_is_there(shared: Repository, run: Run) -> None:
    config = 'version: 1\nenvironments: [dev, staging, prod]\napps: {shop: "shop/overlays/{environment}"}\nlive: none\n'
    commit_files(shared, "main", {"promoter.yaml": config}, "Begin")
    code, out, _ = run("init", "--repo", shared.url, "--pin", "--commit")
    assert (code, out.splitlines()[-1]) == (0, "  promoter plan")
    assert run("pr", "merge", "1", "--as", "kim", "--repo", shared.url)[0] == 0
    assert run("adopt", "shop", "--repo", shared.url)[0] == 0
    assert run("release", "shop", "--image", "ghcr.io/acme/shop=1.5.0", "--repo", shared.url)[0] == 0
    assert len(wait_and_merge(run, shared)) == 3
    assert set(states(run, shared.url).values()) == {("1.5.0", "current")}


def test_a_policy_that_comes_along_is_copied(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    code, _, _ = run("init", "--repo", str(clone), "--live", "none", "--policy", "production")
    assert code == 0
    assert "on_failure: rollback" in (clone / "policies" / "production.yaml").read_text("utf-8")


def test_a_policy_that_does_not_come_along(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    code, _, said = run("init", "--repo", str(clone), "--live", "none", "--policy", "prod")
    assert (code, (clone / "promoter.yaml").exists()) == (2, False)
    assert "promoter brings no policy prod" in said


GITHUB = ".github/workflows/promoter.yaml"


def on_github(repo: Repository, folder: Path) -> Path:
    clone = cloned(repo, folder)
    git(clone, "remote", "set-url", "origin", "git@github.com:acme/fleet.git")
    return clone


def test_a_working_copy_of_github_gets_the_workflow(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = on_github(shared, tmp_path)
    code, out, err = run("init", "--repo", str(clone), "--layout", "folders", "--live", "none")
    assert (code, err) == (0, "")
    assert f"{GITHUB} runs promoter on GitHub by the job's own token" in out
    assert f"Wrote {GITHUB}, promoter.yaml in " in out
    assert 'branches: [main, "deploy"]' in (clone / GITHUB).read_text()


def test_a_config_that_is_there_gets_it_too(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = on_github(shared, tmp_path)
    code, out, _ = run("init", "--repo", str(clone), "--layout", "branches", "--live", "none", "--no-workflow")
    assert (code, (clone / ".github").exists(), "runs promoter" in out) == (0, False, False)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "Let promoter promote")
    code, out, _ = run("init", "--repo", str(clone))
    assert (code, f"Wrote {GITHUB} in " in out) == (0, True)
    assert 'branches: [main, "environment/**"]' in (clone / GITHUB).read_text()
    assert git(clone, "status", "--porcelain").strip() == "?? .github/"
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "Run promoter")
    assert run("init", "--repo", str(clone))[0] == 2


def test_a_working_copy_of_gitlab_gets_the_pipeline(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    git(clone, "remote", "set-url", "origin", "git@gitlab.com:acme/platform/fleet.git")
    code, out, err = run("init", "--repo", str(clone), "--layout", "folders", "--live", "none")
    assert (code, err) == (0, "")
    assert ".gitlab/ci/promoter.yml runs promoter on GitLab by the token" in out
    assert "Wrote .gitlab-ci.yml, .gitlab/ci/promoter.yml, promoter.yaml in " in out.replace(
        ".gitlab/ci/promoter.yml, .gitlab-ci.yml", ".gitlab-ci.yml, .gitlab/ci/promoter.yml"
    )
    assert "$CI_COMMIT_BRANCH =~ /^deploy$/" in (clone / ".gitlab" / "ci" / "promoter.yml").read_text()
    assert not (clone / ".github").exists()
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "Let promoter promote")
    assert run("init", "--repo", str(clone))[0] == 2
    (clone / ".gitlab-ci.yml").write_text("stages: [test]\n")
    git(clone, "commit", "-qam", "Test")
    code, out, _ = run("init", "--repo", str(clone))
    assert (code, "add to its include: - local: /.gitlab/ci/promoter.yml" in out) == (0, True)
    assert (clone / ".gitlab-ci.yml").read_text() == "stages: [test]\n"


def test_other_working_copies_get_none(shared: Repository, tmp_path: Path, run: Run) -> None:
    clone = cloned(shared, tmp_path)
    assert run("init", "--repo", str(clone), "--live", "none")[0] == 0
    assert not (clone / ".github").exists()


RENDERED = """\
version: 1
live: none
environments: [dev, prod]
layout: {branch: "environment/{environment}", path: "{app}"}
apps: {shop: {path: "shop/{environment}", render: plain}}
"""


def test_what_belongs_onto_other_branches(tmp_path: Path, run: Run) -> None:
    files = {
        "promoter.yaml": RENDERED,
        "CODEOWNERS": "shop/ @acme/shop\n",
        "shop/dev/a.yaml": "",
        "shop/prod/a.yaml": "",
    }
    repo = make_repo(tmp_path / "fleet.git", files)
    before = repo.refs()
    code, out, _ = run("--repo", repo.url, "init", "--branches", "--dry-run")
    assert (code, repo.refs()) == (0, before)
    assert "environment/prod (new)" in out
    assert "+/shop/ @acme/shop" in out
    assert out.endswith("Nothing was written.\n")
    code, out, _ = run("--repo", repo.url, "init", "--branches")
    assert (code, out.count("Committed ")) == (0, 2)
    assert tip(repo, "environment/prod") is not None
    assert run("--repo", repo.url, "init", "--branches")[1] == (
        "Nothing to do: every branch with rendered manifests has what it should.\n"
    )
    code, out, _ = run("--repo", repo.url, "--json", "init", "--branches")
    assert [one["files"] for one in json.loads(out)["branches"]] == [{}, {}]
    code, _, err = run("--repo", repo.url, "init", "--branches", "--commit")
    assert (code, "--branches is about other branches alone" in err) == (2, True)
