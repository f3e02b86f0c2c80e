"""What the reports of policy programs mean, and that no other text means anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promoter.model.ask import Reply
from promoter.model.verdict import Answer
from promoter.policy.objects.engines import Conftest, conftest_report

NAMES = {"content/000000.json": "Deployment/shop", "content/000001.json": "ConfigMap/shop"}
WANTED = Conftest(("policies/rego",))
NO_REPORT = "printed something that is no report"


def result(file: int, successes: int = 2, namespace: str = "main", **said: list[Any]) -> dict[str, Any]:
    messages = {key: [{"msg": one, "metadata": {}} for one in found] for key, found in said.items()}
    return {"filename": f"content/{file:06}.json", "namespace": namespace, "successes": successes, **messages}


def failing(count: int) -> list[dict[str, Any]]:
    return [result(0, failures=[f"no {index}" for index in range(count)]), result(1)]


JUDGED: list[tuple[list[dict[str, Any]], Conftest, str, str]] = [
    ([result(0), result(1)], WANTED, "success", "4 rules tried"),
    ([result(0, 1), result(1, 0)], WANTED, "success", "1 rule tried"),
    ([result(1), result(0, failures=["has no\n limit"])], WANTED, "failure", "Deployment/shop: has no limit"),
    (
        [result(1, failures=["b"], warnings=["w"]), result(0, failures=["a"])],
        WANTED, "failure", "Deployment/shop: a; ConfigMap/shop: b",
    ),
    (
        failing(5),
        WANTED, "failure", "Deployment/shop: no 0; Deployment/shop: no 1; Deployment/shop: no 2; and 2 more",
    ),
    (
        [result(0, 1, warnings=["few replicas"]), result(1)],
        WANTED, "success", "4 rules tried; warning: Deployment/shop: few replicas",
    ),
    ([result(0, 0, exceptions=["may"]), result(1, 0)], WANTED, "success", "1 rule tried"),
    ([result(0, failures=["x" * 300]), result(1)], WANTED, "failure", f"Deployment/shop: {'x' * 200}..."),
    (
        [result(0), result(1), result(0, 1, "more"), result(1, 0, "more", failures=["m"])],
        Conftest(("p",), (), ("main", "more")), "failure", "ConfigMap/shop: m",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("results", "wanted", "answer", "reason"), JUDGED)
def test_the_report_of_conftest(results: list[dict[str, Any]], wanted: Conftest, answer: str, reason: str) -> None:
    assert conftest_report(json.dumps(results).encode(), NAMES, wanted) == Reply(Answer(answer), reason)


UNTRIED = "tried no rule of the package {}; name the packages of the policies in namespaces"
WRONG: list[tuple[object, Conftest, str]] = [
    ([result(0)], WANTED, "says nothing of ConfigMap/shop"),
    ([], WANTED, "says nothing of ConfigMap/shop"),
    ([result(0), result(1)], Conftest(("p",), (), ("main", "more")), "says nothing of ConfigMap/shop"),
    ([result(0, 0), result(1, 0)], WANTED, UNTRIED.format("main")),
    (
        [result(0), result(1), result(0, 0, "more"), result(1, 0, "more")],
        Conftest(("p",), (), ("main", "more")), UNTRIED.format("more"),
    ),
    ([result(0), result(1), result(7)], WANTED, NO_REPORT),
    ([result(0), {**result(1), "failures": ["words"]}], WANTED, NO_REPORT),
    ([result(0), {**result(1), "failures": "words"}], WANTED, NO_REPORT),
    ([result(0), {**result(1), "failures": 3}], WANTED, NO_REPORT),
    ([result(0), {**result(1), "successes": None}], WANTED, NO_REPORT),
    ({"results": []}, WANTED, NO_REPORT),
    (None, WANTED, NO_REPORT),
]  # fmt: skip


@pytest.mark.parametrize(("report", "wanted", "words"), WRONG)
def test_what_is_no_whole_report_of_conftest(report: object, wanted: Conftest, words: str) -> None:
    with pytest.raises(ValueError) as raised:
        conftest_report(json.dumps(report).encode(), NAMES, wanted)
    assert str(raised.value) == words


@pytest.mark.parametrize("text", [b"", b"Error: x", b"[", b"[" * 100_000, b"\xff"])
def test_text_is_no_report_of_conftest(text: bytes) -> None:
    with pytest.raises(ValueError, match=NO_REPORT):
        conftest_report(text, NAMES, WANTED)
