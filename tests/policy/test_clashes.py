"""What cannot stand beside each other."""

from __future__ import annotations

import pytest

from tests.policy.trees import problems

HEAD = "version: 1\nlive: none\nenvironments: [dev, prod]\n"
TOOLS = "tools: {kustomize: 5.8.1}\n"
NOT_BOTH = "cannot both be branches: Git keeps no branch below another"

CASES = [
    (
        "apps: {a: x, b: x}\n",
        [
            "promoter.yaml:4:apps.a: dev and prod would both move every image of a in x; put {environment} into "
            "its path",
            "promoter.yaml:4:apps.b: a and b both own every image in x",
        ],
    ),
    (
        "apps: {a: {path: 'x/{environment}', images: [i, j]}, b: {path: 'x/{environment}', images: [j]}}\n",
        ["promoter.yaml:4:apps.b.path: a and b both own image j in x/dev"],
    ),
    ("apps: {a: {path: 'x/{environment}', images: [i]}, b: {path: 'x/{environment}', images: [j]}}\n", []),
    (
        "apps: {a: {path: x, images: {i: {file: v.yaml, key: '{environment}.tag'}}}}\n",
        [],
    ),
    (
        "apps: {a: {path: x, images: {i: {file: v.yaml, key: tag}}}}\n",
        [
            "promoter.yaml:4:apps.a.path: dev and prod would both move image i of a in x; put {environment} "
            "into its path"
        ],
    ),
    (
        "apps: {a: {path: 'x/{environment}', values: [replicas]}, b: {path: 'x/{environment}', values: [replicas]}}\n",
        ["promoter.yaml:4:apps.b.path: a and b both own value replicas in x/dev"],
    ),
    (
        TOOLS
        + 'apps: {a: "x/{environment}", b: "x/{environment}"}\nlayout: {branch: "{environment}", path: "{app}"}\n',
        [],
    ),
    (
        TOOLS
        + 'apps: {a: "x/{environment}", b: "x/{environment}"}\nlayout: {branch: "e/{environment}/{app}", path: ""}\n',
        [],
    ),
    (
        TOOLS + 'apps: {a: "x/{environment}"}\nlayout: {branch: "main/{environment}", path: ""}\n',
        [
            f"promoter.yaml:6:layout.branch: main (the dry branch) and main/dev (the active branch of a in dev) "
            f"{NOT_BOTH}",
        ],
    ),
    (
        TOOLS + 'apps: {a: "x/{environment}"}\nlayout: {branch: "promoter/{environment}/a", path: ""}\n',
        [],
    ),
    (
        TOOLS
        + 'apps: {a: "x/{environment}"}\nlayout: {branch: deploy, path: "{environment}"}\n'
        + 'names: {ledger: "promoter/dev/{app}"}\n',
        ["promoter.yaml:6:layout.branch: promoter/dev/a would be the proposal branch of a in dev and the ledger of a"],
    ),
    (
        TOOLS
        + 'apps: {a: "x/{environment}"}\nlayout: {branch: "e/{environment}", path: ""}\n'
        + 'names: {ledger: "e/dev/{app}"}\n',
        [
            f"promoter.yaml:6:layout.branch: e/dev (the active branch of a in dev) and e/dev/a (the ledger of "
            f"a) {NOT_BOTH}"
        ],
    ),
    (
        TOOLS + 'apps: {a: "x/{environment}"}\nlayout: {branch: "a b/{environment}", path: ""}\n',
        [
            "promoter.yaml:6:layout.branch: 'a b/dev', the active branch of a in dev, is no branch name that Git takes",
            "promoter.yaml:6:layout.branch: 'a b/dev-next', the proposal branch of a in dev, is no branch name "
            "that Git "
            "takes",
            "promoter.yaml:6:layout.branch: 'a b/prod', the active branch of a in prod, is no branch name that "
            "Git takes",
            "promoter.yaml:6:layout.branch: 'a b/prod-next', the proposal branch of a in prod, is no branch name that "
            "Git takes",
        ],
    ),
    (
        'apps: {a: "x/{environment}", b: {path: "x/{environment}", images: [i]}}\nnames: {ledger: ledger}\n',
        ["promoter.yaml:5:names.ledger: {app} is missing: every app has a ledger of its own"],
    ),
    (
        'apps: {a: "x/{environment}"}\nnames: {ledger: "promoter"}\n',
        [
            "promoter.yaml:5:names.ledger: promoter (the ledger of a) and promoter/dev/a (the proposal branch of a in "
            f"dev) {NOT_BOTH}"
        ],
    ),
    (
        TOOLS + 'apps: {a: "x/{environment}"}\nlayout: {branch: "e/{environment}", path: "_group/{app}"}\n',
        [
            f"promoter.yaml:6:layout.branch: e/{env}-next/_group/a, the proposal branch of a in {env}, is in a folder "
            "_group: those hold what several apps propose together"
            for env in ("dev", "prod")
        ],
    ),
    (
        'apps: {a: "x/{environment}"}\nnames: {ledger: "promoter/dev/_group/{app}"}\n',
        [
            "promoter.yaml:5:names.ledger: promoter/dev/_group/a, the ledger of a, is in a folder _group: those hold "
            "what several apps propose together"
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[str(index) for index in range(len(CASES))])
def test_clashes(text: str, expected: list[str]) -> None:
    files = {"promoter.yaml": HEAD + text, "x/dev/k.yaml": "", "x/prod/k.yaml": ""}
    assert problems(files) == expected


def test_an_environment_named_like_the_next_of_another() -> None:
    text = """\
version: 1
live: none
environments: [dev, dev-next]
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
apps: {a: "x/{environment}"}
"""
    assert problems({"promoter.yaml": text, "x/dev/k.yaml": "", "x/dev-next/k.yaml": ""}) == [
        "promoter.yaml:4:layout.branch: environment/dev-next (the active branch of a in dev-next) and "
        f"environment/dev-next/a (the proposal branch of a in dev) {NOT_BOTH}"
    ]


def test_the_dry_branch_is_the_one_that_is_given() -> None:
    text = """\
version: 1
live: none
environments: [dev]
layout: {branch: "trunk", path: "{app}"}
tools: {kustomize: 5.8.1}
apps: {a: x}
"""
    files = {"promoter.yaml": text, "x/k.yaml": ""}
    assert problems(files, dry="main") == []
    assert problems(files, dry="trunk") == [
        "promoter.yaml:4:layout.branch: rendered manifests need a branch beside trunk, which holds what they are made "
        "from"
    ]
    files["promoter.yaml"] = text.replace('"trunk"', '"{environment}"')
    assert problems(files, dry="main") == []
    assert problems(files, dry="dev") == [
        "promoter.yaml:4:layout.branch: dev would be the dry branch and the active branch of a in dev; rendered "
        "manifests need a branch beside it"
    ]


def test_many_clashes_are_counted_not_listed() -> None:
    apps = ", ".join(f"app{number}: {{path: x}}" for number in range(40))
    text = f"version: 1\nlive: none\nenvironments: [dev]\napps: {{{apps}}}\n"
    found = problems({"promoter.yaml": text, "x/k.yaml": ""})
    assert len(found) == 11
    assert "and 29 more like these" in " ".join(found)
