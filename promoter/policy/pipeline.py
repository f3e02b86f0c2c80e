"""The environments of a config in their order, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promoter.policy.node import Fault
from promoter.policy.order import in_order
from promoter.policy.rules import After
from promoter.policy.schema_rules import EnvironmentForm
from promoter.policy.spelling import guess


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The environments, each after those it comes after."""

    order: tuple[str, ...]
    forms: Mapping[str, EnvironmentForm]
    after: Mapping[str, After]
    faults: tuple[Fault, ...]

    def where(self, environment: str) -> str:
        """Say who says what `environment` comes after."""
        form = self.forms[environment]
        spot = form.spot("after")
        return spot.where if form.after is not None else f"{form.spot('name').where} (list order)"


def pipeline(environments: Sequence[EnvironmentForm]) -> Pipeline:
    """Put `environments` into their order; unknown names and circles are faults."""
    forms: dict[str, EnvironmentForm] = {}
    faults: list[Fault] = []
    for form in environments:
        if form.name in forms:
            first = forms[form.name].spot("name").line
            faults.append(Fault(form.spot("name"), f"{form.name} stands here a second time, first in line {first}"))
        else:
            forms[form.name] = form
    faults += _renamed(forms)
    after: dict[str, After] = {}
    before: tuple[str, ...] = ()
    for name, form in forms.items():
        own = form.after if form.after is not None else After(before)
        faults += [
            Fault(form.spot("after"), f"unknown environment {other}{guess(other, list(forms))}")
            for other in own.names
            if other not in forms
        ]
        known = tuple(other for other in own.names if other in forms)
        after[name] = After(known, any=own.any and len(known) > 1)
        before = (name,)
    order, circle = in_order(list(forms), after)
    if circle:
        faults.append(Fault(forms[circle[0]].spot("after"), _circle_message(circle)))
        # The rest is judged as if the circle were cut.
        left = [name for name in forms if name not in order]
        after.update(dict.fromkeys(left, After()))
        order = (*order, *left)
    return Pipeline(order, forms, after, tuple(faults))


def _renamed(forms: Mapping[str, EnvironmentForm]) -> list[Fault]:
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    for name, form in forms.items():
        if form.was is None:
            continue
        if form.was in forms:
            message = f"{form.was} is an environment still; one that was renamed is listed by its new name alone"
            faults.append(Fault(form.spot("was"), message))
        elif form.was in taken:
            message = f"{taken[form.was]} was {form.was} too; only one environment can take over what stood there"
            faults.append(Fault(form.spot("was"), message))
        taken.setdefault(form.was, name)
    return faults


def _circle_message(circle: Sequence[str]) -> str:
    if len(circle) == 1:
        return f"{circle[0]} comes after itself"
    return f"{' after '.join([*circle, circle[0]])}: environments cannot come after each other"
