"""What one app's entry says of the app itself: what moves, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from promoter.layout.moved import Moved, Tracked
from promoter.policy.admit import keyed
from promoter.policy.entries import Entry
from promoter.policy.node import Fault
from promoter.policy.origins import Origin
from promoter.policy.rules import AppRules
from promoter.policy.scalars import show_duration
from promoter.policy.schema_app import AppForm, MovedForm
from promoter.policy.spelling import guess


def moved(entry: Entry) -> Tracked:
    """Give everything of the app that moves; its own entry goes before its group's, key by key."""

    def many(get: Callable[[AppForm], Mapping[str, MovedForm] | None]) -> tuple[Moved, ...]:
        forms = next((found for form in entry.forms if (found := get(form)) is not None), {})
        return tuple(form.build(name, entry.name) for name, form in forms.items())

    def texts(get: Callable[[AppForm], tuple[str, ...] | None]) -> tuple[str, ...]:
        found = next((found for form in entry.forms if (found := get(form)) is not None), ())
        return tuple(text.replace("{app}", entry.name) for text in found)

    return Tracked(
        images=many(lambda form: form.images),
        charts=many(lambda form: form.charts),
        values=texts(lambda form: form.values),
        files=texts(lambda form: form.files),
    )


def admits(entry: Entry) -> tuple[str, list[Fault]]:
    """Give the expression that says what is a complete set, and what it names that the app does not move."""
    form = next((form for form in entry.forms if form.admit is not None), None)
    if form is None or form.admit is None:
        return "", []
    text, tracked = form.admit.replace("{app}", entry.name), moved(entry)
    listed = {"images": tracked.images, "charts": tracked.charts}
    faults = []
    for kind, name in keyed(text):
        known = [rule.name for rule in listed.get(kind, ())] if kind != "values" else list(tracked.values)
        if name not in known and (known or kind == "values"):
            message = f"{entry.name} moves no {name}{guess(name, known)}"
            faults.append(Fault(form.spot("admit"), message))
    return text, faults


def described(entry: Entry, app: AppRules) -> tuple[Origin, ...]:
    """Tell what holds for the app in every environment, and who says so."""
    tracked = app.tracked
    values: dict[str, str] = {
        "path": app.path or ".",
        "images": ", ".join(one.name for one in tracked.images) or "all that a release names",
        "charts": ", ".join(one.name for one in tracked.charts) or "none",
        "values": ", ".join(tracked.values) or "none",
        "files": ", ".join(tracked.files) or "none",
        "render": _show_render(app),
        "object": app.object or "found",
        "settle": show_duration(app.settle),
        "admit": " ".join(app.admit.split()) or "any",
    }
    return tuple(Origin(key, value, _where(entry, key)) for key, value in values.items())


def _show_render(app: AppRules) -> str:
    kind = "found" if app.render.kind == "auto" else app.render.kind
    settings = [f"{key} {_text(value)}" for key, value in app.render.settings.items()]
    return "; ".join([kind, *settings])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _where(entry: Entry, key: str) -> str:
    for form in entry.forms:
        if getattr(form, key) is not None:
            return form.spot(key).where
    return "default"
