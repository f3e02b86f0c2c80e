"""The workflow of GitHub Actions that `promoter init` writes: the one of docs/github, for this repository's branches.

There is one text of it: the file in the documentation, which an installed package carries along. It listens to pushes
to the branch that people edit and to those with the environments' manifests; nothing else differs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from promoter.errors import EdgeFailed
from promoter.git.store import Store
from promoter.layout.yaml_insert import scalar
from promoter.model.names import Oid
from promoter.run.documented import read_documented
from promoter.run.survey_found import Note, Tone
from promoter.run.workflows import FOLDER, read_workflows

WORKFLOW: Final = f"{FOLDER}/promoter.yaml"
_PUSHED: Final = '    branches: [main, "environment/**"]\n'
_INTO: Final = "    branches: [main]\n"


@dataclass(frozen=True, slots=True)
class Offer:
    """The workflow, when it is to be written, and what there is to say."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def offer(store: Store, tree: Oid, dry: str, template: str) -> Offer:
    """Give the workflow for a repository that has none which runs promoter.

    `dry`: the branch that people edit; `template`: of the branches with the environments' manifests, empty when values
    are edited in place. Raises EdgeFailed when promoter is not installed whole.
    """
    there = read_workflows(store, tree)
    if there:
        return Offer(notes=(Note(Tone.FOUND, "a workflow runs promoter already", tuple(one.path for one in there)),))
    if store.entry(tree, WORKFLOW) is not None:
        text = "there is a workflow of this name, which does not run promoter; it is not overwritten"
        return Offer(notes=(Note(Tone.WARNING, text, (WORKFLOW,)),))
    said = (
        f"{WORKFLOW} runs promoter on GitHub by the job's own token; what that pushes starts no other workflow, so "
        "where gates wait for checks give it the token of a GitHub App (--no-workflow leaves the file out)"
    )
    return Offer({WORKFLOW: workflow_text(dry, template).encode()}, (Note(Tone.FOUND, said),))


def workflow_text(dry: str, template: str) -> str:
    """Give the text of the workflow; see `offer`. Raises EdgeFailed when promoter is not installed whole."""
    text = read_documented("workflows/github.yaml", "docs/github/promoter.yaml")
    if text.count(_PUSHED) != 1 or text.count(_INTO) != 1:
        raise EdgeFailed("the workflow that comes with promoter is another one", "Install promoter again.")
    branches = [scalar(dry), *(json.dumps(one) for one in _pattern(template))]
    text = text.replace(_PUSHED, f"    branches: [{', '.join(branches)}]\n")
    return text.replace(_INTO, f"    branches: [{scalar(dry)}]\n")


def _pattern(template: str) -> list[str]:
    """Give the pattern of a template's branches; of one that begins with a name, `*`: every branch without a slash."""
    head, brace, _ = template.partition("{")
    if not brace:
        return [template] if template else []
    return [f"{head}**" if head else "*"]
