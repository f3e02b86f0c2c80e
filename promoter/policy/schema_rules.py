"""The file form of rules: on an environment, in a policy file, on an app, on an app in an environment.

Invariant: a key that is not written is None, so that the nearest one that was written wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model

from promoter.model.release import is_label
from promoter.policy.form import DO, Form
from promoter.policy.gates import KINDS
from promoter.policy.people import PEOPLE_PATTERN, people
from promoter.policy.rules import Accept, Newer, OnDrift, OnFailure, Promote, PullRules
from promoter.policy.scalars import (
    Duration,
    Flag,
    Name,
    Positive,
    Range,
    Regex,
    Said,
    SomeTexts,
    Texts,
    choice,
    said,
    short,
    some_items,
)
from promoter.policy.schema_live import LiveField
from promoter.policy.schema_order import AfterField

GROUPS = ("app", "environment")
People = Annotated[tuple[PEOPLE_PATTERN, ...], BeforeValidator(people)]

_AFTER_THE_MERGE = {
    key: f"{key} is a rule after the merge; write verify: {{{key}: ...}}"
    for key in ("soak", "health", "within", "on_failure")
}
_BEFORE_THE_MERGE = {
    kind: f"{kind} is a rule before the merge; write gates: {{{kind}: ...}}"
    for kind, offered in KINDS.items()
    if not offered.after_merge
}


class _Gates(Form):
    """What must hold before the merge into this environment."""

    elsewhere: ClassVar[Mapping[str, str]] = _AFTER_THE_MERGE


class _Verify(Form):
    """What must hold in this environment after the merge, before the next one may take the release."""

    elsewhere: ClassVar[Mapping[str, str]] = _BEFORE_THE_MERGE

    health: Flag | None = None
    """Whether it must be live and healthy. Default: true."""
    soak: Duration | None = None
    """How long it must stay so. Default: 0."""
    within: Positive | None = None
    """How long it may take to get there; then it has failed. Default: 1h."""
    on_failure: Annotated[OnFailure, BeforeValidator(choice(OnFailure))] | None = None
    """What follows a failure: continue (a newer release may come), hold (default), rollback."""


def _with_gates(name: str, form: type[Form], after_merge: bool) -> type[Form]:
    fields: dict[str, Any] = {
        kind: (offered.form | None, Field(default=None, description=(offered.gate.__doc__ or "").strip()))
        for kind, offered in KINDS.items()
        if offered.after_merge or not after_merge
    }
    return create_model(name, __base__=form, __doc__=form.__doc__, **fields)


if TYPE_CHECKING:
    # The fields of these come from the table of gates, which no type checker can see.
    GatesForm = _Gates
    VerifyForm = _Verify
else:
    GatesForm = _with_gates("Gates", _Gates, after_merge=False)
    VerifyForm = _with_gates("Verify", _Verify, after_merge=True)


def _label(node: object) -> str:
    value = said(node)
    if not is_label(value):
        raise ValueError(f"{value} is not a label: letters, digits, blanks and ._/:+- inside, at most 50")
    return value


def _trailer(node: object) -> str:
    value = said(node)
    if _TRAILER.fullmatch(value) is None:
        raise ValueError(f"{value} is not a trailer of a commit message; write for example 'Promote: prod'")
    return value


_TRAILER = re.compile(r"[A-Za-z0-9-]+: ?\S(?:.*\S)?")
Label = Annotated[str, BeforeValidator(_label)]
Trailer = Annotated[str, BeforeValidator(_trailer)]


class AcceptForm(Form):
    """Which releases may come here at all; others are passed over, they do not wait."""

    semver: Range = ""
    """A range of versions, `>=1.0 <2`; pre-releases only where the range names one."""
    tags: Regex = ""
    """A regular expression that the whole version matches."""
    labels: Annotated[tuple[Label, ...], BeforeValidator(some_items)] = ()
    """One of these labels is on the release: given by `promoter release --label`, or by a line `Promoter-Label: hotfix`
    at the end of the message of a commit that it brings along."""
    trailer: Trailer = ""
    """A commit that the release brings along says so at the end of its message: `Promote: prod`. Whoever may commit may
    write that, so it is a choice and no approval. A hotfix needs none."""
    active_in: Name | None = None
    """Only what this environment, which comes before this one, runs now; when it goes on, what waits here is withdrawn.
    A hotfix may come all the same."""

    def build(self) -> Accept:
        """Give the rule."""
        return Accept(self.semver, self.tags, self.labels, self.trailer, self.active_in or "")


class AllowForm(Form):
    """Who may do what by command: permissions, team:NAME, user:NAME, codeowners."""

    promote: People | None = None
    """Ask for a release here. Default: write."""
    rollback: People | None = None
    """Go back to an earlier release. Default: write."""
    hold: People | None = None
    """Let nothing move. Default: write."""
    resume: People | None = None
    """End a hold. Default: write."""
    skip: People | None = None
    """Keep one release out. Default: write."""
    retry: People | None = None
    """Take a skip or a failure back. Default: write."""
    override: People | None = None
    """Pass a gate by word. Default: maintain."""
    hotfix: People | None = None
    """Release for chosen environments only. Default: maintain."""
    preview: People | None = None
    """Make and end previews of what this environment runs. Default: write."""


def _group(node: object) -> str:
    value = said(node)
    if value not in GROUPS:
        raise ValueError(f"{value} is not one of {', '.join(GROUPS)}")
    return value


class PullRequestForm(Form):
    """How pull requests into this environment look."""

    labels: Texts = ()
    """Labels beside promoter's own."""
    reviewers: Texts = ()
    """Whom to ask for a review: user names, team:NAME, codeowners."""
    group: Annotated[str, BeforeValidator(_group), WithJsonSchema({"enum": list(GROUPS)})] = "app"
    """app: one pull request an app, unless one commit changes more than 20 apps; environment: one for all apps that one
    commit of the dry branch changes, where they share a branch and their rules for the way in are equal."""

    def build(self) -> PullRules:
        """Give the rule."""
        return PullRules(self.labels, self.reviewers, self.group)


class RulesForm(Form):
    """Rules under a name (a policy file): an environment without name, order and place."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        key: f"{key} belongs to an environment; a policy is one without name, order and place"
        for key in ("name", "after", "clusters", "live", "layout", "policy")
    }

    promote: Annotated[Promote, BeforeValidator(choice(Promote))] | None = None
    """How a release gets here: commit (no pull request), auto (a pull request that promoter merges when its gates
    pass), review (a pull request that a person merges; default), request (nothing until somebody asks)."""
    newer: Annotated[Newer, BeforeValidator(choice(Newer))] | None = None
    """What a newer release does to one that waits here: replace (default), wait, queue."""
    accept: AcceptForm | None = None
    gates: GatesForm | None = None
    verify: VerifyForm | None = None
    rollback: (
        Annotated[
            Promote,
            BeforeValidator(choice(Promote, Promote.REQUEST)),
            WithJsonSchema({"enum": ["commit", "auto", "review"]}),
        ]
        | None
    ) = None
    """How a rollback is merged: commit, auto (default; it needs only the right to do it), review."""
    drift: Annotated[OnDrift, BeforeValidator(choice(OnDrift)), WithJsonSchema({"enum": list(OnDrift)})] | None = None
    """What follows when a slot was changed by hand: block (default; nothing is merged over it by itself), adopt (it
    becomes a release of this environment alone, unless the environment is held or frozen), overwrite (what the release
    left is put back over it, the way releases come here: by promote, its gates, holds and freezes)."""
    allow: AllowForm | None = None
    pull_request: PullRequestForm | None = None


class HereForm(RulesForm):
    """Rules at a place: on an environment, on an app, or on an app in an environment."""

    not_yet: ClassVar[Mapping[str, str]] = {"layout": DO}
    elsewhere: ClassVar[Mapping[str, str]] = {
        key: f"{key} belongs to the entry under environments" for key in ("name", "after")
    }

    policy: Said | None = None
    """Take the rules of policies/NAME.yaml here; keys beside it are nearer."""
    clusters: SomeTexts | None = None
    """The clusters that read this slot; a release is live when it is live in all of them. Default: one, named like the
    environment."""
    live: LiveField | None = None
    """How promoter learns what runs here."""


class EnvironmentForm(HereForm):
    """One environment: its name, what it comes after, and its rules."""

    not_yet: ClassVar[Mapping[str, str]] = {"layout": DO}
    elsewhere: ClassVar[Mapping[str, str]] = {}

    name: Name
    """The name that commands, branches and `{environment}` use."""
    after: AfterField | None = None
    """Default: the one before it in the list. A name, a list (all of them), {any: [a, b]}, or [] for a start."""
    was: Name | None = None
    """The name that it had before: its slots and all evidence go along to the new one."""


Environment = Annotated[EnvironmentForm, BeforeValidator(short("name"), json_schema_input_type=str | EnvironmentForm)]
