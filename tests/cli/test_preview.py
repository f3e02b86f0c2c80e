"""`promoter preview` at a terminal: what it says, what it prints as JSON, and its exit codes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.fleet import CONFIG, Fleet
from tests.plan.report.schemas import check
from tests.repos import commit_files


@pytest.fixture
def shown(fleet: Fleet) -> Fleet:
    """A fleet that has previews."""
    commit_files(fleet.repo, "main", {"promoter.yaml": f"{CONFIG}previews: {{keep: 2d}}\n"}, "Have previews")
    return fleet


def test_create_list_delete(shown: Fleet) -> None:
    made = shown.ok("preview", "create", "login", "shop", "1.5.0")
    assert made.splitlines()[1:] == ["  namespace shop-login"]
    assert made.startswith("login of shop created: dev at ")
    assert shown.ok("preview", "create", "login", "shop", "1.5.0").startswith("login of shop is there already, just so")
    shown.later(minutes=90)
    rows = shown.ok("preview", "list").splitlines()
    assert rows[0].split() == ["preview", "app", "from", "age", "ends", "by", "runs"]
    assert " ".join(rows[1].split()) == "login shop dev 1h in 1d kim shop 1.5.0, shop-login"
    assert rows[2] == "1 of at most 20."
    assert shown.ok("preview", "archive", "login").startswith("login of shop archived")
    assert shown.ok("preview", "list").splitlines()[1].split()[4] == "archived"
    assert shown.ok("preview", "restore", "login").startswith("login of shop restored")
    assert shown.ok("preview", "update", "login", "--image", "ghcr.io/acme/shop=1.6.0").startswith(
        "login of shop updated"
    )
    assert shown.ok("preview", "delete", "login").startswith("login of shop deleted")
    assert shown.ok("preview", "list") == "No previews.\n"


def test_as_json(shown: Fleet) -> None:
    made = shown("preview", "create", "login", "cart", "--until", "4h", "--json").json
    assert made["schema"] == "promoter.previewed/v1"
    (one,) = made["previews"]
    assert (one["event"], one["changed"], one["namespace"], one["images"]) == ("create", True, "cart-login", {})
    listed = shown("preview", "list", "--json").json
    check("previews", listed)
    assert (listed["schema"], listed["previews"][0]["name"]) == ("promoter.previews/v1", "login")
    assert listed["previews"][0]["ends"] == "2026-11-20T18:05:00Z"


def test_the_keys_that_can_be_set(shown: Fleet) -> None:
    there = shown("preview", "keys", "shop", "--json").json["keys"]
    image = "Deployment/shop:spec.template.spec.containers[name=main].image"
    assert there[image] == "ghcr.io/acme/shop:1.0.0"
    assert image in shown.ok("preview", "keys", "shop")
    assert shown.ok("preview", "create", "x", "shop", "--set", f"{image}=ghcr.io/acme/shop:9")


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["create", "login"], 2, "which app?"),
        (["create", "login", "shop", "--set", "x"], 2, "x is not KEY=VALUE"),
        (["create", "login", "shop", "--image", "shop="], 2, "shop= is not NAME=TAG"),
        (["create", "login", "shop", "r4"], 2, "a preview is made of versions"),
        (["create", "login", "shop", "prod", "dev"], 2, "a preview is a copy of one environment"),
        (["archive", "login"], 2, "there is no preview login"),
        (["create", "../main", "shop"], 2, "'../main' cannot be the name of a preview"),
    ],
)
def test_what_makes_no_sense(shown: Fleet, argv: list[str], code: int, said: str) -> None:
    before = shown.repo.refs()
    answer = shown("preview", *argv)
    assert (answer.code, said in answer.err) == (code, True)
    assert shown.repo.refs() == before


def test_without_previews_in_the_config(fleet: Fleet) -> None:
    said = fleet("preview", "list")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: this repository has no previews")


def test_of_several_apps_what_fails_says_what_was_done(shown: Fleet) -> None:
    made = shown.ok("preview", "create", "login", "shop", "cart")
    assert made.startswith("login of shop created")
    assert [one["app"] for one in shown("preview", "archive", "login", "--json").json["previews"]] == ["cart", "shop"]
    said = shown("preview", "create", "other", "cart", "shop", "staging")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: cart has no environment staging")
    said = shown("preview", "create", "other", "shop", "cart", "staging")
    assert said.err.splitlines()[0] == "promoter: cart has no environment staging (done before that: shop)"
    assert shown.ok("preview", "restore", "login", "shop").startswith("login of shop restored")


PAGE = Path(__file__).parents[2] / "docs" / "previews.md"
PRINTED = re.compile(r"^<!-- from a shop -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEX = re.compile(r"\b[0-9a-f]{7}\b")
BASE = {
    "kustomization.yaml": "resources: [app.yaml, ingress.yaml]\n"
    "configMapGenerator: [{name: settings, literals: [LEVEL=info]}]\n",
    "app.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: main
          image: ghcr.io/acme/shop:1.4.2
          env: [{name: PUBLIC_URL, value: "https://shop.dev.example.com/start"}]
""",
    "ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\n"
    "spec: {rules: [{host: shop.dev.example.com}]}\n",
}


def test_the_page_shows_what_is_printed(fleet: Fleet) -> None:
    page = PAGE.read_text("utf-8")
    config = page[page.index("# promoter.yaml\n") : page.index("```", page.index("# promoter.yaml\n"))]
    overlay = "namespace: shop-dev\nresources: [../../base]\nimages: [{name: ghcr.io/acme/shop, newTag: 1.4.2}]\n"
    files = {f"apps/shop/base/{name}": text for name, text in BASE.items()}
    files |= {f"apps/shop/overlays/{name}/kustomization.yaml": overlay for name in ("dev", "staging", "prod")}
    commit_files(fleet.repo, "main", {**files, "promoter.yaml": config}, "The shop of the page")
    shown = [line for block in PRINTED.findall(page) for line in block.splitlines()]
    assert len(shown) > 20
    printed: list[str] = []
    for line in shown:
        if line.startswith("$ promoter "):
            assert not printed
            printed = [*fleet.ok(*shlex.split(line)[2:]).splitlines()]
        elif line == "...":
            printed = []
        else:
            assert HEX.sub("X", printed.pop(0)) == HEX.sub("X", line)
    assert not printed
