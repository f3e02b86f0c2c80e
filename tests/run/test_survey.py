"""What a survey finds in trees of many shapes, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.layout.place import Kind
from promoter.run.survey import survey
from promoter.run.survey_found import Standing, Survey, Tone
from promoter.run.survey_names import in_order, is_production, rank
from promoter.run.survey_standing import floats, standing
from tests.run.trees import deployment, dry_of, fixture_files, helm_release, kustomization, overlay

Files = Mapping[str, str | bytes]


@pytest.mark.parametrize(
    "name",
    [
        "dev", "development", "int", "test", "qa", "uat", "staging", "preprod", "pre-prod", "non-prod", "prod", "live",
        "production", "prod-eu", "eu-prod", "us-east-1-prod", "staging2", "prod-frankfurt", "test-a", "prod.blue",
    ],
)  # fmt: skip
def test_environments_by_name(name: str) -> None:
    assert rank(name) is not None


@pytest.mark.parametrize(
    "name",
    ["base", "shop", "dev-tools", "shop-prod", "test-data", "Production", "prod-staging", "monitoring", "", "r1"],
)
def test_no_environments_by_name(name: str) -> None:
    assert rank(name) is None


def test_the_likely_order() -> None:
    names = ["production", "prod-us", "uat", "qa", "preprod", "prod-eu", "staging", "test", "int", "dev"]
    wanted = ("dev", "int", "test", "qa", "uat", "preprod", "staging", "prod-eu", "prod-us", "production")
    assert in_order(names) == wanted
    assert [name for name in wanted if is_production(name)] == ["prod-eu", "prod-us", "production"]


def seen(folder: Path, files: Files, *, rendered: bool = False) -> tuple[Survey, list[tuple[str, str, str]]]:
    """Give the survey, and each app as name, path and environments."""
    found = survey(dry_of(folder, files), "fleet", rendered=rendered)
    return found, [(app.name, app.path, " ".join(app.environments)) for app in found.apps]


def each(template: str, text: str, *environments: str) -> dict[str, str | bytes]:
    """Give a file for each environment."""
    return {template.replace("{environment}", name): text for name in environments}


KUSTOMIZED = each("{environment}/kustomization.yaml", overlay("d.yaml"), "dev", "prod") | each(
    "{environment}/d.yaml", deployment("ghcr.io/acme/shop:1.2.3"), "dev", "prod"
)


def below(folder: str, files: Files) -> dict[str, str | bytes]:
    return {f"{folder}/{path}": data for path, data in files.items()}


@pytest.mark.parametrize(
    ("files", "apps"),
    [
        pytest.param(below("deploy/overlays", KUSTOMIZED), [("shop", "deploy/overlays/{environment}")], id="overlays"),
        pytest.param(KUSTOMIZED, [("shop", "{environment}")], id="at the root, called after its image"),
        pytest.param(
            below("services/cart/overlays", KUSTOMIZED) | below("services/pay/overlays", KUSTOMIZED),
            [("cart", "services/cart/overlays/{environment}"), ("pay", "services/pay/overlays/{environment}")],
            id="apps, then environments",
        ),
        pytest.param(
            {f"envs/{e}/{a}/d.yaml": deployment(f"acme/{a}:1.2.3") for e in ("dev", "prod") for a in ("x", "y")},
            [("x", "envs/{environment}/x"), ("y", "envs/{environment}/y")],
            id="environments, then apps as folders",
        ),
        pytest.param(
            {f"{e}/{a}.yaml": deployment(f"ghcr.io/acme/{a}:1.2.3") for e in ("dev", "prod") for a in ("x", "y")},
            [("x", "{environment}/x.yaml"), ("y", "{environment}/y.yaml")],
            id="environments, then apps as files",
        ),
        pytest.param(
            each("{environment}/deployment.yaml", deployment("ghcr.io/acme/shop:1.2.3"), "qa", "production"),
            [("shop", "{environment}")],
            id="one app's own files are no apps",
        ),
        pytest.param(
            each("charts/shop/values-{environment}.yaml", "image: {repository: a/b, tag: 1.2.3}\n", "dev", "prod"),
            [("shop", "charts/shop/values-{environment}.yaml")],
            id="values files",
        ),
        pytest.param(
            each("apps/{environment}/kustomization.yaml", overlay("x", "y"), "dev", "prod")
            | {f"apps/{e}/{a}/d.yaml": deployment("a/b:1.2.3") for e in ("dev", "prod") for a in ("x", "y")}
            | {f"apps/{e}/{a}/kustomization.yaml": overlay("d.yaml") for e in ("dev", "prod") for a in ("x", "y")},
            [("x", "apps/{environment}/x"), ("y", "apps/{environment}/y")],
            id="folders that a kustomization lists",
        ),
        pytest.param(
            each("overlays/{environment}/kustomization.yaml", overlay("d.yaml"), "dev", "prod")
            | each("overlays/{environment}/d.yaml", deployment("a/shop:1.2.3"), "dev", "prod")
            | each("overlays/{environment}/extra/c.yaml", "a: b\n", "dev", "prod"),
            [("shop", "overlays/{environment}")],
            id="folders that a kustomization does not list",
        ),
        pytest.param(below(".hidden", KUSTOMIZED) | below("node_modules/x", KUSTOMIZED), [], id="hidden folders"),
        pytest.param({"dev/kustomization.yaml": overlay("d.yaml")}, [], id="one name alone may be anything"),
        pytest.param(
            {"overlays/dev/kustomization.yaml": overlay("d.yaml"), "overlays/dev/d.yaml": deployment("a/shop:1.2.3")},
            [("shop", "overlays/{environment}")],
            id="one environment in a folder that is for them",
        ),
        pytest.param(
            each("overlays/{environment}/kustomization.yaml", overlay("c.yaml"), "dev", "prod")
            | each("overlays/{environment}/c.yaml", "a: b\n", "dev", "prod"),
            [("fleet", "overlays/{environment}")],
            id="nothing that moves: called after the repository",
        ),
        pytest.param({"README.md": "dev"}, [], id="nothing"),
    ],
)  # fmt: skip
def test_apps(tmp_path: Path, files: Files, apps: list[tuple[str, str]]) -> None:
    found, named = seen(tmp_path, files)
    assert [(name, path) for name, path, _ in named] == apps
    if not apps:
        assert found.notes[0].tone is Tone.UNKNOWN
        assert found.notes[0].text.startswith("no folder or file that stands for an environment")


def test_a_name_that_is_taken_is_not_used(tmp_path: Path) -> None:
    """Neither a command nor an environment can be an app's name."""
    files = below("plan/overlays", KUSTOMIZED) | below("dev-like/overlays", KUSTOMIZED)
    assert [name for name, _, _ in seen(tmp_path, files)[1]] == ["dev-like", "plan-app"]


def test_several_charts_in_one_folder_are_apps_of_their_own(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"apps/base/kustomization.yaml": overlay("r.yaml")}
    files["apps/base/r.yaml"] = helm_release("x", chart="x") + "---\n" + helm_release("y", chart="y")
    for name in ("staging", "production"):
        files[f"apps/{name}/kustomization.yaml"] = overlay("../base") + "patches: [{path: x.yaml}, {path: y.yaml}]\n"
        files |= {f"apps/{name}/{chart}.yaml": helm_release(chart, "1.2.3") for chart in ("x", "y")}
    assert seen(tmp_path / "a", files)[1] == [
        ("x", "apps/{environment}/x.yaml", "staging production"),
        ("y", "apps/{environment}/y.yaml", "staging production"),
    ]
    assert seen(tmp_path / "b", files, rendered=True)[1] == [("fleet", "apps/{environment}", "staging production")]


def test_a_rendered_chart_is_its_folder(tmp_path: Path) -> None:
    files = each("charts/shop/values-{environment}.yaml", "image: {repository: a/b, tag: 1.2.3}\n", "dev", "prod")
    files["charts/shop/Chart.yaml"] = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
    found, named = seen(tmp_path, files, rendered=True)
    assert named == [("shop", "charts/shop", "dev prod")]
    assert (found.apps[0].renderer, found.apps[0].needs) == ("helm", ("helm",))


def test_shared_bases(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, fixture_files("kustomize-shared-base"))
    (app,) = found.apps
    assert found.environments == ("dev", "staging", "prod")
    assert (app.name, app.path, app.renderer, app.needs) == (
        "shop", "shop/overlays/{environment}", "kustomize", ("kustomize",),
    )  # fmt: skip
    assert [(one.name, one.value, one.where, one.own) for one in app.standing["prod"]] == [
        ("docker.io/valkey/valkey", "9.0.1", "shop/bases/cache/cache.yaml:15", False),
        ("ghcr.io/acme/shop", "1.4.0", "shop/bases/web/deployment.yaml:14", False),
        ("ghcr.io/acme/shop", "1.4.0", "shop/bases/web/deployment.yaml:17", False),
        ("ghcr.io/acme/shop", "1.4.0", "shop/bases/web/warm-up.yaml:14", False),
    ]


def test_flux(tmp_path: Path) -> None:
    """A chart by a range, delivered through an artifact: by which object is read from the repository."""
    found, _ = seen(tmp_path, fixture_files("flux-monorepo"))
    (app,) = found.apps
    assert (app.name, app.path, app.environments) == ("cart", "apps/{environment}", ("staging", "production"))
    assert [(one.name, one.value, one.where) for one in app.standing["staging"] if one.own] == [
        ("cart", ">=2.0.0-0", "apps/staging/cart.yaml:8")
    ]
    delivery = app.deliveries["production"]
    assert (delivery.object, delivery.path, delivery.where, delivery.direct) == (
        "Kustomization/flux-system/apps", "apps/production", "clusters/production/apps.yaml:1", False,
    )  # fmt: skip
    assert [(note.tone, note.text, note.where) for note in found.notes if note.tone is Tone.WARNING] == [
        (Tone.WARNING, "cart in staging: chart cart is the range >=2.0.0-0", ("apps/staging/cart.yaml:8",)),
        (Tone.WARNING, "cart in production: chart cart is the range 2.x", ("apps/production/cart.yaml:8",)),
    ]


def test_a_mirror_is_the_same_image(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, fixture_files("kustomize-overlays"))
    (app,) = found.apps
    (prod,) = [one for one in app.standing["prod"] if one.own]
    assert (app.name, prod.name, prod.also) == ("shop", "ghcr.io/acme/shop", ("eu.gcr.io/acme/shop",))


ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\n"


@pytest.mark.parametrize(
    ("objects", "delivered"),
    [
        pytest.param({"f.yaml": kustomization("shop", "./overlays/dev")}, "Kustomization/flux-system/shop", id="Flux"),
        pytest.param({"f.yaml": kustomization("all", "./overlays")}, "Kustomization/flux-system/all", id="from above"),
        pytest.param(
            {"f.yaml": kustomization("all", "overlays") + "---\n" + kustomization("shop", "overlays/dev/")},
            "Kustomization/flux-system/shop", id="the nearest",
        ),
        pytest.param(
            {"f.yaml": kustomization("a", "overlays/dev") + "---\n" + kustomization("b", "overlays/dev")}, "",
            id="two: nobody knows",
        ),
        pytest.param({"f.yaml": kustomization("a", "overlays/dev", "OCIRepository")}, "", id="from elsewhere"),
        pytest.param(
            {"a.yaml": ARGO + "spec: {source: {repoURL: x, path: overlays/dev, targetRevision: main}}\n"},
            "Application/argocd/shop", id="Argo CD",
        ),
        pytest.param(
            {"a.yaml": ARGO + "spec: {sources: [{repoURL: x, chart: y}, {repoURL: x, path: overlays/dev}]}\n"},
            "Application/argocd/shop", id="Argo CD with several sources",
        ),
        pytest.param({"f.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\n: {{"}, "", id="no YAML"),
    ],
)  # fmt: skip
def test_deliveries(tmp_path: Path, objects: Files, delivered: str) -> None:
    found, _ = seen(tmp_path, below("overlays", KUSTOMIZED) | below("clusters/dev", objects))
    app = next(app for app in found.apps if app.name == "shop")
    assert (app.deliveries["dev"].object if "dev" in app.deliveries else "") == delivered


@pytest.mark.parametrize(
    ("files", "who", "where"),
    [
        ({"renovate.json": "{}"}, "Renovate", "renovate.json"),
        ({".github/dependabot.yml": "a: b"}, "Dependabot", ".github/dependabot.yml"),
        ({"telefonistka.yaml": "a: b"}, "Telefonistka", "telefonistka.yaml"),
        ({"x.yaml": 'a: b:1 # {"$imagepolicy": "flux-system:b"}\n'}, "Flux image automation", "x.yaml:1"),
        ({"x.yaml": "---\nkind: ImageUpdateAutomation\nspec: {}\n"}, "Flux image automation", "x.yaml:2"),
        ({"x.yaml": "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\n"}, "Kargo", "x.yaml:1"),
        ({"x.yaml": "a:\n  argocd-image-updater.argoproj.io/image-list: b\n"}, "Argo CD Image Updater", "x.yaml:2"),
        ({".gitlab-ci.yml": "run: |\n  kustomize edit set image a=b\n"}, "a workflow", ".gitlab-ci.yml:2"),
    ],
)  # fmt: skip
def test_other_writers(tmp_path: Path, files: Files, who: str, where: str) -> None:
    found, _ = seen(tmp_path, files)
    (note,) = [note for note in found.notes if note.tone is Tone.WARNING]
    assert note.text.startswith(who)
    assert note.where == (where,)


def test_no_other_writers(tmp_path: Path) -> None:
    files = {"x.yaml": "apiVersion: example.com/v1\nkind: Stage\n", "docs/renovate.json": "{}"}
    found, _ = seen(tmp_path, files)
    assert [note for note in found.notes if note.tone is Tone.WARNING] == []


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (Kind.IMAGE, "1.4.2", ""),
        (Kind.IMAGE, "v1.4.2-rc1", ""),
        (Kind.IMAGE, "20260105-abc123", ""),
        (Kind.IMAGE, "26f50d8", ""),
        (Kind.IMAGE, f"latest@sha256:{'1' * 64}", ""),
        (Kind.IMAGE, "latest", "has the tag latest, which looks like one that is moved"),
        (Kind.IMAGE, "1.4", "has the tag 1.4, which looks like one that is moved"),
        (Kind.IMAGE, "main", "has the tag main, which looks like one that is moved"),
        (Kind.IMAGE, "", "names no version, so whatever is newest runs"),
        (Kind.CHART, "6.9.1", ""),
        (Kind.CHART, ">=1.0.0", "is the range >=1.0.0"),
        (Kind.CHART, "1.x", "is the range 1.x"),
        (Kind.CHART, "*", "is the range *"),
    ],
)
def test_floats(kind: Kind, value: str, why: str) -> None:
    assert floats(Standing(kind, "a", value, "f:1", own=True)) == why


@pytest.mark.parametrize(
    ("own", "reached", "wanted"),
    [
        pytest.param(
            {"o/k/kustomization.yaml": overlay("x", images={"a/b": "2.0.0"})}, {"base/d.yaml": deployment("a/b:1.0.0")},
            [("a/b", "2.0.0", True)], id="an images entry decides",
        ),
        pytest.param(
            {"o/d.yaml": deployment("a/b:2.0.0")}, {"base/d.yaml": deployment("a/b:1.0.0")},
            [("a/b", "2.0.0", True), ("a/b", "1.0.0", False)], id="a workload of its own does not",
        ),
        pytest.param(
            {"o/r.yaml": helm_release("x", "2.0.0")}, {"base/r.yaml": helm_release("x", "1.x", "chart-x")},
            [("x", "2.0.0", True)], id="a patch decides over a range",
        ),
        pytest.param(
            {"o/r.yaml": helm_release("y", "2.0.0")}, {"base/r.yaml": helm_release("x", "", "chart-x")},
            [("y", "2.0.0", True), ("x", "", False)], id="a release without a version",
        ),
        pytest.param(
            {"o/r.yaml": helm_release("x", "2.0.0", "charts/web")}, {}, [("web", "2.0.0", True)],
            id="a release that names its chart goes by it",
        ),
    ],
)  # fmt: skip
def test_standing(own: Mapping[str, str], reached: Mapping[str, str], wanted: list[tuple[str, str, bool]]) -> None:
    found = standing(
        {path: text.encode() for path, text in own.items()}, {path: text.encode() for path, text in reached.items()}
    )
    assert [(one.name, one.value, one.own) for one in found] == wanted


def test_what_cannot_be_told(tmp_path: Path) -> None:
    files = below("overlays", KUSTOMIZED) | below("overlays/extra", {"kustomization.yaml": "resources: []\n"})
    files |= {"overlays/prod/kustomization.yaml": overlay("d.yaml", "https://example.com/x.git?ref=v1")}
    files |= each("env/values-{environment}.yaml", "image: {tag: 1.2.3}\n", "dev", "prod")
    notes = [(note.text, note.where) for note in seen(tmp_path, files)[0].notes if note.tone is Tone.UNKNOWN]
    assert [text.partition(" overlays/prod/")[0].partition("; if")[0] for text, _ in notes] == [
        "whether shop renders: in prod:",
        "whether overlays/extra is an environment",
        "which image the tags under env/values-{environment}.yaml belong to",
    ]
    assert notes[2][1] == ("env/values-dev.yaml:1", "env/values-prod.yaml:1")


def test_environments_that_an_app_lacks(tmp_path: Path) -> None:
    files = below("a/overlays", KUSTOMIZED) | below("b/overlays", {**KUSTOMIZED, "staging/kustomization.yaml": "{}"})
    found, named = seen(tmp_path, files)
    assert named == [
        ("a", "a/overlays/{environment}", "dev prod"),
        ("b", "b/overlays/{environment}", "dev staging prod"),
    ]
    assert "a has no staging, and that is taken as meant" in [note.text for note in found.notes]


def test_production_regions(tmp_path: Path) -> None:
    files = each("overlays/{environment}/kustomization.yaml", overlay("c.yaml"), "dev", "test", "prod-eu", "prod-us")
    texts = [note.text for note in seen(tmp_path, files)[0].notes]
    assert texts[:2] == [
        "the order dev, test, prod-eu, prod-us: by their names",
        "production goes one by one: prod-eu, then prod-us; for all at once write the same after: on each of them",
    ]
