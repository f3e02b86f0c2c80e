"""The rows of the inventory that Git and the ledgers give: slots, releases, who is behind whom, what clusters say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from promoter.cluster.images import parse_image
from promoter.model.ledger import Ledger
from promoter.model.names import release_name
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.model.state import stamp
from promoter.model.verdict import Answer
from promoter.plan.report.brings import line
from promoter.plan.report.moment import stamp_or_none
from promoter.plan.report.view import View, views
from promoter.policy.rules import AppRules, Config
from promoter.run.inventory_database import Row

_AGREES: Mapping[Answer, int | None] = {
    Answer.SUCCESS: 1, Answer.PENDING: 0, Answer.FAILURE: 0, Answer.UNKNOWN: None
}  # fmt: skip


def slot_rows(config: Config, snapshot: Snapshot, plan: Plan) -> dict[str, list[Row]]:
    """Give table -> rows, in the config's order, for the slots of `plan`."""
    shown = sorted(views(config, snapshot, plan), key=lambda view: _place(config, view))
    ledgers = {view.app: view.ledger for view in shown}
    return {
        "slots": [_slot(config, view) for view in shown],
        "clusters": [row for view in shown for row in _clusters(view)],
        "images": [row for view in shown for row in _images(view)],
        "releases": [row for app in sorted(ledgers) for row in _releases(ledgers[app])],
        "behind": [row for view in shown for row in _behind(view, config.apps[view.app])],
    }


def _place(config: Config, view: View) -> tuple[str, int]:
    return view.app, _position(config, view.environment)


def _position(config: Config, environment: str) -> int:
    return config.environments.index(environment) if environment in config.environments else len(config.environments)


def _slot(config: Config, view: View) -> Row:
    stay, place, plan = view.place.stay, view.place, view.plan
    slot = config.apps[view.app].slots[view.environment]
    word = place.outcomes.get(stay.release) if stay is not None else None
    return (
        view.app,
        view.environment,
        _position(config, view.environment),
        plan.state.value,
        stamp_or_none(plan.since),
        *_named(view.ledger, stay.release if stay is not None else None),
        stamp(stay.since) if stay is not None else None,
        stay.how.value if stay is not None else None,
        stay.commit if stay is not None else None,
        stamp_or_none(stay.healthy_since) if stay is not None else None,
        word.result.value if word is not None else None,
        *_named(view.ledger, plan.target),
        plan.behind,
        place.hold.by if place.hold is not None else None,
        place.hold.reason if place.hold is not None else None,
        int(place.drift is not None),
        slot.branch,
        slot.path,
    )


def _named(ledger: Ledger, number: int | None) -> tuple[str | None, str | None]:
    if number is None:
        return None, None
    known = ledger.releases.get(number)
    return release_name(number), (known.version or None) if known is not None else None


def _clusters(view: View) -> Iterator[Row]:
    said = {live.cluster: live for live in (view.seen.live if view.seen is not None else ())}
    looked = view.rules.live.kind != "none"
    stays = (*view.place.past, view.place.stay) if view.place.stay is not None else ()
    brought = {str(stay.commit): stay.release for stay in stays}
    for name in view.rules.clusters:
        live = said.get(name)
        if live is None:
            yield (view.app, view.environment, name, None, None, None, None, None, None, None, None)
            continue
        agrees = _AGREES[live.answer] if looked else None
        yield (
            view.app, view.environment, name, live.answer.value, agrees, live.reason, live.revision or None,
            *_named(view.ledger, brought.get(live.revision)), live.object or None, stamp_or_none(live.seen),
        )  # fmt: skip


def _images(view: View) -> Iterator[Row]:
    stay = view.place.stay
    moved: dict[str, tuple[str, str]] = {}
    for number in line(view.ledger, stay.release) if stay is not None else ():
        moved |= {image.name: (image.new, image.digest) for image in view.ledger.releases[number].images}
    for name, (tag, digest) in sorted(moved.items()):
        reference = f"{name}:{tag}" + (f"@{digest}" if digest else "")
        yield ("git", view.app, view.environment, None, None, reference, name, tag, digest or None)
    for live in view.seen.live if view.seen is not None else ():
        yield from (image_row(view.app, view.environment, live.cluster, None, image) for image in live.images)


def image_row(app: str | None, environment: str | None, cluster: str, object_id: int | None, reference: str) -> Row:
    """Give the row of an image that runs in `cluster`."""
    name, tag, digest = parse_image(reference)
    return ("cluster", app, environment, cluster, object_id, reference, name, tag or None, digest or None)


def _releases(ledger: Ledger) -> Iterator[Row]:
    for number, release in sorted(ledger.releases.items()):
        yield (
            ledger.app, number, release.name, release.version or None, stamp(release.at), release.by,
            release.state.value, release.dry,
        )  # fmt: skip


def _behind(view: View, app: AppRules) -> Iterator[Row]:
    own = view.place.stay.release if view.place.stay is not None else None
    here, order = own or 0, view.ledger.order
    for name in app.environments:
        stay = view.ledger.place(name).stay
        if name not in _before(app, view.environment) or stay is None or order(stay.release) <= order(here):
            continue
        between = len(set(line(view.ledger, stay.release)) - set(line(view.ledger, here)))
        yield (
            view.app, view.environment, *_named(view.ledger, own), name,
            *_named(view.ledger, stay.release), between,
        )  # fmt: skip


def _before(app: AppRules, environment: str, known: Collection[str] = ()) -> frozenset[str]:
    """Give all environments that a release passes on its way to `environment`."""
    found = frozenset(app.environments[environment].after.names) - frozenset(known)
    return found.union(*(_before(app, name, found.union(known)) for name in found if name in app.environments))
