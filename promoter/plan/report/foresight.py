"""What merging a change of the dry branch would mean, as the one comment on a person's pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promoter.plan.report.explain_text import MARKER
from promoter.plan.report.foreign import code, prose
from promoter.plan.report.pull_what import manifests
from promoter.policy.rules import Config, Promote, Rules
from promoter.policy.scalars import show_duration

MANY = 30
"""So many apps and files are listed; more are counted."""
ROOM = 40_000
"""Characters of rendered difference."""
_WAYS = {
    Promote.COMMIT: "at once",
    Promote.AUTO: "by itself",
    Promote.REVIEW: "a person merges",
    Promote.REQUEST: "on request",
}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the change means for one app: environment -> files that change, or why it fails, and a difference."""

    app: str
    changed: Mapping[str, int]
    failed: Mapping[str, str]
    shown: str
    unseen: tuple[str, ...]
    """Environments that may change: a command makes their manifests."""


def foresight_markdown(
    config: Config,
    reaches: Sequence[Foreseen],
    at_once: Mapping[str, Sequence[str]],
    faults: Sequence[str] = (),
    trouble: str = "",
) -> str:
    """Give the comment."""
    return "\n".join([MARKER, *_lines(config, reaches, at_once, faults, trouble)]) + "\n"


def _lines(
    config: Config,
    reaches: Sequence[Foreseen],
    at_once: Mapping[str, Sequence[str]],
    faults: Sequence[str],
    trouble: str,
) -> Iterator[str]:
    if trouble:
        yield f"**promoter**: {prose(trouble)}, so nothing can be said of what merging this would reach."
        return
    if faults:
        yield "**promoter**: merging this makes the config invalid, and nothing would move until it is mended."
        yield ""
        yield from (f"- {prose(fault, 500)}" for fault in faults[:MANY])
        return
    if not reaches:
        yield "**promoter**: merging this changes no app."
        return
    yield _opening(config, reaches)
    yield ""
    yield from _table(config, reaches)
    for path, environments in list(at_once.items())[:MANY]:
        yield ""
        yield "> [!WARNING]"
        names = " and ".join([", ".join(environments[:-1]), environments[-1]])
        yield f"> {code(path)} is edited in place: this change reaches **{prose(names)} at once**, past every gate."
    if config.layout is not None and len(reaches) == 1:
        yield ""
        yield _way(config.apps[reaches[0].app].environments)
    for reach in reaches:
        for environment, why in reach.failed.items():
            yield f"- **{prose(environment)} does not render**: {prose(why, 1000)}"
        if reach.unseen:
            yield ""
            yield f"A command makes **{prose(reach.app)}**; none is run for a change that is not merged."
        if reach.shown and len(reaches) == 1:
            yield ""
            yield manifests(reach.shown, ROOM)


def _opening(config: Config, reaches: Sequence[Foreseen]) -> str:
    if len(reaches) == 1:
        reach = reaches[0]
        app, names = reach.app, ", ".join(f"**{prose(name)}**" for name in (*reach.changed, *reach.unseen))
        does = "may change" if reach.unseen else "changes"
        what = "makes a release of" if config.layout is not None else "changes"
        return f"**promoter**: merging this {what} **{prose(app)}**; it {does} {names or 'nothing that renders'}."
    return f"**promoter**: merging this changes **{len(reaches)} apps**."


def _table(config: Config, reaches: Sequence[Foreseen]) -> Iterator[str]:
    used = {name for reach in reaches for name in config.apps[reach.app].environments}
    names = [name for name in config.environments if name in used]
    yield f"| app | {' | '.join(prose(name) for name in names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for reach in reaches[:MANY]:
        cells = (_cell(config, reach, name) for name in names)
        yield f"| {prose(reach.app)} | {' | '.join(cells)} |"
    if len(reaches) > MANY:
        yield f"\nand {len(reaches) - MANY} more apps"


def _cell(config: Config, reach: Foreseen, name: str) -> str:
    if name not in config.apps[reach.app].environments:
        return ""
    if name in reach.failed:
        return "**does not render**"
    if name in reach.unseen:
        return "may change"
    number = reach.changed.get(name, 0)
    return f"{number} file{'s' if number > 1 else ''}" if number else "no change"


def _way(environments: Mapping[str, Rules]) -> str:
    return f"It will go {', '.join(f'{prose(name)} ({_how(rules)})' for name, rules in environments.items())}."


def _how(rules: Rules) -> str:
    said = [_WAYS[rules.promote]]
    if rules.gates:
        said.append(", ".join(dict.fromkeys(gate.kind for gate in rules.gates)))
    if rules.verify.soak:
        said.append(f"soaks {show_duration(rules.verify.soak)}")
    return "; ".join(said)
