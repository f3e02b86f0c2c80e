"""`init` as a whole: the file that it proposes for each shape of repository, what it says, and where it writes."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.cluster.port import LiveSource
from promoter.errors import EdgeFailed, EditRefused, LostRace, RenderFailed, UsageError
from promoter.forge.local import LocalForge
from promoter.git.repository import Repository
from promoter.git.working_copy import WorkingCopy, working_copy
from promoter.model.names import Branch
from promoter.policy.load import load
from promoter.policy.rules import Live
from promoter.render.program import Programs
from promoter.run.init import Layouts, Place, Proposal, Wish, propose
from promoter.run.init_notes import pin_notes
from promoter.run.init_write import PIN_BRANCH, commit, write
from promoter.run.pin_found import Left
from promoter.run.survey_found import Tone
from promoter.run.workspace import Workspace
from tests.git.programs import git
from tests.repos import START, commit_files, head, make_repo, tip
from tests.run.trees import PROGRAMS, SEARCH, deployment, dry_of, fixture_files, overlay, proposed
from tests.run.trees import helm_release as release

DEFAULT = 'live: {kubernetes: {context: "{environment}"}}\n'


def overlays(app: str, *environments: str, image: str = "") -> dict[str, str]:
    """Give overlays that set an image of their own."""
    files = {}
    for name in environments:
        files[f"services/{app}/overlays/{name}/kustomization.yaml"] = overlay("d.yaml")
        files[f"services/{app}/overlays/{name}/d.yaml"] = deployment(f"{image or f'ghcr.io/acme/{app}'}:1.2.3")
    return files


FOUR = ("dev", "staging", "prod-eu", "prod-us")


@pytest.mark.parametrize(
    ("files", "wish", "config"),
    [
        pytest.param(
            overlays("shop", "dev", "staging", "prod"), Wish(),
            'environments: [dev, staging, prod]\napps: {shop: "services/shop/overlays/{environment}"}\n' + DEFAULT,
            id="the smallest",
        ),
        pytest.param(
            overlays("shop", *FOUR) | overlays("cart", *FOUR) | overlays("guide", "dev", "prod-eu"),
            Wish(live="files:status/{cluster}"),
            "environments: [dev, staging, prod-eu, prod-us]\napps:\n"
            '  services: "services/{app}/overlays/{environment}"\n  guide: {environments: [dev, prod-eu]}\n'
            'live: {files: "status/{cluster}"}\n',
            id="a group, and one that goes to fewer environments",
        ),
        pytest.param(
            overlays("shop", "dev", "prod") | overlays("plan", "dev", "prod"), Wish(live="none"),
            'environments: [dev, prod]\napps:\n  plan-app: "services/plan/overlays/{environment}"\n'
            '  shop: "services/shop/overlays/{environment}"\nlive: none\n',
            id="no group where a folder cannot be an app's name",
        ),
        pytest.param(
            fixture_files("kustomize-shared-base"), Wish(Layouts.BRANCHES, "kubernetes:{cluster}"),
            "environments: [dev, staging, prod]\napps:\n  shop:\n"
            '    path: "shop/overlays/{environment}"\n'
            "    images: [ghcr.io/acme/shop]"
            "  # what promoter release shop VERSION moves; other images stand beside it\n"
            'layout: {branch: "environment/{environment}", path: "{app}"}\ntools: {kustomize: 5.8.1}\n'
            'live: {kubernetes: {context: "{cluster}"}}\n',
            id="rendered to branches",
        ),
        pytest.param(
            fixture_files("rendered-plain"), Wish(Layouts.FOLDERS, "none"),
            'environments: [dev, prod]\napps:\n  shop:\n    path: "apps/shop/{environment}"\n    render: plain\n'
            'layout: {branch: deploy, path: "{environment}/{app}"}\nlive: none\n',
            id="rendered to folders, without a program",
        ),
        pytest.param(
            fixture_files("flux-monorepo"), Wish(live="none"),
            "environments: [staging, production]\napps:\n  cart:\n"
            '    path: "apps/{environment}"\n    charts: [cart]\n'
            "    object: Kustomization/flux-system/apps  # delivers it, but not by this path of the repository\n"
            "live: none\n",
            id="a chart, delivered through an artifact",
        ),
        pytest.param(
            fixture_files("kustomize-overlays"), Wish(live="none"),
            "environments: [dev, prod]\napps:\n  shop:\n"
            '    path: "{environment}"\n    images: {ghcr.io/acme/shop: {also: [eu.gcr.io/acme/shop]}}\nlive: none\n',
            id="an image with a mirror",
        ),
        pytest.param(
            {f"{e}/{a}.yaml": release(a, "1.2.3", a) for e in ("staging", "production") for a in ("cart", "shop")},
            Wish(live="none"),
            'environments: [staging, production]\napps:\n  apps:\n    path: "{environment}/{app}.yaml"\n'
            '    charts: ["{app}"]\nlive: none\n',
            id="a group of files, each with the chart of its name",
        ),
    ],
)  # fmt: skip
def test_the_file(tmp_path: Path, files: Mapping[str, str | bytes], wish: Wish, config: str) -> None:
    dry = dry_of(tmp_path, {name: data for name, data in files.items() if name != "promoter.yaml"})
    proposal = proposed(dry, wish)
    assert proposal.config == f"# promoter.yaml\nversion: 1\n{config}"
    assert proposal.files == {"promoter.yaml": proposal.config.encode()}
    _, children = dry.loader()
    loaded = load(lambda path: proposal.files.get(path), children)
    assert set(loaded.config.apps) == {app.name for app in proposal.survey.apps}
    assert loaded.warnings == ()


def test_what_it_says_of_shared_bases(tmp_path: Path) -> None:
    dry = dry_of(tmp_path, fixture_files("kustomize-shared-base"))
    said = {note.text: (note.tone, note.where) for note in proposed(dry, Wish()).notes}
    shared = "image ghcr.io/acme/shop 1.4.0 stands in files that dev, staging, prod share"
    assert said[f"{shared}: a change there reaches all of them at once, past every gate"] == (
        Tone.WARNING,
        tuple(f"shop/bases/web/{place}" for place in ("deployment.yaml:14", "deployment.yaml:17", "warm-up.yaml:14")),
    )
    assert any(text.startswith("no version of shop stands in its environments' own files") for text in said)
    assert any(text.startswith("what delivers shop in dev, staging, prod: nothing in this repo") for text in said)
    rendered = [note.text for note in proposed(dry, Wish(Layouts.BRANCHES)).notes]
    assert f"{shared}; each environment has its own when it is rendered" in rendered
    assert any("shop in dev will stand in branch environment/dev, path shop: point its" in text for text in rendered)


@pytest.mark.parametrize(
    ("wish", "branches", "commands"),
    [
        (Wish(), (), ["init --pin", "adopt shop", "release shop --image ghcr.io/acme/shop=VERSION"]),
        (Wish(pin=("",)), (), ["adopt shop", "release shop --image ghcr.io/acme/shop=VERSION"]),
        (Wish(Layouts.BRANCHES), ("main",), ["release shop VERSION"]),
        (Wish(Layouts.BRANCHES), ("environment/prod",), ["adopt shop", "release shop VERSION"]),
    ],
)
def test_what_to_type_next(tmp_path: Path, wish: Wish, branches: tuple[str, ...], commands: list[str]) -> None:
    dry = dry_of(tmp_path, fixture_files("kustomize-shared-base"))
    place = Place(dry.source.store, dry.source.tree, "fleet", "main", branches)
    wanted = ["config", *commands, "run", "status"]
    assert list(propose(place, wish, PROGRAMS).commands) == [f"promoter {line}" for line in wanted]


@pytest.mark.parametrize(
    ("live", "tone", "text"),
    [
        ("", Tone.WARNING, "live: kubernetes, by kubeconfig contexts called dev, prod, is written because"),
        ("none", Tone.WARNING, "live: none: merged counts as verified"),
        ("files:status", Tone.WARNING, "files:status is the same for dev, prod"),
        ("files:status/{cluster}", Tone.FOUND, "what runs is read from files status/{cluster}, as asked"),
    ],
)
def test_what_it_says_of_live(tmp_path: Path, live: str, tone: Tone, text: str) -> None:
    notes = proposed(dry_of(tmp_path, overlays("shop", "dev", "prod")), Wish(live=live)).notes
    assert [note.tone for note in notes if note.text.startswith(text)] == [tone]


def test_very_many_apps_are_named_only(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for number in range(23):
        files |= overlays(f"app-{number:02}x", "dev", "prod")
    texts = [note.text for note in proposed(dry_of(tmp_path, files), Wish()).notes]
    assert "and 3 more apps: app-20x, app-21x, app-22x" in texts
    assert not any(text.startswith("app app-21x") for text in texts)


def test_what_was_left_is_said_once() -> None:
    left = [Left("a", name, "web", "f:1", f"it is odd: --pin {name}:web=VERSION") for name in ("dev", "prod")]
    (note,) = pin_notes((), left)
    assert note.text == "not pinned for dev, prod: web: it is odd: --pin web=VERSION"


@pytest.mark.parametrize(
    ("files", "wish", "error", "message"),
    [
        ({"README.md": "x"}, Wish(), EdgeFailed, "nothing here looks like an app in environments"),
        (overlays("shop", "dev"), Wish(live="maybe"), UsageError, "--live maybe is no way to learn what runs"),
        (overlays("shop", "dev"), Wish(live="files:"), UsageError, "--live files: is no way to learn what runs"),
        (overlays("shop", "dev"), Wish(Layouts.BRANCHES, pin=()), UsageError, "--pin is for values that are edited in"),
        ({"promoter.yaml": "version: 1\n"}, Wish(), UsageError, "promoter.yaml is there already, and is not over"),
        (fixture_files("rendered-kustomize"), Wish(pin=()), UsageError, "promoter.yaml has a layout"),
        (overlays("shop", "dev", "prod"), Wish(pin=("",)), EditRefused, "there is nothing to pin"),
    ],
)  # fmt: skip
def test_refusals(
    tmp_path: Path, files: Mapping[str, str | bytes], wish: Wish, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        proposed(dry_of(tmp_path, files), wish)
    assert str(caught.value).startswith(message)


def test_tools_must_be_there(tmp_path: Path) -> None:
    dry = dry_of(tmp_path, overlays("shop", "dev", "prod"))
    with pytest.raises(RenderFailed, match="kustomize is needed, and there is none on the PATH"):
        proposed(dry, Wish(Layouts.BRANCHES), Programs(str(tmp_path)))


def test_an_existing_config_says_what_is_pinned(tmp_path: Path) -> None:
    files = {**fixture_files("kustomize-shared-base")}
    files["promoter.yaml"] = (
        b'version: 1\nenvironments: [dev, prod]\napps: {web: "shop/overlays/{environment}"}\nlive: none\n'
    )
    proposal = proposed(dry_of(tmp_path, files), Wish(pin=("",)))
    assert (proposal.config, sorted(proposal.files)) == (
        "", ["shop/overlays/dev/kustomization.yaml", "shop/overlays/prod/kustomization.yaml"],
    )  # fmt: skip
    assert {(one.app, one.environment) for one in proposal.pins.pinned} == {("web", "dev"), ("web", "prod")}


@pytest.fixture
def copy(tmp_path: Path) -> WorkingCopy:
    """A working copy of a fixture, with everything committed."""
    root = tmp_path / "fleet"
    for name, data in fixture_files("kustomize-shared-base").items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=Start")
    found = working_copy(root)
    assert found is not None
    return found


def pinning(copy: WorkingCopy) -> Proposal:
    tree = copy.store.commit(copy.head).tree
    return propose(Place(copy.store, tree, "fleet", "main"), Wish(live="none", pin=("",)), PROGRAMS)


def test_writing_into_a_folder(copy: WorkingCopy) -> None:
    file = copy.root / "shop/overlays/dev/kustomization.yaml"
    file.chmod(0o644)
    proposal = pinning(copy)
    assert write(proposal, copy) == tuple(proposal.files)
    assert git(copy.root, "status", "--porcelain").splitlines() == [
        " M shop/overlays/dev/kustomization.yaml",
        " M shop/overlays/prod/kustomization.yaml",
        " M shop/overlays/staging/kustomization.yaml",
        "?? promoter.yaml",
    ]
    assert file.read_bytes() == proposal.files["shop/overlays/dev/kustomization.yaml"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("promoter.yaml", "promoter.yaml is there already, and is not overwritten"),
        ("shop/overlays/staging/kustomization.yaml", "kustomization.yaml has changes that are not committed"),
    ],
)
def test_edits_of_people_are_not_overwritten(copy: WorkingCopy, path: str, message: str) -> None:
    """One file that is in the way stops all of them."""
    proposal = pinning(copy)
    (copy.root / path).write_text("mine: true\n")
    before = git(copy.root, "status", "--porcelain")
    with pytest.raises(EditRefused, match=message):
        write(proposal, copy)
    assert git(copy.root, "status", "--porcelain") == before
    assert (copy.root / path).read_text() == "mine: true\n"


def test_a_folder_in_the_place_of_a_file(copy: WorkingCopy) -> None:
    proposal = pinning(copy)
    in_the_way = copy.root / "shop/overlays/prod/kustomization.yaml"
    in_the_way.unlink()
    in_the_way.mkdir()
    with pytest.raises(EditRefused, match="has changes that are not committed"):
        write(proposal, copy)


def no_live(rule: Live) -> LiveSource:
    raise AssertionError(f"nothing is live here: {rule}")


def workspace(repo: Repository) -> Workspace:
    return Workspace(repo, LocalForge(repo), Branch("main"), lambda: START, no_live, "kim", SEARCH)


def committed(repo: Repository, wish: Wish) -> tuple[Workspace, Proposal]:
    store, base = repo.store, head(repo)
    place = Place(store, store.commit(base).tree, "fleet", "main")
    return workspace(repo), propose(place, wish, PROGRAMS)


def test_committing_the_config(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", overlays("shop", "dev", "prod"))
    base = head(repo)
    ws, proposal = committed(repo, Wish(live="none"))
    made = commit(ws, proposal, base)
    assert (made.branch, made.commit, made.pull) == ("main", head(repo), None)
    info = repo.store.commit(made.commit)
    assert (info.parents, info.subject) == ((base,), "Let promoter promote shop")
    assert repo.store.read(info.tree, "promoter.yaml") == proposal.config.encode()
    assert ws.config.environments == ("dev", "prod")


def test_committing_pins_is_for_a_person_to_merge(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", fixture_files("flux-monorepo"))
    base = head(repo)
    ws, proposal = committed(repo, Wish(live="none", pin=("cart=2.4.0",)))
    made = commit(ws, proposal, base)
    assert head(repo) == base
    assert (made.branch, made.commit) == (PIN_BRANCH, tip(repo, PIN_BRANCH))
    assert made.pull is not None
    pull = ws.forge.pull(made.pull)
    assert (pull.head_branch, pull.base_branch, pull.head) == (PIN_BRANCH, "main", made.commit)
    assert repo.store.commit(made.commit).message == (
        "Pin each environment's versions in its own files, and let promoter promote cart\n\n"
        "- cart in staging: cart 2.4.0 instead of >=2.0.0-0\n"
        "- cart in production: cart 2.4.0 instead of 2.x\n\n"
        'Rendered before and after with kustomize 5.8.1: the same bytes but for the versions that say "instead of".\n'
    )
    with pytest.raises(UsageError, match="there is a branch promoter/pin already"):
        commit(ws, proposal, base)


def test_a_branch_that_moved_meanwhile(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", overlays("shop", "dev", "prod"))
    base = head(repo)
    ws, proposal = committed(repo, Wish(live="none"))
    newer = commit_files(repo, "main", {"README.md": "more"}, "More")
    with pytest.raises(LostRace):
        commit(ws, proposal, base)
    assert head(repo) == newer
