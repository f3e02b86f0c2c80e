"""Where the proposal of a group stands: beside those of its slots, under a name that no app can have.

`<branch>-next/_group/<name>` when each environment has its branch, else `promoter/{environment}/_group/<name>`.
"""

from __future__ import annotations

from promoter.model.names import Branch
from promoter.model.snapshot import Slot

GROUP = "_group"
"""The folder of branches: names of apps and environments begin with a letter or digit."""


def beside(slot: Slot) -> str:
    """Give the folder of branches that the slot's own proposal stands in."""
    own = f"{slot.branch}-next"
    return (
        own if slot.path and slot.proposal_branch == f"{own}/{slot.path}" else slot.proposal_branch.rpartition("/")[0]
    )


def group_branch(slot: Slot, name: str) -> Branch:
    """Give the branch of group `name` for a slot with its own proposal branch."""
    return Branch(f"{beside(slot)}/{GROUP}/{name}")


def is_group(branch: str) -> bool:
    """Tell whether `branch` is in the place of groups."""
    return GROUP in branch.split("/")
