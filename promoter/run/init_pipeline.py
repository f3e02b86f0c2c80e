"""The pipeline of GitLab that `promoter init` writes: the one of docs/gitlab, for this repository's branches.

It stands in a file of its own, which `.gitlab-ci.yml` includes; where there is a `.gitlab-ci.yml` already, that stays
as it is and the line to add is said.
"""

from __future__ import annotations

import re
from typing import Final

from promoter.errors import EdgeFailed
from promoter.git.store import Store
from promoter.layout.yaml_insert import scalar
from promoter.model.names import Oid
from promoter.run.documented import read_documented
from promoter.run.init_workflow import Offer
from promoter.run.survey_found import Note, Tone

ROOT: Final = ".gitlab-ci.yml"
PIPELINE: Final = ".gitlab/ci/promoter.yml"
INCLUDE: Final = f"include:\n  - local: /{PIPELINE}\n"
_RUNS: Final = re.compile(
    rf"^[^#\n]*(?:{re.escape(PIPELINE)}|/promoter/promoter@|templates/promoter/template\.yml|\bpromoter +gitlab-ci\b)",
    re.MULTILINE,
)
"""A line that brings promoter into a pipeline, by whichever of the documented ways."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+")
_PUSHED: Final = '    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH =~ /^environment\\//\n'


def offer_pipeline(store: Store, tree: Oid, template: str) -> Offer:
    """Give the pipeline for a repository that has none which runs promoter.

    `template`: of the branches with the environments' manifests, empty when values are edited in place. Raises
    EdgeFailed when promoter is not installed whole.
    """
    root = store.read(tree, ROOT)
    if runs_promoter(root):
        return Offer(notes=(Note(Tone.FOUND, "a pipeline runs promoter already", (ROOT,)),))
    text = pipeline_text(template).encode()
    there = store.read(tree, PIPELINE)
    if there not in (None, text):
        said = "there is a file of this name, which no pipeline includes; it is not overwritten"
        return Offer(notes=(Note(Tone.WARNING, said, (PIPELINE,)),))
    said = (
        f"{PIPELINE} runs promoter on GitLab by the token in the variable PROMOTER_TOKEN, masked and protected; it "
        "needs a schedule, see docs/gitlab.md (--no-workflow leaves the file out)"
    )
    files = {PIPELINE: text} if there is None else {}
    if root is None:
        return Offer({**files, ROOT: INCLUDE.encode()}, (Note(Tone.FOUND, said),))
    line = f"- local: /{PIPELINE}"
    return Offer(files, (Note(Tone.FOUND, said), Note(Tone.WARNING, f"add to its include: {line}", (ROOT,))))


def wake_text(store: Store, tree: Oid, branch: str, dry: str) -> str:
    """Give the `.gitlab-ci.yml` of a branch with manifests, which runs the pipeline of `tree` for what is merged there.

    Empty where `tree`, of the branch `dry`, has no such pipeline in a file of its own, or the branch's name would need
    quoting. Raises EdgeFailed when promoter is not installed whole.
    """
    if store.entry(tree, PIPELINE) is None or _PLAIN.fullmatch(branch) is None or _PLAIN.fullmatch(dry) is None:
        return ""
    text = read_documented("workflows/gitlab-branch.yml", "docs/gitlab/environment.gitlab-ci.yml")
    if text.count('"environment/prod"') != 1 or text.count("ref: main\n") != 1:
        raise EdgeFailed("the pipeline for branches that comes with promoter is another one", "Install promoter again.")
    body = text.partition("\nworkflow:\n")
    text = f"{body[1].lstrip()}{body[2]}"
    return text.replace('"environment/prod"', f'"{branch}"').replace("ref: main\n", f"ref: {scalar(dry)}\n")


def runs_promoter(pipeline: bytes | None) -> bool:
    """Tell whether a `.gitlab-ci.yml` brings promoter into the pipeline, as far as that file alone shows it."""
    return pipeline is not None and _RUNS.search(pipeline.decode("utf-8", "replace")) is not None


def pipeline_text(template: str) -> str:
    """Give the text of the pipeline; see `offer_pipeline`. Raises EdgeFailed when promoter is not installed whole."""
    text = read_documented("workflows/gitlab.yml", "docs/gitlab/promoter.yml")
    if text.count(_PUSHED) != 1:
        raise EdgeFailed(f"the {PIPELINE} that comes with promoter is another one", "Install promoter again.")
    pattern = _pattern(template)
    rule = f'    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH =~ {pattern}\n' if pattern else ""
    return text.replace(_PUSHED, rule)


def _pattern(template: str) -> str:
    """Give the pattern of a template's branches; of one that begins with a name: every branch without a slash."""
    head, brace, _ = template.partition("{")
    if not brace and not template:
        return ""
    escaped = re.sub(r"[^A-Za-z0-9_-]", lambda match: f"\\{match[0]}", head)
    return f"/^{escaped}{'' if brace else '$'}/" if escaped else r"/^[^\/]+$/"
