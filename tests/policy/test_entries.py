"""Apps: groups, folders that are there, and folders that are not."""

from __future__ import annotations

import pytest

from tests.policy.trees import load_files, overlays, problems

HEAD = "version: 1\nlive: none\nenvironments: [dev, prod]\n"
GROUP = "apps:\n  services: {path: 'services/{app}/overlays/{environment}'}\n"


def services(*apps: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for app in apps:
        found |= overlays(app, "dev", "prod", under="services")
    return found


def test_a_group_is_one_app_for_each_folder() -> None:
    files = {
        **services("cart", "shop"),
        "services/README.md": "",
        "services/.github/x": "",
        "promoter.yaml": HEAD + GROUP,
    }
    loaded = load_files(files)
    assert {name: app.path for name, app in loaded.config.apps.items()} == {
        "cart": "services/cart/overlays/{environment}",
        "shop": "services/shop/overlays/{environment}",
    }
    assert loaded.warnings == ()


def test_a_folder_without_any_overlay_is_no_app_and_is_told() -> None:
    loaded = load_files({**services("cart"), "services/lib/x.yaml": "", "promoter.yaml": HEAD + GROUP})
    assert list(loaded.config.apps) == ["cart"]
    assert [str(warning) for warning in loaded.warnings] == [
        "promoter.yaml:5:apps.services.path: services/lib is no app of services: there is no services/lib/overlays/dev "
        "or services/lib/overlays/prod"
    ]


@pytest.mark.parametrize(
    ("path", "files", "apps"),
    [
        ("{environment}/{app}", ["dev/a/x", "prod/a/x", "dev/b/x", "prod/b/x"], ["a", "b"]),
        ("{environment}/{app}.yaml", ["dev/a.yaml", "prod/a.yaml", "dev/b.txt"], ["a"]),
        ("k8s/svc-{app}/{environment}.yaml", ["k8s/svc-a/dev.yaml", "k8s/svc-a/prod.yaml", "k8s/lib/dev.yaml"], ["a"]),
        ("{app}/{environment}", ["a/dev/x", "a/prod/x"], ["a"]),
        ("x/{app}-{environment}", ["x/a-dev/y", "x/a-prod/y"], ["a"]),
        ("x/{app}/{environment}/{app}", ["x/a/dev/a/y", "x/a/prod/a/y"], ["a"]),
    ],
)
def test_the_shape_of_groups(path: str, files: list[str], apps: list[str]) -> None:
    text = f"{HEAD}apps: {{group: '{path}'}}\n"
    assert list(load_files({"promoter.yaml": text, **dict.fromkeys(files, "")}).config.apps) == apps


BAD = [
    (
        GROUP,
        {**services("cart"), "services/shop/overlays/dev/x": ""},
        [
            "promoter.yaml:5:apps.services.path: services/shop/overlays/prod does not exist; add it, or list where "
            "shop goes: shop: {environments: [dev]}"
        ],
    ),
    (
        GROUP + "  shop: {newer: wait}\n",
        {**services("cart"), "services/shop/overlays/prod/x": ""},
        [
            "promoter.yaml:6:apps.shop: services/shop/overlays/dev does not exist; add it, or list where shop goes: "
            "shop: {environments: [prod]}"
        ],
    ),
    (
        "apps: {shop: {path: apps/shop, environments: [dev]}}\n",
        {},
        ["promoter.yaml:4:apps.shop.path: apps/shop does not exist; add it, or correct the path"],
    ),
    (
        "apps: {shop: 'apps/{environment}'}\n",
        {"apps/dev/x": ""},
        [
            "promoter.yaml:4:apps.shop: apps/prod does not exist; add it, or list where shop goes: shop: "
            "{environments: [dev]}"
        ],
    ),
    (
        GROUP,
        {},
        [
            "promoter.yaml:5:apps.services.path: no folder fits services/{app}/overlays/{environment}; then services "
            "is empty"
        ],
    ),
    (
        GROUP + "  chart: {newer: wait}\n",
        services("cart"),
        [
            "promoter.yaml:6:apps.chart: chart has no path and no group has such a folder; write its path; did you "
            "mean cart?"
        ],
    ),
    (
        GROUP + "  cart: services/cart/overlays/{environment}\n",
        services("cart"),
        ["promoter.yaml:6:apps.cart: cart is in the group services and has a path of its own; keep one of them"],
    ),
    (
        GROUP + "  more: {path: 'services/{app}/overlays/{environment}', newer: wait}\n",
        services("cart"),
        ["promoter.yaml:6:apps.more.path: cart is in services and in more; an app has one path"],
    ),
    (
        GROUP,
        {**services("cart"), **services("Shop")},
        [
            "promoter.yaml:5:apps.services.path: services/Shop cannot be an app: lower-case letters, digits, -, . and "
            "_, at most 63, beginning and ending with a letter or digit, not r1 or r41"
        ],
    ),
    (
        GROUP,
        {**services("cart"), **services("dev")},
        ["promoter.yaml:4:apps: an app and an environment share the name dev; commands could not tell them apart"],
    ),
    (
        GROUP,
        {**services("cart"), **services("status")},
        ["promoter.yaml:4:apps: status is a command; commands could not tell them apart"],
    ),
    (
        GROUP + "  cart: {environments: {prd: {newer: wait}, prod*: {newer: wait}}}\n",
        services("cart"),
        ["promoter.yaml:6:apps.cart.environments.prd: no environment is called prd; did you mean prod?"],
    ),
    (
        "apps: {a: {path: x, environments: [prdo]}}\n",
        {"x/y": ""},
        ["promoter.yaml:4:apps.a.environments: no environment is called prdo; did you mean prod?"],
    ),
    (
        "apps: {a: ../x}\n",
        {},
        ["promoter.yaml:4:apps.a: ../x is no path inside the repository"],
    ),
    (
        "apps: {a: 'x/{app}{app}/y'}\n",
        {"x/aa/y": ""},
        ["promoter.yaml:4:apps.a: {app} may stand only once between two slashes"],
    ),
    (
        "apps: {A: {path: x, environments: [dev]}}\n",
        {"x/y": ""},
        [
            "promoter.yaml:4:apps.A: A cannot be a name: lower-case letters, digits, -, . and _, at most 63, beginning "
            "and ending with a letter or digit, not r1 or r41"
        ],
    ),
    ("apps: {a: {path: }}\n", {}, ["promoter.yaml:4:apps.a.path: has no value; write one or remove the key"]),
    (
        "apps: {a: {path: {app}}}\n",
        {},
        ['promoter.yaml:4:apps.a.path: a value that begins with { must be quoted: "{app}"'],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: ['ghcr.io/a:1.2']}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.images: ghcr.io/a:1.2: name it without tag or digest: ghcr.io/a"],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: {a: {key: b, marker: c, file: d}}}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.images.a: key and marker both say where it stands; keep one"],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: {a: {regex: b}}}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.images.a: regex needs the file in which it stands: file: values.yaml"],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: {a: {order: newest-build}}}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.images.a.order: order: this version cannot do it yet; remove it"],
    ),
    (
        "apps: {a: {path: 'x/{environment}', admit: x}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.admit: x is not known; there is images, charts, values"],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: [main], admit: 'images.man.tag == values.size'}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        [
            "promoter.yaml:4:apps.a.admit: a moves no man; did you mean main?",
            "promoter.yaml:4:apps.a.admit: a moves no size",
        ],
    ),
    (
        "apps: {a: {path: 'x/{environment}', render: kustomise}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        [
            "promoter.yaml:4:apps.a.render: kustomise is not one of auto, kustomize, helm, plain, external, {command: "
            "[...]}; did you mean kustomize?"
        ],
    ),
    (
        "apps: {a: {path: 'x/{environment}', render: {helm: {charts: x}}}}\n",
        {"x/dev/y": "", "x/prod/y": ""},
        ["promoter.yaml:4:apps.a.render.helm.charts: unknown key charts; did you mean chart?"],
    ),
]


@pytest.mark.parametrize(("text", "files", "expected"), BAD, ids=[str(index) for index in range(len(BAD))])
def test_what_is_wrong_with_apps(text: str, files: dict[str, str], expected: list[str]) -> None:
    assert problems({**files, "promoter.yaml": HEAD + text}) == expected
