"""A world of several apps that share pull requests: its slots are called `APP@ENVIRONMENT`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promoter.model.forge import PullRequest, PullState
from promoter.model.names import Oid
from tests.laws.auditor import Auditor
from tests.laws.history import HEAD, Play, Shape
from tests.laws.layouts import PLAIN, Rendered
from tests.laws.world import World
from tests.repos import tip

GROUPS = "/_group/"


class Shared(Rendered):
    """One branch for all, in folders; slots by app and environment."""

    render = "path: '{app}/{{environment}}', render: plain"

    def active(self, env: str) -> str:
        return self.branch.format(environment=env.partition("@")[2])

    def proposal(self, env: str) -> str:
        app, _, name = env.partition("@")
        return self.next.format(environment=name, app=app)

    def slot(self, env: str) -> str:
        app, _, name = env.partition("@")
        return self.path.format(environment=name, app=app)


FOLDERS = Shared("deploy", "{environment}/{app}", "promoter/{environment}/{app}")
BRANCHES = Shared("environment/{environment}", "{app}", "environment/{environment}-next/{app}")


class Party(Shape):
    """A pipeline of several apps; what one commit changes goes together."""

    def __init__(
        self, name: str, apps: Sequence[str], lines: str, after: dict[str, Sequence[str]], lay: Shared
    ) -> None:
        super().__init__(name, lines, after, {}, lay=lay)
        entries = ", ".join(f"{app}: {{{lay.render.format(app=app)}}}" for app in apps)
        self.config = f"{HEAD}{lay.config}environments:\n{lines}apps: {{{entries}}}\n"
        self.environments = [f"{app}@{env}" for env in after for app in apps]
        self.after = {
            f"{app}@{env}": [f"{app}@{one}" for one in before] for env, before in after.items() for app in apps
        }


class Crowd(World):
    """One repository with several apps; a change is one commit that touches all apps of the slots it is for."""

    def app(self, slot: str) -> str:
        return slot.partition("@")[0] or self.environments[0].partition("@")[0]

    def environment(self, slot: str) -> str:
        return slot.partition("@")[2]

    def slot_of(self, app: str, environment: str) -> str:
        return f"{app}@{environment}"

    def proposals(self, slot: str) -> list[str]:
        """The slot's own branch, and every group's of its environment; last the one that carries it now."""
        own = self.lay.proposal(slot)
        folder = own.rpartition("/")[0] + GROUPS
        groups = [ref.removeprefix("refs/heads/") for ref in sorted(self.eyes.refs([f"refs/heads/{folder}"]))]
        groups += sorted({pull.head_branch for pull in self.people.all_pulls()} - set(groups))
        groups = [name for name in groups if name.startswith(folder)]
        app = self.app(slot)
        here = sorted((name for name in groups if self.carries(name, app)), key=lambda name: self.waits(name, slot))
        return [*[name for name in groups if name not in here], own, *here]

    def proposed_on(self, branch: str) -> list[str]:
        folder, found, _ = branch.partition(GROUPS)
        every = self.environments
        return [
            slot
            for slot in every
            if (self.lay.proposal(slot).rpartition("/")[0] if found else self.lay.proposal(slot)) == folder
        ]

    def carries(self, branch: str, app: str) -> bool:
        found = tip(self.repo, branch)
        if found is None:
            return False
        for commit in self.repo.store.history(found, limit=3, first_parent=True):
            if "Promoter-App:" in commit.message:
                return f"Promoter-App: {app}\n" in commit.message
        return False

    def waits(self, branch: str, slot: str) -> bool:
        """Tell whether the branch holds something that is not merged."""
        found, active = tip(self.repo, branch), self.active(slot)
        return found is not None and (active is None or not self.repo.store.is_ancestor(found, active))

    def sources(self, slots: Sequence[str], version: str) -> dict[str, str]:
        apps = dict.fromkeys(self.app(slot) for slot in slots)
        environments = dict.fromkeys(self.environment(slot) for slot in self.environments)
        return {
            f"{app}/{env}/deployment.yaml": PLAIN.format(env=env, v=version).replace("shop", app)
            for app in apps
            for env in environments
        }

    def outside(self, environments: Sequence[str], commit: Oid) -> object:
        store = self.eyes.store
        assert isinstance(self.lay, Rendered)
        return store.edit_tree(store.commit(commit).tree, {self.lay.slot(env): None for env in environments})

    def pulls(self, environment: str, state: PullState | None = PullState.OPEN) -> list[PullRequest]:
        """Its own pull requests, and those of groups whose head carries it."""
        own, app = self.lay.proposal(environment), self.app(environment)
        return [
            pull
            for pull in super().pulls(environment, state)
            if pull.head_branch == own or f"Promoter-App: {app}\n" in self.repo.store.commit(pull.head).message
        ]


def perform(root: Path, shape: Shape) -> Play:
    """Give the play of a shape."""
    return PartyPlay(root, shape) if isinstance(shape, Party) else Play(root, shape)


class PartyPlay(Play):
    """Plays a history with several apps."""

    def __init__(self, root: Path, shape: Shape) -> None:
        self.world = Crowd(root, shape.config, shape.environments, shape.lay)
        self.audit = Auditor(self.world, shape.after, shape.soak, shape.automatic, shape.overwrites)
        self.audit.attach()


APPS = ("blog", "cart", "shop")
LINES = (
    "  - {name: dev, promote: commit}\n"
    "  - {name: staging, promote: auto, pull_request: {group: environment}}\n"
    "  - {name: prod, promote: auto, pull_request: {group: environment}}\n"
)
REVIEWED = (
    "  - {name: dev, promote: auto, pull_request: {group: environment}}\n"
    "  - {name: staging, promote: review, newer: wait, gates: {approvals: 1}, pull_request: {group: environment}}\n"
    "  - {name: prod, promote: auto, gates: {checks: [ci]}, pull_request: {group: environment}}\n"
)
ORDER: dict[str, Sequence[str]] = {"dev": [], "staging": ["dev"], "prod": ["staging"]}
PARTY = Party("party", APPS, LINES, ORDER, FOLDERS)
PARTY_BRANCHES = Party("party-branches", APPS, LINES, ORDER, BRANCHES)
PARTY_REVIEWED = Party("party-reviewed", APPS, REVIEWED, ORDER, FOLDERS)
PARTIES = [PARTY, PARTY_BRANCHES, PARTY_REVIEWED]
