"""Which names of commit statuses a pattern asks for."""

from __future__ import annotations

import pytest

from promoter.cluster.context import Pattern
from promoter.cluster.place import Place

PLACE = Place("eu-1", "prod", "shop")
TODAY, OLDER = "kustomization/shop/0c9c2e41", "kustomization/shop"


@pytest.mark.parametrize(
    ("template", "name", "expected"),
    [
        ("kustomization/{app}", TODAY, True),
        ("kustomization/{app}", OLDER, True),
        ("Kustomization/{app}", TODAY, True),
        ("kustomization/{app}", "kustomization/shop-api", False),
        ("kustomization/{app}", "kustomization/shop-api/0c9c2e41", False),
        ("kustomization/{app}", "kustomization/shop/0c9c2e4", False),
        ("kustomization/{app}", "kustomization/shop/prod", False),
        ("kustomization/{app}", "helmrelease/shop/0c9c2e41", False),
        ("kustomization/{app}/0c9c2e41", TODAY, True),
        ("kustomization/{app}/0c9c2e41", "kustomization/shop/11111111", False),
        ("kustomization/{app}/*", TODAY, True),
        ("kustomization/{app}/*", OLDER, False),
        ("*/{app}/????????", TODAY, True),
        ("continuous-delivery/{app}-{environment}", "continuous-delivery/shop-prod", True),
        ("continuous-delivery/{app}-{environment}", "continuous-delivery/shop-prod-2", False),
        ("{environment}/*", "prod/kustomization/shop", True),
        ("{environment}/*", "prod-eu/shop", False),
        ("{cluster}/kustomization/{app}", "eu-1/kustomization/shop", True),
        ("{cluster}/kustomization/{app}", "eu-2/kustomization/shop", False),
    ],
)
def test_fits(template: str, name: str, expected: bool) -> None:
    assert Pattern(template, PLACE).fits(name) is expected


@pytest.mark.parametrize("cluster", ["*", "e?", "[e]u", "eu-[1]"])
def test_names_are_no_patterns(cluster: str) -> None:
    wanted = Pattern("{cluster}/{app}", Place(cluster, "prod", "shop"))
    assert wanted.fits(f"{cluster}/shop")
    assert wanted.fits(f"{cluster}/shop/0c9c2e41")
    assert not wanted.fits("eu/shop")
    assert not wanted.fits("eu-1/shop")
