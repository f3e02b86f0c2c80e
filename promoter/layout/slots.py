"""Where content stands: templates for branch and path to slots, and which slots or branches cannot live together.

Invariants: a slot's proposal branch is named by the slot and never by a release; a name made here is a valid Git
branch or is refused by `is_branch` before it is used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from promoter.model.names import Branch
from promoter.model.snapshot import Slot

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
SHARED_PROPOSAL = "promoter/{environment}/{app}"
"""The proposal branch where environments share the active branch."""
DRY_PROPOSAL = "promoter/release/{app}"
"""The branch that offers an app's next versions to the dry branch; no environment can be called `release`."""
HOTFIX = "promoter/release/{app}+r{number}"
"""The branch that keeps what a hotfix was made from: the dry files of what was active, changed. No app has a `+`."""


def fill(template: str, app: str, environment: str) -> str:
    """Put `app` and `environment` into `template`."""
    return template.replace("{app}", app).replace("{environment}", environment)


def is_branch(name: str) -> bool:
    """Tell whether `name` may be a branch, by the rules of `git check-ref-format` and no leading dash."""
    if not name or _FORBIDDEN.search(name) or name[0] in "-/" or name[-1] in "/." or name in ("@", "HEAD"):
        return False
    if name.startswith("refs/"):
        return False
    return not any(part.startswith(".") or part.endswith(".lock") for part in name.split("/"))


def is_path(path: str) -> bool:
    """Tell whether `path` is a folder or file inside a tree, `""` being the root."""
    if not path:
        return True
    if "\\" in path or any(ord(sign) < 32 or ord(sign) == 127 for sign in path):
        return False
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))


def clean_path(path: str) -> str:
    """Give `path` without slashes around it; `.` is the root."""
    return path.strip("/").removeprefix("./").removesuffix("/.").replace("/./", "/") if path != "." else ""


def rendered_slot(branch: str, path: str, app: str, environment: str, *, external: bool = False) -> Slot:
    """Give the slot of rendered manifests. `branch`, `path`: templates over `{app}` and `{environment}`.

    The proposal branch is `<branch>-next/<path>` (`<branch>-next` at the root) when each environment has its branch,
    as GitOps Promoter names it, else, and when another hydrator writes those (`external`),
    `promoter/{environment}/{app}`.
    """
    active = fill(branch, app, environment)
    folder = clean_path(fill(path, app, environment))
    if "{environment}" in branch and not external:
        proposal = f"{active}-next/{folder}" if folder else f"{active}-next"
    else:
        proposal = fill(SHARED_PROPOSAL, app, environment)
    return Slot(app, environment, Branch(active), folder, Branch(proposal), in_place=False)


def hydrated_slot(slot: Slot, branch: str, path: str | None) -> Slot:
    """Give where another hydrator writes what `slot` is to hold: `<branch>-next`, the same path, unless told."""
    written = fill(branch, slot.app, slot.environment) if branch else f"{slot.branch}-next"
    folder = clean_path(fill(path, slot.app, slot.environment)) if path is not None else slot.path
    return replace(slot, branch=Branch(written), path=folder, proposal_branch=Branch(written))


def in_place_slot(dry: str, path: str, app: str, environment: str) -> Slot:
    """Give the slot of values that are edited where they stand. `dry`: the dry branch; `path`: a template."""
    proposal = fill(SHARED_PROPOSAL, app, environment)
    return Slot(
        app, environment, Branch(dry), clean_path(fill(path, app, environment)), Branch(proposal), in_place=True
    )


def overlapping(slots: Iterable[Slot]) -> Iterator[tuple[Slot, Slot]]:
    """Give pairs of slots of which one holds the other: the same branch, and the same path or one inside the other."""
    branches: defaultdict[str, dict[str, Slot]] = defaultdict(dict)
    ordered = sorted(slots, key=lambda slot: (slot.branch, slot.path.count("/") + 1 if slot.path else 0, slot.path))
    for slot in ordered:
        taken = branches[slot.branch]
        for above in _with_parents(slot.path):
            if above in taken:
                yield taken[above], slot
                break
        taken.setdefault(slot.path, slot)


def _with_parents(path: str) -> Iterator[str]:
    """Give the root, then every folder on the way down to `path`, then `path`."""
    yield ""
    for index, sign in enumerate(path):
        if sign == "/":
            yield path[:index]
    if path:
        yield path


def nested_branches(names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give pairs of branches that cannot both exist: Git keeps `a` as a file and so cannot keep `a/b`.

    `names`: every branch that will be needed -> what for; gives (outer, inner).
    """
    for name in sorted(names):
        for above in _with_parents(name):
            if above and above != name and above in names:
                yield above, name
