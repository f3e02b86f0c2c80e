"""What was said in layers, made into the rules that hold: nearest wins, key by key.

Layers are given nearest first: app in environment, app, environment; the policy that a layer names stands right behind
that layer. `gates`, `verify` and `allow` are taken by their inner keys, every other key as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from promoter.policy.gate import Gate
from promoter.policy.gates import KINDS
from promoter.policy.origins import Origin
from promoter.policy.rules import Accept, After, PullRules, Rules, Verify
from promoter.policy.scalars import show_duration
from promoter.policy.schema_live import LiveForm, show_live
from promoter.policy.schema_rules import HereForm, RulesForm

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "promote": ("write",),
    "rollback": ("write",),
    "hold": ("write",),
    "resume": ("write",),
    "skip": ("write",),
    "retry": ("write",),
    "override": ("maintain",),
    "hotfix": ("maintain",),
    "preview": ("write",),
}
"""Who may do what where nothing is said."""

_VERIFY = Verify()
_RULES = Rules(After())
Value = TypeVar("Value")


def layers(here: Sequence[HereForm | None], policies: Mapping[str, RulesForm]) -> tuple[RulesForm, ...]:
    """Put behind each layer of `here` (nearest first) the policy that it names."""
    found: list[RulesForm] = []
    for form in here:
        if form is not None:
            found.append(form)
            if form.policy is not None and form.policy in policies:
                found.append(policies[form.policy])
    return tuple(found)


def rules(
    environment: str, said: Sequence[RulesForm], after: After, live: LiveForm
) -> tuple[Rules, tuple[Origin, ...]]:
    """Give the rules of one environment for apps that share the layers `said`, and where each key comes from.

    `after`: resolved before; its origin is told by the caller. `live`: what holds where no layer says anything.
    """
    pick = _Pick(said)
    promote = pick.word("promote", _RULES.promote)
    newer = pick.word("newer", _RULES.newer)
    accept = pick.take(
        "accept", lambda form: form.accept.build() if form.accept is not None else None, Accept(), _show_accept
    )
    gates = pick.gates("gates", lambda form: form.gates)
    verify = Verify(
        health=pick.take("verify.health", _verify("health"), _VERIFY.health, lambda value: str(value).lower()),
        soak=pick.take("verify.soak", _verify("soak"), _VERIFY.soak, show_duration),
        within=pick.take("verify.within", _verify("within"), _VERIFY.within, show_duration),
        on_failure=pick.take("verify.on_failure", _verify("on_failure"), _VERIFY.on_failure, str),
        gates=pick.gates("verify", lambda form: form.verify),
    )
    rollback = pick.word("rollback", _RULES.rollback)
    clusters = pick.take("clusters", _here("clusters"), (environment,), ", ".join)
    lives = pick.take("live", _here("live"), live, lambda form: show_live(form.build()))
    if lives is live:
        pick.origins[-1] = Origin("live", show_live(live.build()), live.node.where)
    pull = pick.take(
        "pull_request",
        lambda form: form.pull_request.build() if form.pull_request is not None else None,
        PullRules(),
        _show_pull,
    )
    allow = {verb: pick.take(f"allow.{verb}", _allow(verb), who, ", ".join) for verb, who in ALLOWED.items()}
    drift = pick.word("drift", _RULES.drift)
    found = Rules(after, promote, newer, accept, gates, verify, rollback, allow, clusters, lives.build(), pull, drift)
    return found, tuple(pick.origins)


class _Pick:
    """Takes the nearest value of each key and notes where it stands."""

    def __init__(self, said: Sequence[RulesForm]) -> None:
        self.said = said
        self.origins: list[Origin] = []

    def take(
        self, key: str, get: Callable[[RulesForm], Value | None], default: Value, show: Callable[[Value], str]
    ) -> Value:
        for form in self.said:
            value = get(form)
            if value is not None:
                self.origins.append(Origin(key, show(value), form.node.find(*key.split(".")).where))
                return value
        self.origins.append(Origin(key, show(default), "default"))
        return default

    def word(self, key: str, default: Value) -> Value:
        return self.take(key, lambda form: getattr(form, key), default, str)

    def gates(self, part: str, get: Callable[[RulesForm], Any]) -> tuple[Gate, ...]:
        found = []
        for kind, offered in KINDS.items():
            if part == "verify" and not offered.after_merge:
                continue
            for form in self.said:
                value = getattr(get(form), kind, None)
                if value is None:
                    continue
                gate = offered.build(value)
                where = form.node.find(part, kind).where
                self.origins.append(Origin(f"{part}.{kind}", str(gate) if gate is not None else "none", where))
                if gate is not None:
                    found.append(gate)
                break
        return tuple(found)


def _verify(key: str) -> Callable[[RulesForm], Any]:
    return lambda form: getattr(form.verify, key, None)


def _allow(key: str) -> Callable[[RulesForm], Any]:
    return lambda form: getattr(form.allow, key, None)


def _here(key: str) -> Callable[[RulesForm], Any]:
    return lambda form: getattr(form, key, None)


def _show_accept(accept: Accept) -> str:
    parts = [
        accept.semver,
        f"tags {accept.tags}" if accept.tags else "",
        f"label {' or '.join(accept.labels)}" if accept.labels else "",
        f"a commit with {accept.trailer}" if accept.trailer else "",
        f"active in {accept.active_in}" if accept.active_in else "",
    ]
    return " and ".join(part for part in parts if part) or "all"


def _show_pull(pull: PullRules) -> str:
    parts = [("labels", pull.labels), ("reviewers", pull.reviewers)]
    said = [f"{name} {', '.join(values)}" for name, values in parts if values]
    return "; ".join(said + ([f"group {pull.group}"] if not said or pull.group != "app" else []))


def show_after(after: After) -> str:
    """Write it for people."""
    if not after.names:
        return "nothing (a start)"
    return (" or " if after.any else " and ").join(after.names)
