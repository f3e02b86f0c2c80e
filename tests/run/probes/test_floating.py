from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.probes.examined import found, said
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, make_shop, manifest

AT = "shop/prod/app.yaml:9"


@pytest.mark.parametrize("config", [RENDERED, IN_PLACE])
@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("1.0.0", None),
        ("1.0", "has the tag 1.0, which looks like one that is moved"),
        ("latest", "has the tag latest, which looks like one that is moved"),
        (f"latest@sha256:{'a' * 64}", None),
        ("main-3f2a91c", None),
    ],
)
def test_tags(tmp_path: Path, config: str, tag: str, why: str | None) -> None:
    shop = make_shop(tmp_path, config)
    shop.tag(tag, "dev", "prod")
    expected = [("problem", "shop prod", f"{IMAGE} in {AT} {why}")] if why else []
    assert said(shop, "floating") == expected


def test_a_first_environment_may_float(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.tag("latest", "dev")
    assert said(shop, "floating") == []


def test_a_range_of_charts(tmp_path: Path) -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis}\nspec:\n"
        "  chart:\n    spec:\n"
        "      chart: redis\n      version: 18.x\n"
    )
    shop = make_shop(tmp_path, RENDERED, {"shop/prod/redis.yaml": release})
    (finding,) = found(shop, "floating")
    assert finding.text == "redis in shop/prod/redis.yaml:8 is the range 18.x"
    assert "promoter init --pin" in finding.fix


def test_a_slot_that_is_one_file(tmp_path: Path) -> None:
    config = IN_PLACE.replace("shop/{environment}", "clusters/{environment}.yaml")
    files = {f"clusters/{name}.yaml": manifest(name, f"{IMAGE}:latest") for name in ("dev", "prod")}
    shop = make_shop(tmp_path, config, files)
    assert [text.partition(" has")[0] for _, _, text in said(shop, "floating")] == [f"{IMAGE} in clusters/prod.yaml:9"]
