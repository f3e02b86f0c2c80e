"""What happens in a script, done: by people on the local forge, in the clusters, and in the world that gates ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from promoter.errors import UsageError
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry
from promoter.model.forge import PullState
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.run.release import Wish, release
from promoter.run.said import gates_for, take_down
from promoter.simulation.clusters import Told
from promoter.simulation.script import ON_PULLS, WORDS, CheckForm, OnceForm
from promoter.simulation.stage import Happening, Stage

PERSON: Final = "kim"
"""Who does what nobody is named for."""
REVIEWER: Final = "lin"
_REVIEWS: Final = frozenset({"approve", "request_changes"})
_METHOD: Final = "merge"


def who(step: OnceForm) -> str:
    """Give who does it."""
    return step.by or (REVIEWER if step.event in _REVIEWS else PERSON)


def do(stage: Stage, step: OnceForm) -> list[Happening]:
    """Let it happen. Raises UsageError, NotAllowed, Rejected and what else refuses it."""
    if step.event in WORDS:
        return _say(stage, step)
    if step.event in ON_PULLS:
        return [_on_pull(stage, step)]
    return [_DEEDS[step.event](stage, step)]


def post_always(stage: Stage) -> bool:
    """Post the checks that are always posted where they are missing; tells whether any was."""
    posted = False
    for form in stage.always:
        for app in [form.app] if form.app else stage.apps:
            if form.in_ in stage.ws.app(app).environments:
                head = _head(stage, form, app)
                known = {(check.name, check.reporter) for check in stage.people.checks(head)} if head else None
                if head is not None and known is not None and (form.name, form.from_) not in known:
                    stage.people.set_check(head, form.name, form.says.value, form.from_, stage.now)
                    posted = True
    return posted


def _happened(stage: Stage, step: OnceForm, app: str, environment: str, text: str) -> Happening:
    return Happening(stage.now, app, environment, step.event, text, who(step))


def _release(stage: Stage, step: OnceForm) -> Happening:
    found = stage.words(step.release)
    if found.environments or found.reason or found.release is not None:
        raise UsageError("only an app and a version can be named here", "release: shop 1.4.2")
    app = found.one_app(stage.apps)
    made = release(stage.as_user(who(step)), app, Wish(found.version or ""))
    said = f"{made.name} {made.version}".strip() if isinstance(made, Release) else f"{found.version} is offered"
    if isinstance(made, Release) and made.failures:
        raise UsageError(f"{said} does not render", "\n  ".join(made.failures.values()))
    return _happened(stage, step, app, "", said)


def _commit(stage: Stage, step: OnceForm) -> Happening:
    form = step.commit
    assert form is not None  # noqa: S101 (the event)
    repository, ref = stage.ws.repository, stage.ws.ref
    store, old = repository.store, repository.refs([ref])[ref]
    nodes = {path: Entry(FILE, store.put_blob(data.encode())) for path, data in form.files.items()}
    author = (who(step), f"{who(step)}@acme.example")
    tree = store.edit_tree(store.commit(old).tree, nodes)
    new = store.put_commit(tree, [old], f"{form.message}\n", author, stage.now)
    repository.update([RefUpdate(ref, old, new)])
    return _happened(stage, step, "", "", f"{form.message}: {', '.join(form.files)}")


def _check(stage: Stage, step: OnceForm) -> Happening:
    form = step.check
    assert form is not None  # noqa: S101 (the event)
    said = f"{form.from_} says {form.says.value} of {form.name}"
    if form.always:
        stage.always.append(form)
        return _happened(stage, step, form.app, form.in_, f"{said}, here and on every commit after it")
    app = stage.app(form.app)
    head = _head(stage, form, app)
    if head is None:
        raise UsageError(f"nothing of {app} is {'active' if form.merged else 'proposed'} in {form.in_}")
    stage.people.set_check(head, form.name, form.says.value, form.from_, stage.now)
    return _happened(stage, step, app, form.in_, said)


def _head(stage: Stage, form: CheckForm, app: str) -> Oid | None:
    if form.merged:
        stay = stage.ledger(app).place(form.in_).stay
        return stay.commit if stay is not None else None
    pulls = [pull for pull in stage.slot(app, form.in_).pulls if pull.state is PullState.OPEN]
    return pulls[-1].head if pulls else None


def _cluster(stage: Stage, step: OnceForm) -> Happening:
    form = step.cluster
    assert form is not None  # noqa: S101 (the event)
    apps = [form.app] if form.app else list(stage.apps)
    rules = [known[form.in_] for app in apps if form.in_ in (known := stage.ws.app(app).environments)]
    clusters = sorted({name for rule in rules for name in rule.clusters})
    if not rules:
        raise UsageError(f"nothing goes to {form.in_}", f"there is {', '.join(stage.ws.config.environments)}")
    if form.cluster and form.cluster not in clusters:
        raise UsageError(f"{form.in_} has no cluster {form.cluster}", f"it has {', '.join(clusters)}")
    if all(rule.live.kind == "none" or not rule.verify.health for rule in rules):
        raise UsageError(f"nobody looks at the clusters of {form.in_}: live: none, or verify: {{health: false}}")
    stage.clusters.told.append(Told(form.is_, stage.now, form.in_, form.app, form.cluster, form.running))
    while_ = f" while it runs {form.running}" if form.running else ""
    said = f"{form.cluster or 'the cluster' if len(clusters) < 2 else 'every cluster'} {_IS[form.is_]}{while_}"
    return _happened(stage, step, form.app, form.in_, said)


_IS: Final = {"healthy": "is healthy", "degraded": "is degraded", "hangs": "hangs", "unreachable": "cannot be reached"}


def _answer(stage: Stage, step: OnceForm) -> Happening:
    form = step.answer
    assert form is not None  # noqa: S101 (the event)
    stage.answers.append((stage.now, form))
    return _happened(stage, step, form.app, form.in_, f"{form.gate} is answered with {form.says.value}")


def _comment(stage: Stage, step: OnceForm) -> Happening:
    form = step.comment
    assert form is not None  # noqa: S101 (the event)
    app = stage.app(form.app)
    stage.people.comment(stage.pull(app, form.in_).number, who(step), form.text, stage.now)
    return _happened(stage, step, app, form.in_, form.text)


def _on_pull(stage: Stage, step: OnceForm) -> Happening:
    found = stage.words(getattr(step, step.event))
    if found.version or found.reason or found.release is not None:
        raise UsageError("only an app and an environment can be named here", f"{step.event}: shop prod")
    app = found.one_app(stage.apps)
    environment = found.one_environment(list(stage.ws.app(app).environments))
    pull = stage.pull(app, environment, PullState.CLOSED if step.event == "reopen" else PullState.OPEN)
    number, user, people = pull.number, who(step), stage.people
    if step.event == "approve":
        people.approve(number, user, stage.now)
    elif step.event == "request_changes":
        people.request_changes(number, user, stage.now)
    elif step.event == "close":
        people.close_as(number, user, stage.now)
    elif step.event == "reopen":
        people.reopen_as(number, user, stage.now)
    else:
        people.merge_as(number, user, _METHOD, stage.now)
    return _happened(stage, step, app, environment, f"#{number} {pull.title}")


def _say(stage: Stage, step: OnceForm) -> list[Happening]:
    said = take_down(
        stage.as_user(who(step)), step.event, stage.words(getattr(step, step.event), gates_for(step.event))
    )
    lines = []
    for one in said:
        text = one.text.removeprefix(f"{one.app}: ").removeprefix(f"{who(step)}: ")
        lines.append(_happened(stage, step, one.app, one.environment, text))
    return lines


_DEEDS: Final[Mapping[str, Callable[[Stage, OnceForm], Happening]]] = {
    "release": _release,
    "commit": _commit,
    "check": _check,
    "cluster": _cluster,
    "answer": _answer,
    "comment": _comment,
}
