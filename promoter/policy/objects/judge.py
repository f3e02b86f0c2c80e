"""What rules say of objects: their structure, their kinds, where their images come from, expressions of CEL.

Invariants: what cannot be judged is unknown, and one object that fails makes all fail; a reason names fields and rules,
never a value that stands in an object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from promoter.model.ask import Ask, Reply
from promoter.model.verdict import Answer
from promoter.policy.cel import Missing, evaluated
from promoter.policy.image_name import full_name, image_name, images_of
from promoter.policy.objects.kinds import Kinds, Refused, Unknown
from promoter.policy.objects.structure import NotJudged

NAMES: Final = frozenset({"object", "images", "app", "environment", "version"})
"""What an expression is over."""
_SHOWN: Final = 3

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """What must be true of objects."""

    kubernetes: str = ""
    """`1.34`; empty: structure and kinds are not judged."""
    schemas: tuple[str, ...] = ()
    """Where definitions of more kinds are."""
    unknown_kinds: bool = False
    """Whether objects of kinds that are not known may pass unseen."""
    deprecated: bool = True
    """Whether kinds may be used that will be gone one day."""
    registries: tuple[str, ...] = ()
    """Where images may come from, `ghcr.io/acme`; empty: anywhere."""
    cel: tuple[tuple[str, str], ...] = ()
    """Name -> expression."""


@dataclass(frozen=True, slots=True)
class _Said:
    answer: Answer
    words: str


def judge(objects: Sequence[Object], rules: Rules, kinds: Kinds | None, ask: Ask) -> Reply:
    """Give what `rules` say of `objects`; `kinds` are known when the rules are for a version of Kubernetes."""
    said = [one for obj in objects for one in _judged(obj, rules, kinds, ask)]
    for answer in (Answer.FAILURE, Answer.UNKNOWN):
        wrong = [one.words for one in said if one.answer is answer]
        if wrong:
            return Reply(answer, first_of(wrong))
    notes = sorted({one.words for one in said})
    count = "1 object" if len(objects) == 1 else f"{len(objects)} objects"
    return Reply(Answer.SUCCESS, "; ".join([count, *notes[:_SHOWN]]))


def first_of(words: Sequence[str]) -> str:
    """Give the first of what is to be said, each once, and how much more there is."""
    once = list(dict.fromkeys(words))
    more = f"; and {len(once) - _SHOWN} more" if len(once) > _SHOWN else ""
    return "; ".join(once[:_SHOWN]) + more


def name_of(obj: Object) -> str:
    """Give `Deployment/shop`."""
    metadata = obj.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else ""
    return f"{obj.get('kind')}/{name}"


def _judged(obj: Object, rules: Rules, kinds: Kinds | None, ask: Ask) -> Iterator[_Said]:
    name = name_of(obj)
    if kinds is not None:
        for one in _structure(obj, rules, kinds):
            yield _Said(one.answer, f"{name}: {one.words}" if one.answer is not Answer.SUCCESS else one.words)
    images = list(images_of(obj))
    for image in images if rules.registries else ():
        told = _from(image, rules.registries)
        if told:
            yield _Said(Answer.FAILURE, f"{name}: {told}")
    for rule, text in rules.cel:
        said = _expression(obj, images, rule, text, ask)
        if said is not None:
            yield _Said(said.answer, f"{name}: {said.words}")


def _structure(obj: Object, rules: Rules, kinds: Kinds) -> Iterator[_Said]:
    found = kinds.structure(obj)
    if isinstance(found, Refused):
        yield _Said(Answer.FAILURE, found.reason)
        return
    if isinstance(found, Unknown):
        if not rules.unknown_kinds:
            yield _Said(Answer.UNKNOWN, found.reason)
        return
    old = kinds.deprecated(obj)
    if old:
        yield _Said(Answer.SUCCESS if rules.deprecated else Answer.FAILURE, old)
    try:
        for fault in found.faults(obj):
            yield _Said(Answer.FAILURE, fault)
        if found.custom:
            for fault in kinds.metadata().faults(obj.get("metadata"), "metadata"):
                yield _Said(Answer.FAILURE, fault)
    except NotJudged as error:
        yield _Said(Answer.UNKNOWN, f"the definition of its kind {error}")


def _from(image: str, registries: Sequence[str]) -> str:
    """Give why `image` may not be used; empty when it may."""
    try:
        name = image_name(image).name
    except ValueError:
        return "holds an image that is no reference"
    allowed = (full_name(one) if "/" in one else one.lower() for one in registries)
    if any(name == one or name.startswith(f"{one}/") for one in allowed):
        return ""
    return f"{name} is not from {', '.join(registries)}"


def _expression(obj: Object, images: Sequence[str], rule: str, text: str, ask: Ask) -> _Said | None:
    """Give what is wrong by the expression; None: it is true."""
    facts = {"object": obj, "images": images, "app": ask.app, "environment": ask.environment, "version": ask.version}
    try:
        value = evaluated(text, facts)
    except Missing as missing:
        what = "something" if obj.get("kind") == "Secret" else missing.name
        return _Said(Answer.UNKNOWN, f"{rule} asks for {what}, which is not there; ask first: has(...)")
    except ValueError:
        return _Said(Answer.UNKNOWN, f"{rule} cannot be judged of it")
    if value is True:
        return None
    if value is False:
        return _Said(Answer.FAILURE, f"{rule} is not true")
    return _Said(Answer.UNKNOWN, f"{rule} gives neither true nor false")
