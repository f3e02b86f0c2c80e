"""Who else writes versions into the repository: image automations, bots, other promoters."""

from __future__ import annotations

from collections.abc import Iterator

from promoter.layout.find_markers import markers
from promoter.layout.yaml_tree import Mapping
from promoter.run.survey_found import Note, Tone
from promoter.run.survey_tree import Dry

_FILES = {
    "renovate.json": "Renovate",
    "renovate.json5": "Renovate",
    ".renovaterc": "Renovate",
    ".renovaterc.json": "Renovate",
    ".github/renovate.json": "Renovate",
    ".github/renovate.json5": "Renovate",
    ".gitlab/renovate.json": "Renovate",
    ".github/dependabot.yml": "Dependabot",
    ".github/dependabot.yaml": "Dependabot",
    "gitops-promotion.yaml": "gitops-promotion",
    "telefonistka.yaml": "Telefonistka",
}
_KINDS = {
    "ImageUpdateAutomation": "Flux image automation",
    "PromotionStrategy": "GitOps Promoter",
    "Stage": "Kargo",
    "ImageUpdater": "Argo CD Image Updater",
}
_TEXTS = {
    b"argocd-image-updater.argoproj.io/": "Argo CD Image Updater",
    b"keel.sh/policy": "Keel",
}
_COMMANDS = ("kustomize edit set image", "yq -i", "yq e -i")
_SHOWN = 3


def writers(dry: Dry) -> Iterator[Note]:
    """Give a note for everything that seems to write versions by itself."""
    found: dict[str, list[str]] = {}
    for path in dry.files:
        for who, where in _of(dry, path):
            found.setdefault(who, []).append(where)
    for who, places in found.items():
        text = (
            f"{who} writes here too: let it write into the first environment only, or it goes round every gate"
            if who != "a workflow"
            else "a workflow edits files by script: what it writes goes round every gate"
        )
        yield Note(Tone.WARNING, text, tuple(places[:_SHOWN]))


def _of(dry: Dry, path: str) -> Iterator[tuple[str, str]]:
    if path in _FILES:
        yield _FILES[path], path
    if path.startswith(".github/workflows/") or path == ".gitlab-ci.yml":
        yield from _commands(dry, path)
        return
    if not path.endswith((".yaml", ".yml")):
        return
    data = dry.read(path)
    for word, who in _TEXTS.items():
        if word in data:
            line = data[: data.index(word)].count(b"\n") + 1
            yield who, f"{path}:{line}"
    if b"$imagepolicy" in data:
        file = dry.yaml(path)
        for marker in sorted(markers(file)) if file is not None else ():
            line = data[: data.index(marker.encode())].count(b"\n") + 1
            yield "Flux image automation", f"{path}:{line}"
    if not any(kind.encode() in data for kind in _KINDS):
        return
    file = dry.yaml(path)
    for document in file.documents if file is not None else ():
        if isinstance(document, Mapping) and _is_writer(document):
            yield _KINDS[document.text("kind")], f"{path}:{document.line}"


def _is_writer(document: Mapping) -> bool:
    kind, group = document.text("kind"), document.text("apiVersion").partition("/")[0]
    return kind in _KINDS and (kind != "Stage" or group == "kargo.akuity.io")


def _commands(dry: Dry, path: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(dry.text(path).split("\n"), 1):
        if any(command in line for command in _COMMANDS):
            yield "a workflow", f"{path}:{number}"
