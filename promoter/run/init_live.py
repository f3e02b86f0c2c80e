"""`--live` of `promoter init`: how promoter is to learn what runs."""

from __future__ import annotations

from promoter.errors import UsageError
from promoter.layout.yaml_insert import Value
from promoter.run.survey_found import Note, Tone

DEFAULT: Value = {"kubernetes": {"context": "{environment}"}}


def parse_live(text: str) -> Value:
    """Read `none`, `files:PATH` or `kubernetes:CONTEXT`; empty: the default. Raises UsageError."""
    kind, _, setting = text.partition(":")
    if not text:
        return DEFAULT
    if text == "none":
        return "none"
    if kind == "files" and setting:
        return {"files": setting}
    if text == "kubernetes:in-cluster":
        return {"kubernetes": "in-cluster"}
    if kind == "kubernetes" and setting:
        return {"kubernetes": {"context": setting}}
    hint = "Say kubernetes:CONTEXT or files:PATH (templates over {environment}), kubernetes:in-cluster, or none."
    raise UsageError(f"--live {text} is no way to learn what runs", hint)


def live_note(text: str, environments: tuple[str, ...]) -> Note:
    """Say what the choice means, and what to do when it does not fit."""
    names = ", ".join(environments)
    if not text:
        return Note(
            Tone.WARNING,
            f"live: kubernetes, by kubeconfig contexts called {names}, is written because nothing else was said: "
            "promoter rbac prints the rights that it needs. Where a job saves the clusters' objects instead: "
            "--live files:status/{cluster}. If nothing can tell: --live none, so merged is verified",
        )
    if text == "none":
        return Note(Tone.WARNING, "live: none: merged counts as verified, whether it runs or not")
    place = "{environment}" in text or "{cluster}" in text
    if len(environments) > 1 and not place:
        return Note(
            Tone.WARNING,
            f"{text} is the same for {names}; where each has its own, put {{environment}} or {{cluster}} into it",
        )
    return Note(Tone.FOUND, f"what runs is read from {text.replace(':', ' ', 1)}, as asked")
