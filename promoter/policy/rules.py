"""The config as the rest of the code sees it: effective, typed, complete. Made by the loader, judged by `decide`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from promoter.layout.moved import Tracked
from promoter.model.snapshot import Slot
from promoter.policy.gate import Gate
from promoter.policy.previews import Previews
from promoter.policy.spans import Spans


class Promote(StrEnum):
    """How a release gets into an environment."""

    COMMIT = "commit"
    AUTO = "auto"
    REVIEW = "review"
    REQUEST = "request"


class Newer(StrEnum):
    """What a newer release does to one that waits here."""

    REPLACE = "replace"
    WAIT = "wait"
    QUEUE = "queue"


class OnFailure(StrEnum):
    """What follows when verification fails."""

    CONTINUE = "continue"
    HOLD = "hold"
    ROLLBACK = "rollback"


class OnDrift(StrEnum):
    """What follows when a slot was changed by hand to something no release explains."""

    BLOCK = "block"
    ADOPT = "adopt"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class After:
    """What an environment comes after: all of `names`, or any of them; no names: a first environment."""

    names: tuple[str, ...] = ()
    any: bool = False


@dataclass(frozen=True, slots=True)
class Accept:
    """Which releases may come here at all; the others are passed over."""

    semver: str = ""
    """A range, `>=1.0 <2`; pre-releases only where the range names one."""
    tags: str = ""
    """A regular expression that the whole version matches."""
    labels: tuple[str, ...] = ()
    """One of these is on the release."""
    trailer: str = ""
    """`Key: value`, which one of the release's commits has."""
    active_in: str = ""
    """The environment that runs it now."""


@dataclass(frozen=True, slots=True)
class Verify:
    """What must hold in an environment after the merge."""

    health: bool = True
    soak: timedelta = timedelta(0)
    within: timedelta = timedelta(hours=1)
    on_failure: OnFailure = OnFailure.HOLD
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Live:
    """How promoter learns what runs: `kubernetes`, `commit_status`, `deployments`, `files` or `none`, with settings."""

    kind: str
    settings: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """`{"path": "status/{cluster}"}` for files; `{"context": ...}` for kubernetes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where rendered manifests stand; templates over `{app}` and `{environment}`."""

    branch: str
    path: str


@dataclass(frozen=True, slots=True)
class PullRules:
    """How pull requests into an environment look."""

    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    group: str = "app"


@dataclass(frozen=True, slots=True)
class Freeze:
    """A range of days in which nothing moves, or spans that come again."""

    start: date | None
    until: date | None
    """The first free day."""
    environments: tuple[str, ...]
    """Glob patterns; empty: all."""
    reason: str
    when: tuple[Spans, ...] = ()
    """In place of `start` and `until`."""

    def __str__(self) -> str:
        return " or ".join(map(str, self.when)) if self.when else f"{self.start} to {self.until}"


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that holds for one app in one environment."""

    after: After
    promote: Promote = Promote.REVIEW
    newer: Newer = Newer.REPLACE
    accept: Accept = Accept()
    gates: tuple[Gate, ...] = ()
    verify: Verify = Verify()
    rollback: Promote = Promote.AUTO
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Verb -> who may: `write`, `team:sre`, `user:kim`, `codeowners`."""
    clusters: tuple[str, ...] = ()
    live: Live = Live("none")
    pull_request: PullRules = PullRules()
    drift: OnDrift = OnDrift.BLOCK


@dataclass(frozen=True, slots=True)
class Render:
    """How manifests are made: `auto` (found), `kustomize`, `helm`, `plain`, `command` or `external`, with settings."""

    kind: str = "auto"
    settings: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppRules:
    """One app, all names filled in."""

    name: str
    path: str
    """Folder or file in the dry branch, a template over `{environment}`."""
    environments: Mapping[str, Rules]
    """In pipeline order (every environment stands after those it comes after)."""
    slots: Mapping[str, Slot]
    tracked: Tracked = field(default_factory=Tracked)
    render: Render = Render()
    object: str = ""
    """The object that delivers it, `Kustomization/flux-system/shop-{environment}`; empty: found by its source."""
    hydrated: Mapping[str, Slot] = field(default_factory=dict)
    """Where another hydrator writes each slot's next content (`render: external`); empty: promoter renders."""
    former: Mapping[str, Slot] = field(default_factory=dict)
    """Environment -> the slot that it had under its old name (`was`)."""
    settle: timedelta = timedelta(0)
    """How long a release stays a draft after it was made, so that versions which arrive together go together."""
    admit: str = ""
    """The expression that is true of a complete set of versions; a release that is none stays a draft."""

    def source(self, environment: str) -> str:
        """Give the path in the dry branch for `environment`."""
        return self.path.replace("{environment}", environment).strip("/")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole config of a repository, as of one commit of the dry branch."""

    environments: tuple[str, ...]
    apps: Mapping[str, AppRules]
    layout: Layout | None = None
    """None: values are edited in place."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Program -> exact version."""
    timezone: str = "UTC"
    freeze: tuple[Freeze, ...] = ()
    open_pull_requests: int = 50
    ledger: str = "promoter-ledger/{app}"
    """Branch template of the ledgers."""
    signers: tuple[str, ...] = ()
    dry_commit: str = "push"
    all_or_nothing: bool = False
    interchange: str = ""
    """`hydrator`: hydrated commits carry `hydrator.metadata`."""
    deployments: bool = False
    """Whether the forge shows what we bring to an environment as a deployment to `<environment>/<app>`."""
    commits: str = "push"
    """`api`: the forge makes the commits of proposals, and signs them."""
    previews: Previews | None = None
    """None: there are none."""
