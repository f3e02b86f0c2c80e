"""The branches of groups: beside those of their slots, and never the name of anything else."""

from __future__ import annotations

import pytest

from promoter.layout.group import beside, group_branch, is_group
from promoter.layout.slots import in_place_slot, rendered_slot
from promoter.model.snapshot import Slot

NEXT, OWN = "environment/prod-next", "promoter/prod"


@pytest.mark.parametrize(
    ("slot", "folder"),
    [
        (rendered_slot("environment/{environment}", "{app}", "shop", "prod"), NEXT),
        (rendered_slot("environment/{environment}", "apps/{app}/live", "shop", "prod"), NEXT),
        (rendered_slot("environment/{environment}", "{app}", "shop", "prod", external=True), OWN),
        (rendered_slot("deploy", "{environment}/{app}", "shop", "prod"), OWN),
        (in_place_slot("main", "shop/{environment}", "shop", "prod"), OWN),
    ],
    ids=["a branch an environment", "deeper", "another hydrator's", "folders", "in place"],
)
def test_a_group_stands_beside_its_slots(slot: Slot, folder: str) -> None:
    assert beside(slot) == folder
    assert group_branch(slot, "5d1f0aa-cart") == f"{folder}/_group/5d1f0aa-cart"
    assert is_group(group_branch(slot, "5d1f0aa-cart"))
    assert not is_group(slot.proposal_branch)


def test_slots_that_share_a_branch_have_the_same_group() -> None:
    one, other = (rendered_slot("deploy", "{environment}/{app}", app, "prod") for app in ("cart", "shop"))
    assert group_branch(one, "x") == group_branch(other, "x")
    assert group_branch(one, "x") != group_branch(rendered_slot("deploy", "{environment}/{app}", "cart", "dev"), "x")


@pytest.mark.parametrize("branch", ["promoter/prod/shop", "promoter/prod/group/x", "promoter/prod/x_group"])
def test_what_is_no_group(branch: str) -> None:
    assert not is_group(branch)
