"""Objects of a real repository, judged by the real conftest with policies of the branch that people edit."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.objects.engines import Conftest
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.policy.objects.cases import CONFIG, DEPLOYMENT
from tests.repos import commit_files
from tests.run.shops import RENDERED, Shop, make_shop

PROGRAM = Path(__file__).parents[3] / ".tools" / "bin" / "conftest"
FEW = """\
package main

import data.limits

deny contains msg if {
	input.kind == "Deployment"
	input.spec.replicas > limits.replicas
	msg := sprintf("has %d replicas, at most %d may be", [input.spec.replicas, limits.replicas])
}

warn contains "has no team" if not input.metadata.labels.team
"""
LIMITS = "limits:\n  replicas: {}\n"
WANTED = Conftest(("policies/rego",), ("policies/data",))


@pytest.fixture(autouse=True)
def _there() -> None:
    assert PROGRAM.exists(), "run `make tools`"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("PROMOTER_TEST_TOKEN", "s3cret")
    monkeypatch.setenv("PATH", str(PROGRAM.parent), prepend=":")
    return make_shop(tmp_path, files={"policies/rego/few.rego": FEW, "policies/data/limits.yaml": LIMITS.format(2)})


def ask(shop: Shop, files: dict[str, str], wanted: Conftest = WANTED) -> Reply:
    head = commit_files(shop.repo, "proposed", {f"shop/{name}": text for name, text in files.items()}, "Propose")
    one = Ask("manifests", "conftest", "shop", "prod", 41, "", Oid("d" * 40), head, wanted)
    return find_out(shop.workspace(), shop.look(), [one])[one]


def test_every_object_is_judged(shop: Shop) -> None:
    labelled = DEPLOYMENT.replace("app: shop}}\nspec", "app: shop, team: a}}\nspec")
    assert ask(shop, {"a.yaml": labelled}) == Reply(Answer.SUCCESS, "2 rules tried")
    files = {"a.yaml": f"{labelled}---\n{CONFIG}", "README.md": "x"}
    words = "4 rules tried; warning: ConfigMap/shop: has no team"
    assert ask(shop, files) == Reply(Answer.SUCCESS, words)
    files["b/c.yml"] = labelled.replace("replicas: 2", "replicas: 3").replace("name: shop,", "name: big,")
    assert ask(shop, files) == Reply(Answer.FAILURE, "Deployment/big: has 3 replicas, at most 2 may be")


def test_the_change_brings_no_policy_of_its_own(shop: Shop) -> None:
    """Not in the slot, not on the proposal's branch, not as a setting of conftest; only the tip's policies count."""
    files = {"a.yaml": DEPLOYMENT.replace("replicas: 2", "replicas: 3")}
    own = {"policies/rego/few.rego": "package main\n", "conftest.toml": 'namespace = "other"\n'}
    assert ask(shop, {**files, **own}).answer is Answer.FAILURE
    shop.commit({"policies/data/limits.yaml": LIMITS.format(3)})
    assert ask(shop, files).answer is Answer.SUCCESS


BROKEN = [
    ("package main\n\ndeny contains msg if { nope(", "conftest failed (exit 1): Error: running test: load: loading"),
    ("package other\n\ndeny contains \"x\" if true", "conftest tried no rule of the package main; name the packages"),
    (
        "package main\n\ndeny contains msg if msg := sprintf(\"%d\", [1 / (input.spec.replicas - 2)])",
        "conftest failed (exit 1): Error: running test: query rule: check: query rule: built-in error: "
        "[{Code:eval_builtin_error Message:div: divide by zero Location:policy/0/policies/rego/few.rego:3}]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "words"), BROKEN)
def test_a_policy_that_cannot_be_used_is_unknown(shop: Shop, policy: str, words: str) -> None:
    shop.commit({"policies/rego/few.rego": policy})
    reply = ask(shop, {"a.yaml": DEPLOYMENT})
    assert (reply.answer, reply.reason[: len(words)]) == (Answer.UNKNOWN, words)
    assert ask(shop, {"a.yaml": DEPLOYMENT}) == reply


UNREADABLE = [
    ({"a.yaml": CONFIG}, Conftest(("gone",)), "gone does not exist on main"),
    ({"a.yaml": CONFIG}, Conftest(("policies/rego",), ("gone",)), "gone does not exist on main"),
    ({"a.yaml": CONFIG}, Conftest(("policies/data",)), "conftest failed (exit 1): Error: running test: load: loading"),
    ({"a.yaml": "a: ["}, WANTED, "a.yaml cannot be read"),
    ({"README.md": "x"}, WANTED, "nothing is proposed for the slot that could be judged"),
]


@pytest.mark.parametrize(("files", "wanted", "words"), UNREADABLE)
def test_what_cannot_be_judged_is_unknown(shop: Shop, files: dict[str, str], wanted: Conftest, words: str) -> None:
    reply = ask(shop, files, wanted)
    assert (reply.answer, reply.reason[: len(words)]) == (Answer.UNKNOWN, words)


def test_a_file_of_policies_and_other_packages(shop: Shop) -> None:
    shop.commit({"policies/rego/team.rego": 'package org.team\n\ndeny contains "no team" if not input.team\n'})
    wanted = Conftest(("policies/rego/team.rego",), (), ("org.team",))
    assert ask(shop, {"a.yaml": CONFIG}, wanted) == Reply(Answer.FAILURE, "ConfigMap/shop: no team")


def test_no_variable_of_the_run_is_seen(shop: Shop) -> None:
    seen = 'package main\n\ndeny contains concat(",", sort(object.keys(opa.runtime().env))) if true\n'
    shop.commit({"policies/rego/few.rego": seen})
    reply = ask(shop, {"a.yaml": CONFIG})
    assert "PATH" in reply.reason
    assert "PROMOTER_TEST_TOKEN" not in reply.reason


def test_without_the_program(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask(shop, {"a.yaml": CONFIG}) == Reply(
        Answer.UNKNOWN, "conftest is not installed; gates.manifests needs it on PATH"
    )


def test_a_program_that_prints_something_else(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "bin" / "conftest"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho fine\n")
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(other.parent), prepend=":")
    words = "conftest printed something that is no report"
    assert ask(shop, {"a.yaml": CONFIG}) == Reply(Answer.UNKNOWN, words)


def test_the_version_in_tools_is_meant(shop: Shop) -> None:
    shop.commit({"promoter.yaml": f"{RENDERED}tools: {{conftest: 0.1.0}}\n"})
    reply = ask(shop, {"a.yaml": CONFIG})
    assert reply.answer is Answer.UNKNOWN
    assert reply.reason.startswith("conftest 0.1.0 is needed, found 0.69.0 (")
    shop.commit({"promoter.yaml": f"{RENDERED}tools: {{conftest: 0.69.0}}\n"})
    assert ask(shop, {"a.yaml": CONFIG}).answer is Answer.SUCCESS


def test_it_decides_a_run(shop: Shop) -> None:
    gate = "gates: {manifests: {conftest: {policy: policies/rego, data: [policies/data]}}}"
    config = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, " + gate + "}")
    shop.commit({"promoter.yaml": config, "policies/data/limits.yaml": LIMITS.format(0)})
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    said = [verdict.reason for verdict in slot.waiting_for if verdict.gate == "manifests/conftest"]
    assert said == ["Deployment/shop: has 1 replicas, at most 0 may be"]
    shop.commit({"policies/data/limits.yaml": LIMITS.format(1)})
    shop.run()
    assert shop.active("prod") == 1
