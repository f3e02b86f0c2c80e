"""Deciding for 1,000 apps in 5 environments, and how that grows; by the processor's time, as nothing is waited for."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks.fleet import ENVIRONMENTS, NOW, RELEASES, oid, settled
from benchmarks.measure import Figure, Row, Times, peak, rounds, seconds
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind, Proposal
from promoter.model.names import Branch, ContentId
from promoter.model.release import ImageChange, Release
from promoter.model.snapshot import AppSeen, ClusterLive, ProposalSeen, Slot, SlotSeen, Snapshot
from promoter.model.verdict import Answer
from promoter.plan.decide import decide
from promoter.policy.load import load
from promoter.policy.rules import After, AppRules, Config, Layout, Promote, Rules, Verify
from promoter.run.presets import presets

WORK = "decide 1,000 apps x 5 environments"
AFTER = {
    name: () if not at else (ENVIRONMENTS[min(at - 1, 2)],)  # both production environments come after staging
    for at, name in enumerate(ENVIRONMENTS)
}


REVIEWED = Rules(After(), Promote.REVIEW, verify=Verify(soak=timedelta(minutes=30)))


def production() -> Rules:
    """Give what the preset `production` says."""
    text = b"version: 1\nlive: none\nenvironments: [{name: prod, policy: production}]\napps: {shop: shop}\n"
    files = {"promoter.yaml": text, "policies/production.yaml": presets()["production"]}
    names = {"": ["shop/"], "policies": ["production.yaml"]}
    return load(files.get, lambda path: names.get(path, [])).config.apps["shop"].environments["prod"]


def config(apps: int, policy: Rules = REVIEWED) -> Config:
    """Give the config of a fleet with the same policy everywhere: reviewed promotions with a soak."""
    rules = {name: replace(policy, after=After(AFTER[name]), clusters=(name,)) for name in ENVIRONMENTS}
    found = {}
    for number in range(apps):
        app = f"app-{number}"
        slots = {name: _slot(app, name) for name in ENVIRONMENTS}
        found[app] = AppRules(app, f"apps/{app}/{{environment}}", rules, slots)
    layout = Layout("environment/{environment}", "{app}")
    return Config(ENVIRONMENTS, found, layout, open_pull_requests=10**6)


def _slot(app: str, environment: str) -> Slot:
    branch = f"environment/{environment}"
    return Slot(app, environment, Branch(branch), app, Branch(f"{branch}-next/{app}"), in_place=False)


def idle(rules: Config) -> Snapshot:
    """Give a fleet in which every environment has the newest release, verified."""
    dry = oid("dry")
    tips = {name: oid("tip", name) for name in ENVIRONMENTS}
    apps = {}
    for number, app in enumerate(rules.apps.values()):
        content = {name: ContentId(oid(app.name, name)) for name in ENVIRONMENTS}
        ledger = settled(app.name, content, tips, dry, {}, AFTER)
        slots = {
            name: SlotSeen(slot, tips[name], content[name], live=(ClusterLive(name, Answer.SUCCESS, "healthy"),))
            for name, slot in app.slots.items()
        }
        apps[app.name] = AppSeen(app.name, oid("ledger", number), ledger, slots)
    return Snapshot(dry, apps)


def busy(rules: Config, seen: Snapshot) -> Snapshot:
    """Give the same fleet with a new release of every app in a pull request into its first environment."""
    number, first = RELEASES + 1, ENVIRONMENTS[0]
    apps = {}
    for app in seen.apps.values():
        content = {name: ContentId(oid(app.app, name, number)) for name in ENVIRONMENTS}
        image = ImageChange(f"ghcr.io/acme/{app.app}", f"1.{RELEASES}.0", f"1.{number}.0")
        release = Release(number, NOW, seen.commit, "kim", content, version=f"1.{number}.0", images=(image,))
        proposal = Proposal(number, Kind.PROMOTION, NOW, number)
        places = {**app.ledger.places, first: replace(app.ledger.place(first), proposal=proposal)}
        ledger = replace(
            app.ledger, next=number + 1, releases={**app.ledger.releases, number: release}, places=places
        )  # fmt: skip
        slot, head = app.slots[first], oid(app.app, "head")
        pull = PullRequest(
            number, PullState.OPEN, slot.slot.proposal_branch, slot.slot.branch, head, "Promote", "", "promoter", NOW,
            mergeable=True,
        )  # fmt: skip
        offer = ProposalSeen(head, slot.tip, number, Kind.PROMOTION, ours=True, before=slot.content)
        slot = replace(slot, proposal=offer, pulls=(pull,), pull_releases={number: number})
        apps[app.app] = replace(app, ledger=ledger, slots={**app.slots, first: slot})
    return Snapshot(seen.commit, apps)


def measure(folder: Path, quick: bool) -> Row:
    """Measure; `quick`: with few apps and one round."""
    del folder
    small, large, times = (10, 40, 1) if quick else (1_000, 10_000, 7)
    figures: list[Figure] = []
    rules = config(small)
    quiet = idle(rules)
    full = busy(rules, quiet)
    if decide(rules, quiet, NOW).actions or len(decide(rules, full, NOW).actions) < small:
        raise AssertionError("an idle fleet has something to do, or a busy one has not")
    preset = config(small, production())
    judged = busy(preset, idle(preset))
    later = {
        "idle": lambda _: decide(rules, quiet, NOW),
        "busy": lambda _: decide(rules, full, NOW),
        "preset": lambda _: decide(preset, judged, NOW),
    }
    found = rounds(later, times, time.process_time)
    figures += [found["idle"].figure("idle", 200), found["busy"].figure("busy: a pull request of every app", 200)]
    figures.append(found["preset"].figure("busy, by the preset production", 200))
    many = config(large)
    quiet = idle(many)
    with peak() as memory:
        figures.append(
            _growth(
                "idle", [seconds(lambda: decide(many, quiet, NOW), time.process_time)], found["idle"], large / small
            )
        )
    full = busy(many, quiet)
    figures.append(
        _growth("busy", [seconds(lambda: decide(many, full, NOW), time.process_time)], found["busy"], large / small)
    )
    return Row("decide", WORK, (*figures, memory.figure(f"deciding {large:,} idle apps")))


def _growth(what: str, large: list[float], small: Times, factor: float) -> Figure:
    """Say how many times longer an app takes in the large fleet."""
    return Figure(f"{what}: time for an app, 10,000 / 1,000", min(large) / small.median / factor, "x", goal=1.5)
