"""explain, history, diff, config, schema: what only looks."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from promoter.cli.schemas import REPORTS
from promoter.git.ref import RefUpdate
from promoter.model.forge import PullText
from promoter.model.names import Branch
from tests.cli.fleet import CONFIG, MANIFEST, Fleet, make_fleet
from tests.plan.report.schemas import check
from tests.repos import commit_files, head


def test_explain(running: Fleet) -> None:
    assert running.ok("explain", "prod", "shop") == (
        "shop r1 (1.4.2) waits in prod, since 20 Nov 15:05 (0 s)\n"
        "\n"
        "  ok       order      verified in staging, 20 Nov 15:05\n"
        "  wait     approvals  0 of 1 from anybody with write\n"
        "  wait     merge      a person merges it, or says promoter promote\n"
        "\n"
        "Who can act now: somebody with write approves\n"
        "                 somebody with write says promoter promote shop prod, or merges\n"
    )
    check("explain", running("explain", "shop", "prod", "--json").json)
    assert running.ok("explain", "shop", "prod", "--markdown").startswith("<!-- promoter:explain -->\n**shop r1")


def test_explain_needs_one_place(running: Fleet) -> None:
    assert running("explain", "shop").err == "promoter: which environment?\n  name one of dev, staging, prod\n"
    assert running("explain", "shop", "dev", "r1").code == 2
    assert running("explain", "cart", "staging").err == (
        "promoter: cart does not go to staging\n  it goes to dev, prod\n"
    )


def test_history(running: Fleet) -> None:
    assert running.ok("history", "shop") == (
        "RELEASE  VERSION  MADE          BY   dev                    staging                prod\n"
        "r1       1.4.2    20 Nov 15:05  kim  20 Nov 15:05 verified  20 Nov 15:05 verified\n"
    )
    out = running.ok("history", "shop", "1.4.2")
    assert out.startswith("shop r1 (1.4.2): made 20 Nov 15:05 by kim from ")
    assert "\n  ghcr.io/acme/shop  1.0.0  -> 1.4.2\n" in out
    assert out.endswith("  staging  20 Nov 15:05  verified 20 Nov 15:05: merged; nothing looks\n")
    check("history", running("history", "shop", "--json").json)
    assert running("history", "shop", "--limit", "0").code == 2


def test_history_before_the_first_release(fleet: Fleet) -> None:
    said = fleet("history", "shop")
    assert (said.code, said.err) == (
        2, "promoter: shop has no releases yet\n  make one: promoter release shop VERSION\n",
    )  # fmt: skip


def test_diff_of_what_is_proposed(running: Fleet) -> None:
    assert running.ok("diff", "shop", "prod").startswith(
        "--- nothing in prod\n+++ shop 1.4.2 (r1) in prod\n# deployment-shop.yaml (added)\n+apiVersion: apps/v1\n"
    )


def test_diff_of_two_environments_is_in_the_order_of_the_words(running: Fleet) -> None:
    out = running.ok("diff", "shop", "dev", "staging")
    assert out.startswith("--- shop 1.4.2 (r1) in dev\n+++ shop 1.4.2 (r1) in staging\n")
    assert "\n-metadata: {name: shop, namespace: dev}\n+metadata: {name: shop, namespace: staging}\n" in out
    assert running.ok("diff", "staging", "shop", "dev").startswith("--- shop 1.4.2 (r1) in staging\n")


def test_diff_of_two_releases(running: Fleet) -> None:
    running.ok("release", "shop", "1.4.3")
    said = running("diff", "shop", "r1", "r2", "dev", "--exit-code")
    assert said.code == 10
    assert '1.4.2"}\n+        - {name: main, image: "ghcr.io/acme/shop:1.4.3' in said.out
    same = running("diff", "shop", "r1", "r1", "dev", "--exit-code", "--json")
    assert (same.code, same.json["same"]) == (0, True)


def test_diff_of_values_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = CONFIG.replace(
        'layout: {branch: "environment/{environment}", path: "{app}"}\ntools: {kustomize: 5.8.1}\n', ""
    )
    fleet = make_fleet(tmp_path, capsys, config)
    fleet.ok("adopt", "shop")
    fleet.ok("release", "shop", "1.4.2")
    assert fleet.ok("diff", "shop", "dev", "r1") == (
        "--- shop r0 in dev\n"
        "+++ shop 1.4.2 (r1) in dev\n"
        "-image:ghcr.io/acme/shop 1.0.0\n"
        "+image:ghcr.io/acme/shop 1.4.2\n"
    )


@pytest.mark.parametrize("argv", [["shop"], ["shop", "dev"], ["shop", "dev", "staging", "r1"], ["shop", "r7", "dev"]])
def test_diff_of_nothing_in_particular(running: Fleet, argv: list[str]) -> None:
    assert running("diff", *argv).code == 2


def test_config_is_checked(fleet: Fleet) -> None:
    assert fleet.ok("config") == "valid: 2 apps, 3 environments\n"
    assert fleet("config", "--json").json["apps"] == ["shop", "cart"]


def test_config_tells_what_holds_and_who_says_so(fleet: Fleet) -> None:
    out = fleet.ok("config", "shop", "prod")
    assert out.startswith("shop in prod\n  after              staging ")
    assert "\n  gates.approvals    1 from anybody with write            promoter.yaml:9\n" in out
    rules = fleet("config", "shop", "prod", "--json").json["rules"]
    assert {"key": "live", "value": "none", "where": "promoter.yaml:5"} in rules


def test_config_of_this_folder_shows_every_problem(tmp_path: Path, fleet: Fleet) -> None:
    work = tmp_path / "work"
    (work / "shop").mkdir(parents=True)
    (work / "promoter.yaml").write_text(CONFIG.replace("promote: auto", "promoet: auto"))
    said = fleet("--repo", str(work), "config", "--here")
    assert (said.code, said.out) == (3, "")
    assert said.err.count("did you mean promote?") == 2
    for app, environment in (("shop", "dev"), ("shop", "staging"), ("shop", "prod"), ("cart", "dev"), ("cart", "prod")):
        (work / app / environment).mkdir(parents=True)
        (work / app / environment / "app.yaml").write_text(MANIFEST.format(app=app, environment=environment))
    (work / "promoter.yaml").write_text(CONFIG)
    assert fleet("--repo", str(work), "config", "--here").out == "valid: 2 apps, 3 environments\n"


@pytest.mark.parametrize("name", [*REPORTS, "config", "policy"])
def test_every_schema_stands_on_its_own(fleet: Fleet, name: str) -> None:
    schema = fleet("schema", name).json
    jsonschema.Draft202012Validator.check_schema(schema)
    wanted = {part.partition('"')[0] for part in json.dumps(schema).split('"#/$defs/')[1:]}
    assert wanted <= set(schema.get("$defs", {}))
    assert "parts.v1" not in json.dumps(schema)


def test_a_schema_that_is_not_there(fleet: Fleet) -> None:
    assert fleet("schema", "x").code == 2


def test_what_merging_a_pull_request_would_reach(fleet: Fleet) -> None:
    fleet.ok("run")
    fleet.repo.update([RefUpdate("refs/heads/feature", None, head(fleet.repo))])
    commit_files(fleet.repo, "feature", {"docs.md": "x"}, "Say more")
    pull = fleet.forge.open_as("kim", Branch("feature"), Branch("main"), PullText("More", ""), fleet.now)
    before = fleet.repo.refs()
    assert "merging this changes no app" in fleet.ok("explain", "--pull", str(pull.number))
    assert fleet.repo.refs() == before
