"""The JSON Schema that editors get says what the loader says."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from promoter.policy.gates import KINDS
from promoter.policy.schema import json_schema, policy_json_schema
from tests.policy import test_load

GOOD = [
    test_load.SMALLEST,
    """\
version: 1
environments:
  - {name: dev, after: [], promote: auto, verify: {health: true, soak: 0, within: 1h, on_failure: hold, checks: [e2e]}}
  - {name: prod, after: {any: [dev]}, gates: {checks: {lint: {from: [ci]}}, approvals: 2}, accept: {semver: ">=1.0.0"}}
  - {name: us, gates: {approvals: [{count: 1, from: ["team:sre"]}, 1], checks: [a]}, policy: x, clusters: [a, b]}
apps:
  shop: apps/shop
  cart:
    path: apps/cart
    images: {a/b: {semver: ">=1", also: [x/y]}}
    charts: []
    environments: {prod-*: {policy: x}}
    render: {command: [make]}
  web: {path: x, images: [a], environments: [dev], render: helm}
layout: {branch: "environment/{environment}", path: "{app}"}
live: {commit_status: a, from: [b]}
tools: {kustomize: 5.8.1}
freeze: [{from: "2026-12-20", until: "2027-01-04", environments: [prod], reason: x}, {when: [Sat-Sun]}]
limits: {open_pull_requests: 5}
dry: {commit: push}
names: {ledger: "l/{app}"}
render: {all_or_nothing: true}
ledger: {signers: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKwHuq9dsAjpZ4dC5kGdKz8oy1bIYrVa2PnBq3RF4YcM promoter"]}
interchange: hydrator
""",
]

BAD = [
    "version: 2",
    "notify: {}",
    "live: cluster",
    "live: {none: none}",
    "environments: dev",
    "environments: [{name: a, gates: {window: x}}]",
    "environments: [{name: a, promote: maybe}]",
    "environments: [{name: a, verify: {soak: 90}}]",
    "environments: [{name: a, rollback: request}]",
    "environments: [{name: a, verify: {approvals: 1}}]",
    "environments: [{promote: auto}]",
    "apps: {a: }",
    "apps: {a: {imags: [x]}}",
    "apps: {a: {render: make}}",
]


def errors(schema: dict[str, Any], value: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.Draft202012Validator.check_schema(policy_json_schema())


@pytest.mark.parametrize("text", GOOD)
def test_good_configs_pass(text: str) -> None:
    assert errors(json_schema(), yaml.safe_load(text)) == []


@pytest.mark.parametrize("text", BAD)
def test_bad_configs_do_not(text: str) -> None:
    value = {**yaml.safe_load(test_load.SMALLEST), **yaml.safe_load(text)}
    assert errors(json_schema(), value)


def test_every_key_is_described() -> None:
    for schema in (json_schema(), policy_json_schema()):
        assert schema["additionalProperties"] is False
        for name, value in schema["properties"].items():
            assert "description" in value or "$ref" in value or "items" in value or "anyOf" in value, name


def test_what_is_not_known_yet_is_not_offered() -> None:
    gates = json_schema()["$defs"]["Gates"]["properties"]
    assert set(gates) == {
        "checks",
        "approvals",
        "window",
        "expression",
        "commands",
        "http",
        "image",
        "jobs",
        "manifests",
        "metrics",
        "signature",
    }
    assert set(KINDS) == set(gates)
