"""Bad input of every kind: the exit code of the table, a first line that says what and where, and no ref that moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.git.repository import open_repository
from tests.cli.fleet import CONFIG, MANIFEST, Fleet, Said, make_fleet
from tests.git.programs import git
from tests.repos import commit_files, head

BIG = b"#" * 10_000_000 + b"\n"
APP = MANIFEST.format(app="shop", environment="dev")
RELEASE = ("release", "shop", "1.4.2")
NAME = "lower-case letters, digits, -, . and _, at most 63, beginning and ending with a letter or digit, not r1 or r41"
KUSTOMIZATION = "resources: [app.yaml]\nimages:\n  - name: ghcr.io/acme/shop\n    newTag: 1.0.0\n"
KUSTOMIZED = {f"shop/{name}/kustomization.yaml": KUSTOMIZATION for name in ("staging", "prod")}
VALUES = "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n"
HELM = 'render: {helm: {chart: /charts/web, values: [values.yaml]}}, images: ["ghcr.io/acme/shop"]'
HELM_CONFIG = CONFIG.replace("kustomize: 5.8.1", "helm: 4.2.3").replace('images: ["ghcr.io/acme/shop"]', HELM)
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/page.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
        'data: {image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}\n'
    ),
    **{f"shop/{name}/values.yaml": VALUES for name in ("staging", "prod")},
}


def fleet_with(root: Path, capsys: pytest.CaptureFixture[str], config: str, changes: dict[str, bytes | str]) -> Fleet:
    fleet = make_fleet(root, capsys, config)
    commit_files(fleet.repo, "main", changes, "Change it")
    return fleet


def refused(fleet: Fleet, *argv: str) -> Said:
    """Run a command that must fail with words of its own, on standard error alone, and move nothing."""
    before = fleet.repo.refs()
    said = fleet(*argv)
    assert fleet.repo.refs() == before
    assert said.err.startswith(("promoter: ", "Usage: ")), said
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize("verb", [RELEASE, ("run",), ("status", "--json")], ids=" ".join)
@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(
            b"version: 1\nenvironments: [dev\n",
            "3: is not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'; check "
            "indentation, brackets and quotes up to here",
            id="broken",
        ),
        pytest.param(BIG + CONFIG.encode(), " is 10.0 MB; a config file has at most 1 MB", id="10 MB"),
        pytest.param(
            CONFIG.replace("\n", "\r\n").encode(),
            "1: has Windows line ends; save it with LF, for example: sed -i 's/\\r$//' promoter.yaml",
            id="CRLF",
        ),
        pytest.param(
            b"\xef\xbb\xbf" + CONFIG.encode(),
            "1: begins with a byte order mark; save it as UTF-8 without one",
            id="BOM",
        ),
        pytest.param(
            f"{CONFIG}live: none\n".encode(),
            "13:live: stands here a second time, first in line 5; keep one",
            id="twice",
        ),
        pytest.param(
            CONFIG.replace("  - {name: dev", "\t- {name: dev").encode(),
            "7: a tab is not indentation in YAML; use spaces",
            id="tab",
        ),
        pytest.param(CONFIG.encode("utf-16"), "1: is UTF-16; save it as UTF-8", id="UTF-16"),
        pytest.param(CONFIG.encode() + b"# \xff\n", "13: is not UTF-8; save it as UTF-8", id="Latin-1"),
        pytest.param(b"\x7fELF\0\1", "1: is binary, not YAML text", id="binary"),
        pytest.param(b"x: " + b"[" * 5_000, "1: is nested more than 40 deep", id="deep"),
        pytest.param(
            CONFIG.replace("  shop:", "  ../x:").encode(), f"11:apps[../x]: ../x cannot be a name: {NAME}", id="../x"
        ),
        pytest.param(CONFIG.replace("  shop:", "  -x:").encode(), f"11:apps.-x: -x cannot be a name: {NAME}", id="-x"),
        pytest.param(
            CONFIG.replace('"shop/{environment}"', '"../{environment}"').encode(),
            "11:apps.shop.path: ../{environment} is no path inside the repository",
            id="path out of it",
        ),
        pytest.param(
            CONFIG.replace('path: "{app}"', 'path: "../{app}"').encode(),
            "2:layout.path: ../{app} is no path inside the repository",
            id="slot out of it",
        ),
        pytest.param(
            CONFIG.replace("environment/{environment}", "main/{environment}").encode(),
            "2:layout.branch: main (the dry branch) and main/dev (the active branch of shop in dev) cannot both be "
            "branches: Git keeps no branch below another",
            id="below the dry branch",
        ),
        pytest.param(
            CONFIG.replace("  cart:", "  dev:").encode(),
            "12:apps.dev: an app and an environment share the name dev; commands could not tell them apart",
            id="an app as an environment",
        ),
    ],
)
def test_a_bad_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: bytes, message: str, verb: tuple[str, ...]
) -> None:
    fleet = fleet_with(tmp_path, capsys, CONFIG, {"promoter.yaml": config})
    said = refused(fleet, *verb)
    assert (said.code, said.out, said.err.splitlines()[0]) == (3, "", f"promoter: promoter.yaml:{message}")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            b"gates: [\n",
            "2: is not YAML: while parsing a flow node, expected the node content, but found '<stream end>'; check "
            "indentation, brackets and quotes up to here",
        ),
        (BIG, " is 10.0 MB; a config file has at most 1 MB"),
        (
            b"promote: auto\r\n",
            "1: has Windows line ends; save it with LF, for example: sed -i 's/\\r$//' policies/safe.yaml",
        ),
        (b"\xef\xbb\xbfpromote: auto\n", "1: begins with a byte order mark; save it as UTF-8 without one"),
        (b"promote: auto\npromote: auto\n", "2:promote: stands here a second time, first in line 1; keep one"),
        (b"gates:\n\tapprovals: 1\n", "2: a tab is not indentation in YAML; use spaces"),
        (b"promte: auto\n", "1:promte: unknown key promte; did you mean promote?"),
    ],
    ids=["broken", "10 MB", "CRLF", "BOM", "twice", "tab", "unknown"],
)
def test_a_bad_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str], policy: bytes, message: str) -> None:
    config = CONFIG.replace("name: prod,", "name: prod, policy: safe,")
    said = refused(fleet_with(tmp_path, capsys, config, {"policies/safe.yaml": policy}), "run")
    assert (said.code, said.out, said.err.splitlines()[0]) == (3, "", f"promoter: policies/safe.yaml:{message}")


TAG = "A tag is at most 128 letters, digits, '_', '.' and '-', not '.' or '-' first; @sha256:... may follow."
WORDS = 'a reason stands in quotes: "INC-412 5xx", one word after --reason; environments are dev, staging, prod'


@pytest.mark.parametrize(
    ("argv", "code", "lines"),
    [
        (
            ("release", "shop", "--image", "ghcr.io/acme/nope=1.0.0"),
            2,
            ["nothing of shop uses ghcr.io/acme/nope", "It uses: ghcr.io/acme/shop."],
        ),
        (
            ("release", "shop", "--image", "ghcr.io/acme/shop=$(id)"),
            2,
            ["'$(id)' is not an image tag: '$' may not stand in it", TAG],
        ),
        (
            ("release", "shop", "--image", "ghcr.io/acme/shop=`id`"),
            2,
            ["'`id`' is not an image tag: '`' may not stand in it", TAG],
        ),
        (
            ("release", "shop", "--image", "ghcr.io/acme/shop=-x"),
            2,
            ["'-x' is not an image tag: it may not begin with '-'", TAG],
        ),
        (
            ("release", "shop", "$(id)"),
            2,
            ["$(id) is not an app, an environment, a release (r41) or a version", WORDS],
        ),
        (
            ("release", "shop", "1.0;rm -rf /"),
            2,
            [
                "a release is made for all environments of one app",
                'promoter release APP VERSION; for some: promoter release APP VERSION --hotfix ENVIRONMENT... "reason"',
            ],
        ),
        (("release", "../x", "1.0"), 2, ["../x is not an app, an environment, a release (r41) or a version", WORDS]),
        (
            ("release", "--", "-x", "1.0"),
            2,
            ["-x is not an app, an environment, a release (r41) or a version", WORDS],
        ),
        (("explain", "../x", "dev"), 2, ["../x is not an app, an environment, a release (r41) or a version", WORDS]),
        (
            ("hold", "shop", "dev", "--until", "soon"),
            2,
            ["soon is not a time", "write 2026-12-24T18:00, 2026-12-24 or 4h"],
        ),
        (
            ("rollback", "shop", "prod", "r9"),
            2,
            ["shop has no release yet", "Make one: promoter release shop VERSION"],
        ),
        (("promte", "shop"), 2, ["there is no verb promte; did you mean promote?", "promoter --help shows them"]),
        (
            ("--branch", "../x", "run"),
            1,
            [
                "FLEET has no branch ../x",
                "An empty repository has nothing to promote; commit promoter.yaml first, or name the branch: --branch",
            ],
        ),
        (
            ("--repo", "/nowhere/fleet", "run"),
            1,
            ["there is no folder /nowhere/fleet", "Name a folder in a Git repository, or a URL."],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_bad_command(fleet: Fleet, argv: tuple[str, ...], code: int, lines: list[str]) -> None:
    said = refused(fleet, *argv)
    assert (said.code, said.out, said.err) == (code, "", f"promoter: {lines[0]}\n  {lines[1]}\n")


@pytest.mark.parametrize(
    ("argv", "option"), [(("run", "-x"), "-x"), (("release", "-x", "1.0"), "-x")], ids=["run", "release"]
)
def test_a_word_that_looks_like_an_option(fleet: Fleet, argv: tuple[str, ...], option: str) -> None:
    said = refused(fleet, *argv)
    assert (said.code, said.err.splitlines()[-1]) == (2, f"Error: No such option '{option}'.")


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return make_fleet(tmp_path, capsys)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            KUSTOMIZATION.encode() + b"a: [b\n",
            1,
            "shop/dev/kustomization.yaml is not YAML: line 6: did not find expected ',' or ']'",
        ),
        (
            KUSTOMIZATION.replace("  - name", "\t- name").encode(),
            1,
            "shop/dev/kustomization.yaml is not YAML: line 3: found character that cannot start any token",
        ),
        (KUSTOMIZATION.encode() * 2, 3, "shop/dev/kustomization.yaml:3: images stands twice"),
        (b"x: " + b"[" * 5000, 1, "shop/dev/kustomization.yaml, line 1 is nested more than 200 deep"),
    ],
    ids=["broken", "tab", "twice", "deep"],
)
def test_a_bad_kustomization(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: bytes, code: int, message: str
) -> None:
    fleet = fleet_with(tmp_path, capsys, CONFIG, {**KUSTOMIZED, "shop/dev/kustomization.yaml": text})
    said = refused(fleet, *RELEASE)
    assert (said.code, said.out, said.err.splitlines()[0]) == (code, "", f"promoter: {message}")


def test_a_value_that_stands_twice_in_a_values_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_with(tmp_path, capsys, HELM_CONFIG, {**CHART, "shop/dev/values.yaml": VALUES * 2})
    said = refused(fleet, *RELEASE)
    assert (said.code, said.err) == (
        3,
        "promoter: shop/dev/values.yaml:2: image stands twice\n  Remove one of the two.\n",
    )


FAILING = [
    pytest.param(b"a: [b\n", "shop/dev/app.yaml is not YAML: line 2: did not find expected ',' or ']'", id="broken"),
    pytest.param(
        APP.replace("  template", "\ttemplate").encode(),
        "shop/dev/app.yaml is not YAML: line 5: found character that cannot start any token",
        id="tab",
    ),
    pytest.param(f"{APP}kind: Job\n".encode(), "shop/dev/app.yaml, line 9: kind stands twice", id="twice"),
    pytest.param(APP.encode("utf-16"), "shop/dev/app.yaml is not UTF-8 (byte 0)", id="UTF-16"),
    pytest.param(b"", "no object was rendered", id="empty"),
    pytest.param(b"[" * 200_000, "shop/dev/app.yaml, line 1 is nested more than 200 deep", id="deep"),
    pytest.param(b"just words\n", "shop/dev/app.yaml is not a Kubernetes object but the text 'just words'", id="words"),
]


@pytest.mark.parametrize(("text", "message"), FAILING)
def test_a_manifest_that_does_not_render_goes_nowhere(fleet: Fleet, text: bytes, message: str) -> None:
    """The release is written down as failed, whole, with the reason; no environment sees it, and the next one goes."""
    commit_files(fleet.repo, "main", {"shop/dev/app.yaml": text}, "Break it")
    said = fleet(*RELEASE)
    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines()[0].startswith("shop r1 (1.4.2): failed, made for staging, prod from ")
    assert f"\n  dev  shop in dev: {message}\n" in said.out
    fleet("run", "shop")
    branches = set(fleet.repo.refs(["refs/heads/"]))
    assert branches == {"refs/heads/main", "refs/heads/promoter-ledger/shop"}
    commit_files(fleet.repo, "main", {"shop/dev/app.yaml": APP.replace("1.0.0", "1.4.2")}, "Mend it")
    fleet.ok("run", "shop")
    assert b"shop:1.4.2" in slot_file(fleet, "dev")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (VALUES.encode() + b"a: [b\n", "line 4: did not find expected ',' or ']'"),
        (VALUES.replace("  tag", "\ttag").encode(), "line 3: found a tab character that violates indentation"),
        (VALUES.encode() + b"# \xff\n", "invalid leading UTF-8 octet"),
        (b"\0" + VALUES.encode(), "control characters are not allowed"),
    ],
    ids=["broken", "tab", "Latin-1", "binary"],
)
def test_a_values_file_that_helm_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], values: bytes, said: str
) -> None:
    fleet = fleet_with(tmp_path, capsys, HELM_CONFIG, {**CHART, "shop/dev/values.yaml": values})
    made = fleet(*RELEASE)
    assert made.code == 1
    assert (
        "\n  dev  shop in dev: helm failed (exit 1):\n  dev  Error: failed to parse ./shop/dev/values.yaml: cannot "
        f"unmarshal yaml document: error converting YAML to JSON: yaml: {said}\n"
    ) in made.out
    assert not any("environment" in ref for ref in fleet.repo.refs())


def slot_file(fleet: Fleet, environment: str) -> bytes:
    store = fleet.repo.store
    tree = store.commit(head(fleet.repo, f"environment/{environment}")).tree
    return b"".join(store.blob(entry.id) for _, entry in store.files(tree, "shop"))


@pytest.mark.parametrize(
    "text",
    [
        BIG[3_000_000:] + APP.encode(),
        APP.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + APP.encode(),
        APP.rstrip("\n").encode(),
    ],
    ids=["7 MB", "CRLF", "BOM", "no line break"],
)
def test_an_odd_manifest_keeps_every_byte_but_the_tag(fleet: Fleet, text: bytes) -> None:
    commit_files(fleet.repo, "main", {"shop/dev/app.yaml": text}, "Write it oddly")
    fleet.ok(*RELEASE)
    store = fleet.repo.store
    assert store.read(store.commit(head(fleet.repo)).tree, "shop/dev/app.yaml") == text.replace(b"1.0.0", b"1.4.2")
    fleet.ok("run", "shop")
    assert b"ghcr.io/acme/shop:1.4.2" in slot_file(fleet, "dev")


def test_a_manifest_too_large_to_be_edited_does_not_stay_behind(fleet: Fleet) -> None:
    commit_files(fleet.repo, "main", {"shop/dev/app.yaml": BIG + APP.encode()}, "Write too much")
    said = refused(fleet, *RELEASE)
    assert (said.code, said.err) == (
        3,
        "promoter: shop/dev/app.yaml: holds ghcr.io/acme/shop, but is larger than 8 MiB\n"
        "  Split it, or say with regex: where the version stands.\n",
    )


@pytest.mark.parametrize(
    ("taken", "branch"),
    [
        ("environment", "environment/dev"),
        ("environment/dev/x", "environment/dev"),
        ("environment/dev-next", "environment/dev-next/shop"),
        ("promoter-ledger", "promoter-ledger/shop"),
    ],
)
def test_a_branch_of_somebody_in_the_way(fleet: Fleet, taken: str, branch: str) -> None:
    fleet.repo.update([RefUpdate(f"refs/heads/{taken}", None, head(fleet.repo))])
    before = fleet.repo.refs()
    said = fleet("run", "shop")
    beside = taken if branch.startswith(taken) else f"{branch}/..."
    assert said.code == 1
    assert f"refs/heads/{branch} cannot be made beside refs/heads/{beside}: Git keeps refs as files" in said.out
    assert "Rename or delete one of them, or give promoter's branches other names" in said.out
    assert {ref: fleet.repo.refs()[ref] for ref in before} == before
    fleet.repo.update([RefUpdate(f"refs/heads/{taken}", head(fleet.repo), None)])
    fleet.ok("run", "shop")
    assert b"shop:1.0.0" in slot_file(fleet, "dev")


def at(fleet: Fleet, folder: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """Give a terminal at `folder`."""
    return Fleet(open_repository(folder, folder / "cache"), capsys, fleet.now)


@pytest.mark.parametrize("verb", [RELEASE, ("run",), ("status",)], ids=" ".join)
@pytest.mark.parametrize("bare", [True, False], ids=["bare", "working copy"])
def test_an_empty_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: tuple[str, ...], bare: bool
) -> None:
    git(tmp_path, "init", "-q", *(["--bare"] if bare else []), "fleet")
    fleet = Fleet(open_repository(tmp_path / "fleet", tmp_path / "cache"), capsys)
    said = refused(fleet, *verb)
    assert (said.code, said.err) == (
        1,
        "promoter: FLEET has no default branch\n"
        "  Is it empty, or is its HEAD detached? Push a first commit, or name the branch: --branch\n",
    )


def test_a_repository_without_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_with(tmp_path, capsys, CONFIG, {"promoter.yaml": None})  # type: ignore[dict-item]
    said = refused(fleet, "run")
    assert (said.code, said.err) == (3, "promoter: promoter.yaml: does not exist; promoter init writes one\n")


def alone(fleet: Fleet, root: Path) -> Path:
    """Give a working copy that has no remote, so it stands for itself."""
    git(root, "clone", "-q", fleet.repo.url, "alone")
    git(root / "alone", "remote", "remove", "origin")
    return root / "alone"


def test_the_branch_that_is_checked_out_is_not_moved(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(at(fleet, alone(fleet, tmp_path), capsys), *RELEASE)
    assert said.code == 1
    assert said.err == (
        "promoter: refs/heads/main is checked out in a working copy of FLEET, so it is not moved\n"
        "  Check out another branch there, or use a bare repository.\n"
    )


def test_a_detached_head_needs_a_branch_by_name(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = alone(fleet, tmp_path)
    git(folder, "checkout", "-q", "--detach")
    here = at(fleet, folder, capsys)
    said = refused(here, *RELEASE)
    assert (said.code, "or is its HEAD detached?" in said.err) == (1, True)
    here.ok(*RELEASE, "--branch", "main")
    assert git(folder, "status", "--porcelain") == ""
