"""Flux Kustomizations and Argo CD Applications in the repository: which of its folders each delivers.

Formats: `kustomize.toolkit.fluxcd.io` Kustomization (`spec.path` within its source), `source.extensions.fluxcd.io`
ArtifactGenerator (`spec.artifacts[].copy` from the repository into an artifact), `argoproj.io` Application.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promoter.cluster.reader import clean_path
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.layout.yaml_tree import YamlFile
from promoter.run.survey_found import Delivery
from promoter.run.survey_tree import Dry

_WORDS = (b"kustomize.toolkit.fluxcd.io", b"source.extensions.fluxcd.io", b"argoproj.io")


def deliveries(dry: Dry) -> list[Delivery]:
    """Give every object that delivers a folder, in the order of the files."""
    files = [file for path in dry.files if (file := _worth(dry, path)) is not None]
    found: list[Delivery] = []
    artifacts: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for file in files:
        artifacts.setdefault(_folder(file), {}).update(_artifacts(file))
    for file in files:
        for obj in _objects(file):
            found += _of(file, obj, artifacts[_folder(file)])
    return found


def delivers(found: Sequence[Delivery], path: str, *, is_file: bool) -> Delivery | None:
    """Give what delivers `path`: the object for that folder, else the one for the nearest folder above it."""
    wanted = [path, path.rpartition("/")[0]] if is_file else [path]
    exact = [one for one in found if one.path in wanted]
    if len(exact) == 1:
        return exact[0]
    above = [one for one in found if one.path and path.startswith(f"{one.path}/")]
    nearest = [one for one in above if len(one.path) == max(len(other.path) for other in above)]
    return nearest[0] if len(nearest) == 1 and not exact else None


def _worth(dry: Dry, path: str) -> YamlFile | None:
    if not path.endswith((".yaml", ".yml")) or not any(word in dry.read(path) for word in _WORDS):
        return None
    return dry.yaml(path)


def _folder(file: YamlFile) -> str:
    return file.name.rpartition("/")[0]


def _objects(file: YamlFile) -> Iterator[YamlMapping]:
    for document in file.documents:
        if isinstance(document, YamlMapping):
            yield document


def _of(file: YamlFile, obj: YamlMapping, artifacts: Mapping[str, list[tuple[str, str]]]) -> Iterator[Delivery]:
    group, kind = obj.text("apiVersion").partition("/")[0], obj.text("kind")
    name = "/".join(filter(None, (kind, obj.text("metadata", "namespace"), obj.text("metadata", "name"))))
    where = f"{file.name}:{obj.line}"
    if (group, kind) == ("kustomize.toolkit.fluxcd.io", "Kustomization"):
        path = clean_path(obj.text("spec", "path"))
        source = obj.text("spec", "sourceRef", "kind")
        if source == "GitRepository":
            yield Delivery(name, path, where, direct=True)
        elif source == "ExternalArtifact":
            copies = artifacts.get(obj.text("spec", "sourceRef", "name"), [])
            origin = _origin(path, copies)
            if origin is not None:
                yield Delivery(name, origin, where, direct=False)
    elif (group, kind) == ("argoproj.io", "Application"):
        single = obj.mapping("spec", "source")
        for source_of in [single] if single is not None else list(obj.mappings("spec", "sources")):
            if source_of.text("path") and not source_of.text("chart") and "oci://" not in source_of.text("repoURL"):
                yield Delivery(name, clean_path(source_of.text("path")), where, direct=True)


def _artifacts(file: YamlFile) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give artifact name -> (folder in the repository, folder in the artifact) of what is copied."""
    for obj in _objects(file):
        if obj.text("kind") != "ArtifactGenerator":
            continue
        for artifact in obj.mappings("spec", "artifacts"):
            copies = [(_inside(one.text("from")), _inside(one.text("to"))) for one in artifact.mappings("copy")]
            yield artifact.text("name"), copies


def _inside(path: str) -> str:
    """Give `@artifact/base/` as `base` and `@monorepo/apps/base/**` as `apps/base`."""
    return clean_path(path.partition("/")[2].removesuffix("**"))


def _origin(path: str, copies: list[tuple[str, str]]) -> str | None:
    """Give the folder of the repository that stands at `path` in an artifact."""
    fits = [(into, start) for start, into in copies if path == into or path.startswith(f"{into}/") or not into]
    if not fits:
        return None
    into, start = max(fits, key=lambda pair: len(pair[0]))
    rest = path[len(into) :].strip("/")
    return "/".join(filter(None, (start, rest)))
