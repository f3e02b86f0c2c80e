"""Pinning, proven with the real kustomize: what moves where, what stays, and what is refused."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from promoter.errors import EditRefused, RenderFailed, UsageError
from promoter.layout.place import Kind
from promoter.render.program import Programs
from promoter.run.pin import pin
from promoter.run.pin_found import Asked, Pins, answer, parse_asked
from promoter.run.pin_proof import Bench, edited
from promoter.run.survey import survey
from promoter.run.survey_tree import Dry
from tests.run.trees import PROGRAMS, deployment, dry_of, fixture_files, helm_release, overlay

DIGEST = "sha256:" + "1" * 64


def pinned(dry: Dry, *asked: str, programs: Programs = PROGRAMS) -> Pins:
    """Pin what a survey of the tree finds."""
    found = survey(dry, "fleet")
    wishes = [parse_asked(text, found.environments) for text in asked]
    return pin(dry.source.store, dry.source.tree, found.apps, wishes, programs)


def lines(dry: Dry, pins: Pins) -> dict[str, list[str]]:
    """Give the lines that each file gains (+) and loses (-)."""
    changed = {}
    for path, data in sorted(pins.files.items()):
        old = dry.text(path).splitlines() if path in dry.files else []
        diff = difflib.unified_diff(old, data.decode().splitlines(), n=0, lineterm="")
        changed[path] = [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return changed


def tree(base: Mapping[str, str], *environments: str, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give overlays over one base; `own` files, `KIND` of kustomization included, stand in each."""
    files = {f"base/{name}": text for name, text in base.items()}
    files["base/kustomization.yaml"] = overlay(*base)
    for name in environments or ("dev", "prod"):
        files[f"overlays/{name}/kustomization.yaml"] = overlay("../../base")
        files |= {f"overlays/{name}/{path}": text for path, text in (own or {}).items()}
    return files


def rendered(dry: Dry, pins: Pins, path: str) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Render one folder before and after, with a bench of the test's own."""
    bench = Bench(dry.source.store, PROGRAMS, ["kustomize"])
    after = edited(dry.source.store, dry.source.tree, pins.files)
    key = ("app", "environment")
    return bench.render(dry.source.tree, {key: path})[key], bench.render(after, {key: path})[key]


def test_images_of_shared_bases(tmp_path: Path) -> None:
    dry = dry_of(tmp_path, fixture_files("kustomize-shared-base"))
    pins = pinned(dry)
    added = ["- name: docker.io/valkey/valkey", "  newTag: 9.0.1", "- name: ghcr.io/acme/shop", "  newTag: 1.4.0"]
    indented = ["+images:", *(f"+  {line}" for line in added)]
    assert lines(dry, pins) == {
        "shop/overlays/dev/kustomization.yaml": ["+images:", *(f"+{line}" for line in added)],
        "shop/overlays/prod/kustomization.yaml": indented,
        "shop/overlays/staging/kustomization.yaml": indented,
    }
    assert [(one.environment, one.name, one.old, one.new, one.changes) for one in pins.pinned][:2] == [
        ("dev", "docker.io/valkey/valkey", "9.0.1", "9.0.1", False),
        ("dev", "ghcr.io/acme/shop", "1.4.0", "1.4.0", False),
    ]
    assert (len(pins.pinned), pins.left, list(pins.tools)) == (6, (), ["kustomize"])
    before, after = rendered(dry, pins, "shop/overlays/prod")
    assert before == after


def test_ranges_become_the_version_that_is_named(tmp_path: Path) -> None:
    dry = dry_of(tmp_path, fixture_files("flux-monorepo"))
    pins = pinned(dry, "cart=2.4.0", "production:cart=2.3.1")
    assert lines(dry, pins) == {
        "apps/production/cart.yaml": ["-      version: 2.x", "+      version: 2.3.1"],
        "apps/staging/cart.yaml": [
            '-      version: ">=2.0.0-0"   # previews too', '+      version: "2.4.0"   # previews too',
        ],
    }  # fmt: skip
    assert [(one.environment, one.old, one.new, one.changes) for one in pins.pinned] == [
        ("staging", ">=2.0.0-0", "2.4.0", True),
        ("production", "2.x", "2.3.1", True),
    ]
    assert [(one.environment, one.name, one.reason.partition(",")[0]) for one in pins.left] == [
        ("staging", "docker.io/library/rabbitmq", "it stands in the values of a HelmRelease"),
        ("production", "docker.io/library/rabbitmq", "it stands in the values of a HelmRelease"),
    ]
    before, after = rendered(dry, pins, "apps/production")
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["helmrelease-cart.yaml"]
    assert before[changed[0]].replace(b"version: 2.x", b"version: 2.3.1") == after[changed[0]]


def test_a_range_whose_version_nobody_names(tmp_path: Path) -> None:
    with pytest.raises(EditRefused) as caught:
        pinned(dry_of(tmp_path, fixture_files("flux-monorepo")))
    assert caught.value.message == "nothing was pinned"
    wanted = (
        "cart in staging: cart (apps/staging/cart.yaml:8): it is the range >=2.0.0-0; "
        "name the version that runs there: --pin staging:cart=VERSION"
    )
    assert wanted in str(caught.value)


RELEASES = helm_release("front", "6.9.1", "podinfo") + "---\n" + helm_release("back", "", "backend")
OCI = (
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: certs}\n"
    "spec:\n  url: oci://registry.example/charts/cert-manager\n  ref: {semver: 1.x}\n"
)


def test_charts_that_stand_in_a_base(tmp_path: Path) -> None:
    """A version is added to the environment's own patch where there is one, else in a patch of its own."""
    files = tree({"r.yaml": RELEASES, "oci.yaml": OCI}, "dev", "prod")
    files["overlays/dev/back.yaml"] = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        "metadata: {name: back, namespace: back}\nspec:\n  interval: 5m # often\n"
    )
    files["overlays/dev/kustomization.yaml"] += "patches:\n  - path: back.yaml\n"
    dry = dry_of(tmp_path, files)
    pins = pinned(dry, "backend=2.0.0", "cert-manager=1.15.0")
    changed = lines(dry, pins)
    assert changed["overlays/dev/back.yaml"] == ["+  chart:", "+    spec:", "+      version: 2.0.0"]
    assert changed["overlays/dev/kustomization.yaml"] == [
        "+  - path: front-version.yaml", "+    target:", "+      kind: HelmRelease", "+      name: front",
        "+  - path: certs-version.yaml", "+    target:", "+      kind: OCIRepository", "+      name: certs",
    ]  # fmt: skip
    assert pins.files["overlays/dev/front-version.yaml"].decode() == (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: front\n"
        "spec:\n  chart:\n    spec:\n      version: 6.9.1\n"
    )
    assert changed["overlays/prod/certs-version.yaml"][-3:] == [
        '+  url: "oci://registry.example/charts/cert-manager"', "+  ref:", "+    semver: 1.15.0",
    ]  # fmt: skip
    assert [(one.name, one.old, one.new) for one in pins.pinned if one.environment == "prod"] == [
        ("front", "6.9.1", "6.9.1"), ("back", "", "2.0.0"), ("cert-manager", "1.x", "1.15.0"),
    ]  # fmt: skip
    again = Dry(dry.source.store, edited(dry.source.store, dry.source.tree, pins.files))
    with pytest.raises(EditRefused, match="there is nothing to pin"):
        pinned(again)


@pytest.mark.parametrize(
    ("image", "entry"),
    [
        ("ghcr.io/acme/web:1.0.0", "  - name: ghcr.io/acme/web|    newTag: 1.0.0"),
        ("localhost:5000/acme/web:1.10", '  - name: "localhost:5000/acme/web"|    newTag: "1.10"'),
        (f"acme/web@{DIGEST}", f'  - name: acme/web|    digest: "{DIGEST}"'),
        (f"acme/web:1.0.0@{DIGEST}", f'  - name: acme/web|    newTag: 1.0.0|    digest: "{DIGEST}"'),
        ("acme/web:latest", "  - name: acme/web|    newTag: latest"),
    ],
)
def test_every_kind_of_reference(tmp_path: Path, image: str, entry: str) -> None:
    dry = dry_of(tmp_path, tree({"d.yaml": deployment(image)}, "dev", "prod"))
    assert lines(dry, pinned(dry))["overlays/dev/kustomization.yaml"] == [
        "+images:",
        *(f"+{p}" for p in entry.split("|")),
    ]


def test_an_entry_that_only_renames(tmp_path: Path) -> None:
    """A mirror's name stays; the version goes beside it."""
    files = tree({"d.yaml": deployment("acme/web:1.0.0")}, "dev", "prod")
    files["overlays/prod/kustomization.yaml"] += "images: [{name: acme/web, newName: mirror.example/web}]\n"
    dry = dry_of(tmp_path, files)
    pins = pinned(dry)
    assert lines(dry, pins)["overlays/prod/kustomization.yaml"] == [
        "-images: [{name: acme/web, newName: mirror.example/web}]",
        "+images: [{name: acme/web, newName: mirror.example/web, newTag: 1.0.0}]",
    ]
    assert pins.pinned[1].name == "mirror.example/web"


def test_what_is_pinned_already_stays(tmp_path: Path) -> None:
    files = tree({"d.yaml": deployment("acme/web:1.0.0")}, "dev", "prod")
    files["overlays/prod/kustomization.yaml"] += 'images: [{name: acme/web, newTag: "0.9.0"}]\n'
    dry = dry_of(tmp_path, files)
    assert list(lines(dry, pinned(dry))) == ["overlays/dev/kustomization.yaml"]


def test_two_apps_of_one_folder_see_each_others_edits(tmp_path: Path) -> None:
    files = tree({"r.yaml": helm_release("x", "1.x", "x") + "---\n" + helm_release("y", "1.x", "y")}, "dev", "prod")
    for name in ("dev", "prod"):
        files |= {f"overlays/{name}/{chart}.yaml": helm_release(chart, "2.x") for chart in ("x", "y")}
        files[f"overlays/{name}/kustomization.yaml"] += "patches: [{path: x.yaml}, {path: y.yaml}]\n"
    dry = dry_of(tmp_path, files)
    assert [app.name for app in survey(dry).apps] == ["x", "y"]
    pins = pinned(dry, "x=2.1.0", "y=2.2.0")
    assert {path: changed[1] for path, changed in lines(dry, pins).items()} == {
        f"overlays/{name}/{chart}.yaml": f'+      version: "{version}"'
        for name in ("dev", "prod")
        for chart, version in (("x", "2.1.0"), ("y", "2.2.0"))
    }


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        pytest.param(
            deployment("acme/web:1") + "---\n" + deployment("acme/web:2", "b"),
            "it has several versions at once (1, 2); make them one first", id="two versions",
        ),
        pytest.param(deployment("acme/web"), "it names no version, so whatever is newest runs", id="no version"),
        pytest.param(
            "apiVersion: x.example/v1\nkind: Web\nmetadata: {name: a}\nspec: {image: 'acme/web:1.0.0'}\n",
            "it does not stand in a container, where kustomize's images: does not reach", id="a custom resource",
        ),
        pytest.param(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
            "spec: {source: {repoURL: https://x.example, chart: web, targetRevision: 1.0.0}}\n",
            "only charts of Flux's HelmRelease and OCIRepository can be", id="a chart of Argo CD",
        ),
    ],
)  # fmt: skip
def test_what_is_left(tmp_path: Path, base: str, reason: str) -> None:
    """With nothing else to pin, the reasons are the error."""
    with pytest.raises(EditRefused) as caught:
        pinned(dry_of(tmp_path, tree({"d.yaml": base})))
    assert "overlays" not in caught.value.message
    assert f"in dev: {'acme/web' if 'acme' in base else 'web'} (base/d.yaml:" in str(caught.value)
    assert reason in str(caught.value)


def test_without_kustomize_it_is_left(tmp_path: Path) -> None:
    files = {
        "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "app/base/d.yaml": deployment("acme/web:1.0.0"),
    }
    files |= {f"app/{name}/render.yaml": "base: ../base\n" for name in ("dev", "prod")}
    with pytest.raises(EditRefused, match="no kustomization renders it"):
        pinned(dry_of(tmp_path, files))


def test_an_image_that_something_else_sets_again(tmp_path: Path) -> None:
    """A patch behind the images transformer would win over the pin: then a release would move nothing."""
    files = tree({"d.yaml": deployment("acme/web:1.0.0")}, "dev", "prod")
    for name in ("dev", "prod"):
        files[f"overlays/{name}/kustomization.yaml"] += "transformers: [set.yaml]\n"
        files[f"overlays/{name}/set.yaml"] = (
            "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: set}\n"
            "imageTag: {name: acme/web, newTag: 1.0.0}\nfieldSpecs: [{path: spec/template/spec/containers/image}]\n"
        )
    with pytest.raises(EditRefused, match="acme/web in dev of web would not move with its pin"):
        pinned(dry_of(tmp_path, files))


def test_a_pin_that_would_change_more(tmp_path: Path) -> None:
    """`images:` also reaches a custom resource with another version, since a config says so."""
    files = tree({"d.yaml": deployment("acme/web:1.0.0")}, "dev", "prod")
    for name in ("dev", "prod"):
        files[f"overlays/{name}/kustomization.yaml"] = (
            overlay("../../base", "web.yaml") + "configurations: [more.yaml]\n"
        )
        files[f"overlays/{name}/more.yaml"] = "images: [{path: spec/image, kind: Web}]\n"
        files[f"overlays/{name}/web.yaml"] = (
            "apiVersion: x.example/v1\nkind: Web\nmetadata: {name: a}\nspec: {image: 'acme/web:0.1.0'}\n"
        )
    with pytest.raises(EditRefused) as caught:
        pinned(dry_of(tmp_path, files))
    assert caught.value.message == (
        "pinning would change more in web in dev: spec.image of Web/a from acme/web:0.1.0 to acme/web:1.0.0"
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["cart"], "--pin cart is not NAME=VERSION"),
        (["cart=>=1"], "--pin cart=>=1: >=1 is not one exact version"),
        (["cart=1 2"], "--pin cart=1 2: 1 2 is not one exact version"),
        (["card=2.4.0"], "nothing uses card"),
        (["staging:card=2.4.0"], "nothing in staging uses card"),
        (["cart=2.4.0", "docker.io/library/rabbitmq=4.3.0"], "docker.io/library/rabbitmq is exactly 4.2.1 already"),
    ],
)
def test_wishes_that_make_no_sense(tmp_path: Path, asked: Sequence[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        pinned(dry_of(tmp_path, fixture_files("flux-monorepo")), *asked)
    assert caught.value.message.startswith(message)


def test_wishes_for_one_environment_come_first() -> None:
    wishes = [Asked("cart", "1.0.0"), Asked("docker.io/library/redis", "8"), Asked("cart", "2.0.0", "prod")]
    kind = Kind.IMAGE
    assert [answer(wishes, name, kind, ("cart",)) for name in ("dev", "prod")] == ["1.0.0", "2.0.0"]
    assert answer(wishes, "dev", kind, ("redis",)) == "8"
    assert parse_asked("localhost:5000/x=1", ["dev"]) == Asked("localhost:5000/x", "1")
    assert parse_asked("dev:localhost:5000/x=1", ["dev"]) == Asked("localhost:5000/x", "1", "dev")


def test_no_program(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="kustomize is needed, and there is none on the PATH"):
        pinned(dry_of(tmp_path, fixture_files("kustomize-shared-base")), programs=Programs(str(tmp_path)))


def test_an_environment_that_does_not_render(tmp_path: Path) -> None:
    """The others are pinned all the same."""
    files = tree({"d.yaml": deployment("acme/web:1.0.0")}, "dev", "staging", "prod")
    patch = "{patch: '- {op: remove, path: /x}', target: {kind: Deployment}}"
    files["overlays/dev/kustomization.yaml"] += f"patches: [{patch}]\n"
    files["overlays/staging/kustomization.yaml"] = overlay("../../base", "https://example.com/x.git?ref=v1")
    pins = pinned(dry_of(tmp_path, files))
    assert [one.environment for one in pins.pinned] == ["prod"]
    assert [(one.environment, one.reason.splitlines()[0].removesuffix(":")) for one in pins.left] == [
        ("dev", "it does not render, so nothing can be proven: kustomize failed (exit 1)"),
        (
            "staging",
            "it does not render, so nothing can be proven: overlays/staging/kustomization.yaml: resources names "
            "https://example.com/x.git?ref=v1, which is not in this commit",
        ),
    ]
