"""Which version of which thing is pinned in one environment, by which edit.

Invariant: what is chosen is what is rendered now; where that is not one version, it is left, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promoter.errors import EditRefused
from promoter.layout import search
from promoter.layout.place import Kind, Part, Place, spelling
from promoter.layout.tag import is_image_name, parse_pin
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.run.pin_edit import Own
from promoter.run.pin_found import Asked, Left, Pinned, answer
from promoter.run.survey_found import Standing
from promoter.run.survey_standing import floats

CONTAINERS = frozenset({"containers", "initContainers"})
"""Where kustomize's `images:` looks for references."""


@dataclass(slots=True)
class Work:
    """One app in one environment while it is pinned."""

    app: str
    environment: str
    standing: Sequence[Standing]
    own: Own
    rendered: search.Parsed | None
    """What kustomize makes of it now; None where something else renders it, or nothing can."""
    trouble: str = ""
    """Why it does not render."""


def choose(work: Work, asked: Sequence[Asked]) -> Iterator[Pinned | Left]:
    """Edit the work's own files so that every version stands there; each version once.

    Gives what was pinned, and what was left and why.
    """
    done: set[tuple[Kind, str]] = set()
    for one in work.standing:
        if (one.kind, one.name) in done or (one.own and not floats(one)):
            continue
        done.add((one.kind, one.name))
        wanted = answer(asked, work.environment, one.kind, (one.name, one.chart, *one.also))
        try:
            if one.own:
                yield _own_range(work, one, wanted)
            elif one.kind is Kind.IMAGE:
                yield _shared_image(work, one, wanted)
            else:
                yield _shared_chart(work, one, wanted)
        except EditRefused as error:
            yield Left(work.app, work.environment, one.name, one.where, f"{error.message}. {error.hint or ''}".strip())


def _own_range(work: Work, one: Standing, wanted: str) -> Pinned | Left:
    if work.trouble:
        return _not_rendered(work, one)
    if not wanted:
        return _unknown(work, one)
    if not one.value and one.object == "HelmRelease":
        file = work.own.pin_release(_release(one), wanted)
    else:
        file = work.own.move(one.kind, one.name, wanted)
    return _pinned(work, one, one.value, wanted, file)


def _shared_image(work: Work, one: Standing, wanted: str) -> Pinned | Left:
    """Pin an image that stands in files elsewhere, by what is rendered now."""
    if work.rendered is None:
        return _not_rendered(work, one)
    places = _containers(work.rendered, (one.name, *one.also, *filter(None, [work.own.renamed(one.name)])))
    if not places:
        what = "it stands in the values of a HelmRelease" if one.object else "it does not stand in a container"
        reason = f"{what}, where kustomize's images: does not reach; write it into the environment's own files by hand"
        return _left(work, one, reason)
    values = sorted({place.value for place in places})
    if len(values) > 1:
        return _left(work, one, f"it has several versions at once ({', '.join(values)}); make them one first")
    name, version = places[0].names[0], wanted or values[0]
    if parse_pin(version) is None or not is_image_name(name):
        return _unknown(work, one)
    return _pinned(work, replace(one, name=name), values[0], version, work.own.pin_image(name, version))


def _shared_chart(work: Work, one: Standing, wanted: str) -> Pinned | Left:
    """Pin the chart of a HelmRelease or OCIRepository that stands elsewhere."""
    if one.object not in ("HelmRelease", "OCIRepository"):
        reason = "only charts of Flux's HelmRelease and OCIRepository can be; write it into the environment's own files"
        return _left(work, one, reason)
    if work.rendered is None:
        return _not_rendered(work, one)
    version = wanted or (one.value if not floats(one) else "")
    if not version:
        return _unknown(work, one)
    if one.object == "HelmRelease":
        name = _release(one)
        file = work.own.pin_release(name, version, chart=one.name if one.name != name else "")
        return _pinned(work, one, one.value, version, file)
    found = _artifact(work.rendered, one)
    if found is None:
        return _left(work, one, "its OCIRepository is not among what is rendered, or has no version to override")
    name, url, key = found
    return _pinned(work, one, one.value, version, work.own.pin_artifact(name, url, key, version))


def _containers(rendered: search.Parsed, names: Sequence[str]) -> list[Place]:
    mine = sorted({spelling(name, Kind.IMAGE) for name in names})
    places = [place for name in mine for place in rendered.places.get((Kind.IMAGE, name), ())]
    return [place for place in places if place.part is Part.REFERENCE and CONTAINERS & {str(k) for k in place.path}]


def _artifact(rendered: search.Parsed, one: Standing) -> tuple[str, str, str] | None:
    """Give name, URL and the key of the version of the OCIRepository that `one` stands in."""
    for place in rendered.places.get((Kind.CHART, spelling(one.name, Kind.CHART)), ()):
        document = rendered.yaml[place.file].documents[place.document]
        if isinstance(document, YamlMapping) and document.text("kind") == "OCIRepository" and place.part is Part.TAG:
            return document.text("metadata", "name"), document.text("spec", "url"), str(place.path[-1])
    return None


def _release(one: Standing) -> str:
    """Give the HelmRelease's own name: it is `also` one that goes by its chart's."""
    return one.also[0] if one.also else one.name


def _pinned(work: Work, one: Standing, old: str, new: str, file: str) -> Pinned:
    held = f"{one.object}/{_release(one)}" if one.object == "HelmRelease" else one.object
    return Pinned(work.app, work.environment, one.kind, one.name, old, new, file, one.where, held)


def _left(work: Work, one: Standing, reason: str) -> Left:
    return Left(work.app, work.environment, one.name, one.where, reason)


def _not_rendered(work: Work, one: Standing) -> Left:
    if work.trouble:
        return _left(work, one, f"it does not render, so nothing can be proven: {work.trouble}")
    return _left(work, one, "no kustomization renders it; write the version into the environment's own files")


def _unknown(work: Work, one: Standing) -> Left:
    """Say that nobody knows which version runs."""
    why = floats(one) or "no version is written"
    return _left(work, one, f"it {why}; name the version that runs there: --pin {work.environment}:{one.name}=VERSION")
