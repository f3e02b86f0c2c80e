"""The policy files that are shipped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from promoter.policy.rules import Rules
from tests.policy.trees import load_files, overlays

PRESETS = Path(__file__).parents[2] / "policies"


def rules(preset: str) -> Rules:
    text = f"""\
version: 1
live: none
environments: [dev, {{name: prod, policy: {preset}}}]
apps: {{shop: "apps/shop/overlays/{{environment}}"}}
"""
    policy = (PRESETS / f"{preset}.yaml").read_text()
    files = {"promoter.yaml": text, f"policies/{preset}.yaml": policy, **overlays("shop", "dev", "prod")}
    return load_files(files).config.apps["shop"].environments["prod"]


def test_these_are_shipped() -> None:
    assert {path.stem for path in PRESETS.iterdir()} == {
        "continuous",
        "soak-1h",
        "business-hours",
        "production",
        "regulated",
    }


@pytest.mark.parametrize(
    ("preset", "promote", "hours", "on_failure", "gates"),
    [
        ("continuous", "auto", 0, "continue", []),
        ("soak-1h", "auto", 1, "hold", []),
        ("business-hours", "auto", 1, "hold", ["Mon-Thu 09:00-16:00"]),
        ("production", "auto", 4, "rollback", ["1 from codeowners"]),
        ("regulated", "review", 24, "hold", ["2 from anybody with write and 1 from codeowners"]),
    ],
)
def test_each_loads(preset: str, promote: str, hours: int, on_failure: str, gates: list[str]) -> None:
    made = rules(preset)
    assert (made.promote, made.verify.on_failure) == (promote, on_failure)
    assert made.verify.soak == timedelta(hours=hours)
    assert [str(gate) for gate in made.gates] == gates
    assert made.verify.health
