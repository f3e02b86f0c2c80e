"""Good configs and what they come to."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from promoter.model.names import Branch
from promoter.model.snapshot import Slot
from promoter.policy.gates.approvals import Approvals, Rule
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.rules import (
    Accept,
    After,
    Config,
    Freeze,
    Layout,
    Live,
    Newer,
    OnFailure,
    Promote,
    PullRules,
    Render,
    Rules,
    Verify,
)
from tests.policy.trees import load_files, overlays

ALLOW = {
    **dict.fromkeys(("promote", "rollback", "hold", "resume", "skip", "retry", "preview"), ("write",)),
    **dict.fromkeys(("override", "hotfix"), ("maintain",)),
}

SMALLEST = """\
version: 1
environments: [dev, staging, prod]
apps: {shop: "apps/shop/overlays/{environment}"}
live: none
"""

SIGNER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKwHuq9dsAjp"


def config(text: str, *apps: str, environments: tuple[str, ...] = ("dev", "staging", "prod"), **more: str) -> Config:
    files = {"promoter.yaml": text, **{f"policies/{name}.yaml": body for name, body in more.items()}}
    for app in apps:
        files |= overlays(app, *environments)
    return load_files(files).config


def test_the_smallest_config_with_every_default() -> None:
    made = config(SMALLEST, "shop")
    assert made.environments == ("dev", "staging", "prod")
    shop = made.apps["shop"]
    assert shop.environments == {
        name: Rules(After(before), allow=ALLOW, clusters=(name,))
        for name, before in (("dev", ()), ("staging", ("dev",)), ("prod", ("staging",)))
    }
    assert shop.slots["prod"] == Slot(
        "shop", "prod", Branch("main"), "apps/shop/overlays/prod", Branch("promoter/prod/shop"), in_place=True
    )
    assert shop.source("prod") == "apps/shop/overlays/prod"
    assert (made.layout, made.timezone, made.open_pull_requests, made.dry_commit) == (None, "UTC", 50, "push")
    assert (made.ledger, made.signers, made.all_or_nothing, made.interchange) == (
        "promoter-ledger/{app}",
        (),
        False,
        "",
    )


EVERYTHING = """\
version: 1
environments:
  - name: dev
    promote: commit
    newer: queue
  - name: prod
    after: [dev]
    promote: request
    newer: wait
    accept: {semver: ">=1.0.0 <2", tags: '^\\d+'}
    gates: {checks: {lint: {from: [ci]}}, approvals: {count: 2, from: ["team:sre", codeowners], authors: true}}
    verify: {health: false, soak: 1h30m, within: 2d, on_failure: rollback, checks: [e2e]}
    rollback: review
    clusters: [eu-1, eu-2]
    live: {files: "status/{cluster}/"}
    allow: {override: ["team:sre"]}
    pull_request: {labels: [production], reviewers: [codeowners]}
apps:
  shop:
    path: apps/shop/overlays/{environment}
    images:
      ghcr.io/acme/{app}: {semver: ">=1", tags: '^v', also: ["eu.gcr.io/{app}"], file: v.yaml, key: "{app}.tag"}
    charts: [podinfo]
    values: [replicas]
    files: ["config/*.json"]
    render: {helm: {chart: /charts/shop, values: [a.yaml, "{environment}.yaml"], single: true}}
    object: Kustomization/flux-system/{app}-{environment}
live: {kubernetes: {context: "{cluster}"}}
layout: {branch: "environment/{environment}", path: "./{app}/"}
tools: {kustomize: v5.8.1, helm: 4.2.3}
timezone: Europe/Berlin
freeze: [{from: 2026-12-20, until: 2027-01-04, environments: [pro*], reason: Year end}]
limits: {open_pull_requests: 7}
dry: {commit: pull_request}
names: {ledger: "ledger/{app}"}
ledger: {signers: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKwHuq9dsAjp"]}
render: {all_or_nothing: true}
interchange: hydrator
"""


def test_everything() -> None:
    made = config(EVERYTHING, "shop", environments=("dev", "prod"))
    assert made.apps["shop"].environments["prod"] == Rules(
        After(("dev",)),
        Promote.REQUEST,
        Newer.WAIT,
        Accept(">=1.0.0 <2", r"^\d+"),
        (Approvals((Rule(2, ("team:sre", "codeowners"), True),)), Checks((Wanted("lint", ("ci",)),))),
        Verify(False, timedelta(minutes=90), timedelta(days=2), OnFailure.ROLLBACK, (Checks((Wanted("e2e"),)),)),
        Promote.REVIEW,
        {**ALLOW, "override": ("team:sre",)},
        ("eu-1", "eu-2"),
        Live("files", {"path": "status/{cluster}"}),
        PullRules(("production",), ("codeowners",)),
    )
    assert made.apps["shop"].environments["dev"].live == Live("kubernetes", {"context": "{cluster}"})
    shop = made.apps["shop"]
    (image,) = shop.tracked.images
    assert (image.name, image.also, image.key, image.file) == (
        "ghcr.io/acme/shop",
        ("eu.gcr.io/shop",),
        "shop.tag",
        "v.yaml",
    )
    assert [chart.name for chart in shop.tracked.charts] == ["podinfo"]
    assert (shop.tracked.values, shop.tracked.files) == (("replicas",), ("config/*.json",))
    assert shop.render == Render(
        "helm", {"chart": "/charts/shop", "values": ("a.yaml", "{environment}.yaml"), "single": "true"}
    )
    assert shop.object == "Kustomization/flux-system/shop-{environment}"
    assert made.layout == Layout("environment/{environment}", "./{app}/")
    assert shop.slots["dev"] == Slot(
        "shop", "dev", Branch("environment/dev"), "shop", Branch("environment/dev-next/shop"), in_place=False
    )
    assert made.tools == {"kustomize": "5.8.1", "helm": "4.2.3"}
    assert made.freeze == (Freeze(date(2026, 12, 20), date(2027, 1, 4), ("pro*",), "Year end"),)
    assert (made.open_pull_requests, made.dry_commit, made.ledger) == (7, "pull_request", "ledger/{app}")
    assert (made.signers, made.all_or_nothing, made.interchange) == (
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKwHuq9dsAjp",),
        True,
        "hydrator",
    )


@pytest.mark.parametrize(
    ("written", "kind", "settings"),
    [
        ("none", "none", {}),
        ("{files: status}", "files", {"path": "status"}),
        ("{kubernetes: {context: a}}", "kubernetes", {"context": "a"}),
        (
            '{commit_status: "{environment}/*", from: [bot]}',
            "commit_status",
            {"name": "{environment}/*", "from": ("bot",)},
        ),
        ("{deployments: [bot]}", "deployments", {"from": ("bot",)}),
    ],
)
def test_live(written: str, kind: str, settings: dict[str, object]) -> None:
    made = config(SMALLEST.replace("live: none", f"live: {written}"), "shop")
    assert made.apps["shop"].environments["dev"].live == Live(kind, settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "render"),
    [
        ("helm", Render("helm")),
        ("[make, all]", None),
        ("{command: [make, all]}", Render("command", {"run": ("make", "all")})),
        (
            "{command: {run: [make], inputs: [lib], output: out}}",
            Render("command", {"inputs": ("lib",), "output": "out", "run": ("make",)}),
        ),
        ("{kustomize: {single: true}}", Render("kustomize", {"single": "true"})),
        ("{helm: {values: []}}", Render("helm", {"values": ()})),
    ],
)
def test_render(written: str, render: Render | None) -> None:
    text = SMALLEST.replace(
        '"apps/shop/overlays/{environment}"', f"{{path: 'apps/shop/overlays/{{environment}}', render: {written}}}"
    )
    if render is None:
        with pytest.raises(Exception, match=r"apps\.shop\.render: must be a mapping, not a list"):
            config(text, "shop")
    else:
        assert config(text, "shop").apps["shop"].render == render


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("[a, b, c]", {"a": (), "b": ("a",), "c": ("b",)}),
        ("[a, b, {name: c, after: a}]", {"a": (), "b": ("a",), "c": ("a",)}),
        ("[{name: c, after: [a, b]}, {name: a, after: []}, {name: b, after: []}]", {"a": (), "b": (), "c": ("a", "b")}),
        ("[a, {name: b, after: []}, {name: c, after: {any: [a, b]}}]", {"a": (), "b": (), "c": ("a", "b")}),
    ],
)
def test_the_order(written: str, after: dict[str, tuple[str, ...]]) -> None:
    text = f"version: 1\nlive: none\nenvironments: {written}\napps: {{s: 'apps/s/overlays/{{environment}}'}}\n"
    made = config(text, "s", environments=("a", "b", "c"))
    rules = made.apps["s"].environments
    assert {name: rule.after.names for name, rule in rules.items()} == after
    assert {name for name, rule in rules.items() if rule.after.any} == ({"c"} if "any" in written else set())
    assert made.environments == tuple(rules)
    for index, name in enumerate(made.environments):
        assert set(rules[name].after.names) <= set(made.environments[:index])


def test_nearest_wins_key_by_key() -> None:
    text = """\
version: 1
live: none
environments:
  - {name: dev, verify: {soak: 1m}}
  - name: prod
    policy: production
    verify: {within: 5m}
    gates: {checks: [own]}
apps:
  group:
    path: apps/{app}/overlays/{environment}
    newer: wait
    environments: {prod: {promote: request, verify: {soak: 5h}}}
  a: {newer: queue}
  b: {environments: {"*": {gates: {approvals: 3}}, p*: {gates: {checks: []}, policy: strict}}}
"""
    production = (
        "promote: auto\ngates: {checks: [policy], approvals: 1}\nverify: {soak: 4h, within: 1m, on_failure: rollback}\n"
    )
    strict = "promote: review\nverify: {soak: 24h}\nallow: {skip: [admin]}\n"
    made = config(text, "a", "b", "c", environments=("dev", "prod"), production=production, strict=strict)
    hours = {app: rules.environments["prod"].verify.soak / timedelta(hours=1) for app, rules in made.apps.items()}
    assert hours == {"a": 5, "b": 24, "c": 5}
    a, b, c = (made.apps[app].environments for app in "abc")
    assert (a["prod"].newer, c["prod"].newer, a["dev"].newer) == (Newer.QUEUE, Newer.WAIT, Newer.QUEUE)
    assert (c["prod"].promote, b["prod"].promote) == (Promote.REQUEST, Promote.REVIEW)
    assert c["prod"].gates == (Approvals((Rule(1),)), Checks((Wanted("own"),)))
    assert b["prod"].gates == (Approvals((Rule(3),)),)
    assert b["dev"].gates == (Approvals((Rule(3),)),)
    assert c["prod"].verify.within == b["prod"].verify.within == timedelta(minutes=5)
    assert c["prod"].verify.on_failure is OnFailure.ROLLBACK
    assert b["prod"].allow["skip"] == ("admin",)
    assert c["prod"].allow == ALLOW
    assert c["dev"].verify.soak == timedelta(minutes=1)


def test_origins_say_who_says_so() -> None:
    text = """\
version: 1
live: none
environments:
  - dev
  - name: prod
    policy: production
    clusters: [eu-1, eu-2]
  - {name: us, after: dev}
timezone: Europe/Berlin
freeze: [{from: 2026-12-20, until: 2027-01-04, environments: [prod], reason: Year end}]
apps:
  services:
    path: apps/{app}/overlays/{environment}
    images: ["ghcr.io/acme/{app}"]
  payments:
    environments:
      prod: {gates: {approvals: [{count: 1, from: ["team:sre"]}, {count: 1, from: [codeowners]}]}}
"""
    files = {
        "promoter.yaml": text,
        "policies/production.yaml": "promote: auto\nverify:\n  soak: 24h\n",
        **overlays("payments", "dev", "prod", "us"),
    }
    origins = load_files(files).origins
    found = {one.key: (one.value, one.where) for one in origins.of("payments", "prod")}
    assert found["after"] == ("dev", "promoter.yaml:5 (list order)")
    assert found["promote"] == ("auto", "policies/production.yaml:1")
    assert found["verify.soak"] == ("24h", "policies/production.yaml:3")
    assert found["verify.within"] == ("1h", "default")
    assert found["gates.approvals"] == ("1 from team:sre and 1 from codeowners", "promoter.yaml:17")
    assert found["rollback"] == ("auto", "default")
    assert found["clusters"] == ("eu-1, eu-2", "promoter.yaml:7")
    assert found["live"] == ("none", "promoter.yaml:2")
    assert found["freeze"] == ('2026-12-20 to 2027-01-04 "Year end"', "promoter.yaml:10")
    assert found["timezone"] == ("Europe/Berlin", "promoter.yaml:9")
    assert found["path"] == ("apps/payments/overlays/{environment}", "promoter.yaml:13")
    assert found["images"] == ("ghcr.io/acme/payments", "promoter.yaml:14")
    assert found["allow.override"] == ("maintain", "default")
    us = {one.key: (one.value, one.where) for one in origins.of("payments", "us")}
    assert us["after"] == ("dev", "promoter.yaml:8")
    assert "freeze" not in us
    with pytest.raises(KeyError):
        origins.of("payments", "nowhere")


def test_an_app_that_leaves_environments_out() -> None:
    text = SMALLEST.replace('{shop: "apps/shop/overlays/{environment}"}', "{s: {path: x, environments: [dev, prod]}}")
    text = text.replace("path: x", 'path: "apps/s/overlays/{environment}"')
    loaded = load_files({"promoter.yaml": text, **overlays("s", "dev", "prod")})
    assert {name: rules.after.names for name, rules in loaded.config.apps["s"].environments.items()} == {
        "dev": (),
        "prod": ("dev",),
    }
    assert loaded.origins.of("s", "prod")[0].where == (
        "promoter.yaml:2 (list order), without the environments that the app leaves out"
    )


def test_a_file_edited_in_place_and_the_root() -> None:
    text = "version: 1\nlive: none\nenvironments: [dev]\napps: {one: versions.yaml, two: {path: '.', images: [x]}}\n"
    made = load_files({"promoter.yaml": text, "versions.yaml": ""}).config
    assert {name: app.slots["dev"].path for name, app in made.apps.items()} == {"one": "versions.yaml", "two": ""}


def test_one_thousand_apps_are_loaded_fast() -> None:
    environments = ("dev", "test", "staging", "prod-eu", "prod-us")
    text = """\
version: 1
environments: [dev, test, staging, {name: prod-eu, verify: {soak: 1h}}, prod-us]
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
live: none
apps: {services: {path: "apps/{app}/overlays/{environment}", images: ["ghcr.io/acme/{app}"]}}
"""
    files = {"promoter.yaml": text}
    for number in range(1000):
        files |= overlays(f"app-{number}", *environments)
    start = time.process_time()
    made = load_files(files).config
    assert time.process_time() - start < 2
    assert sum(len(app.slots) for app in made.apps.values()) == 5000
    assert len({id(app.environments["dev"]) for app in made.apps.values()}) == 1
