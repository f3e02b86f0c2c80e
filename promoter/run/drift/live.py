"""Git against the clusters: whether each reports the content that the slot holds, and runs its images.

Nothing is asked again: what the look was told is compared as the inventory's tables have it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from promoter.cluster.images import stale_image
from promoter.model.plan import Plan, State
from promoter.model.snapshot import ClusterLive, Snapshot
from promoter.model.verdict import Answer
from promoter.plan.report.view import View, views
from promoter.run.inventory_slots import slot_rows
from promoter.run.look import content_at
from promoter.run.workspace import Workspace

_COMMIT = re.compile(r"[0-9a-f]{40}")


class Verdict(StrEnum):
    """Whether a cluster runs what Git holds."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One slot in one cluster."""

    app: str
    environment: str
    cluster: str
    verdict: Verdict
    reason: str
    release: int | None
    """What Git holds."""
    state: State
    revision: str = ""
    """What the cluster reports."""
    reported: int | None = None
    """The release of that revision."""
    image: tuple[str, str] | None = None
    """An image of the release, and the other version of it that runs."""
    object: str = ""

    @property
    def on_its_way(self) -> bool:
        """Whether it differs because what was merged is not everywhere yet."""
        return self.verdict is Verdict.DIFFERENT and self.state is State.DEPLOYING


def compared(ws: Workspace, seen: Snapshot, plan: Plan) -> list[Compared]:
    """Compare every slot of the plan that holds something with each of its clusters, in the plan's order."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for side, app, environment, _, _, reference, *_ in slot_rows(ws.config, seen, plan)["images"]:
        if side == "git":
            wanted.setdefault((str(app), str(environment)), []).append(str(reference))
    found = []
    for view in views(ws.config, seen, plan):
        if view.seen is not None and (view.place.stay is not None or view.seen.content is not None):
            said = {live.cluster: live for live in view.seen.live}
            images = wanted.get((view.app, view.environment), [])
            found += [_compared(ws, seen, view, name, said.get(name), images) for name in view.rules.clusters]
    return found


def _compared(
    ws: Workspace, seen: Snapshot, view: View, cluster: str, live: ClusterLive | None, images: list[str]
) -> Compared:
    stay = view.place.stay
    release = stay.release if stay is not None else None
    if live is None or view.rules.live.kind == "none":
        why = _silent(view)
        return Compared(view.app, view.environment, cluster, Verdict.UNKNOWN, why, release, view.plan.state)
    stays = (*view.place.past, stay) if stay is not None else ()
    brought: Mapping[str, int] = {str(each.commit): each.release for each in stays}
    stale = stale_image(images, live.images)
    verdict = _verdict(ws, seen, view, live, stale)
    return Compared(
        view.app, view.environment, cluster, verdict, live.reason, release, view.plan.state, live.revision,
        brought.get(live.revision), stale if verdict is Verdict.DIFFERENT else None, live.object,
    )  # fmt: skip


def _verdict(ws: Workspace, seen: Snapshot, view: View, live: ClusterLive, stale: tuple[str, str] | None) -> Verdict:
    """A cluster that runs the content but not well is no drift; one that says nothing of it is not known."""
    if live.answer is Answer.SUCCESS:
        return Verdict.SAME
    if stale is not None:
        return Verdict.DIFFERENT
    if view.seen is None or not _COMMIT.fullmatch(live.revision):
        return Verdict.UNKNOWN
    content = content_at(ws, view.seen.slot, live.revision, seen.apps)
    if content is None:
        return Verdict.UNKNOWN
    return Verdict.SAME if view.seen.holds(content) else Verdict.DIFFERENT


def _silent(view: View) -> str:
    if view.rules.live.kind == "none":
        return "live: none, nobody looks"
    if not view.rules.verify.health:
        return "verify: {health: false}, nobody looks"
    if view.place.drift is not None:
        return "the slot holds a hand edit, which no release can be compared with"
    return "nothing was reported"
