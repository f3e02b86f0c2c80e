"""Images in Helm values, in a values file or a HelmRelease: `repository` beside `tag`, `digest` and `registry`.

The keys may carry a prefix (`imageRepository` beside `imageTag`), and `image:` may be the name where a tag stands
beside it. Argo CD's `helm.parameters` hold the same as `name: image.tag`, `value: 1.3.9`. A tag with nothing beside it
that says of which image is not found but offered by `orphans`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import replace

from promoter.layout.place import Part, Place, place_of
from promoter.layout.tag import is_image_name
from promoter.layout.yaml_tree import Mapping, Path, Scalar, YamlFile

_SPELLINGS = (
    ("repository", "registry", "tag", "digest"),
    ("Repository", "Registry", "Tag", "Digest"),
    ("image", "registry", "tag", "digest"),
    ("image", "imageRegistry", "imageTag", "imageDigest"),
)
"""How the keys of a name, its registry, its tag and its digest end, after the same prefix."""


def find(file: YamlFile) -> Iterator[Place]:
    """Find the tags and digests that stand beside a repository."""
    for mapping in file.mappings:
        yield from _beside(file, {key: node for key in mapping.entries if (node := mapping.scalar(key))}, mapping.path)
        if "parameters" in mapping.entries:
            yield from _beside(file, _parameters(mapping), (*mapping.path, "parameters"))


def orphans(file: YamlFile) -> Iterator[Scalar]:
    """Give the tags that have no image beside them: what a person may have meant."""
    for mapping in file.mappings:
        tag = mapping.scalar("tag")
        if tag and not mapping.text("repository") and not mapping.text("image"):
            yield tag


def _beside(file: YamlFile, scalars: MappingOf[str, Scalar], path: Path) -> Iterator[Place]:
    for key, scalar in scalars.items():
        for name, registry, tag, digest in _SPELLINGS:
            if not (key == name or (name != "image" and key.endswith(name))):
                continue
            prefix = key.removesuffix(name)
            host = scalars[prefix + registry].value.rstrip("/") if prefix + registry in scalars else ""
            image = f"{host}/{scalar.value}" if host else scalar.value
            for ending, part in ((tag, Part.TAG), (digest, Part.DIGEST)):
                found = scalars.get(prefix + ending)
                if found and is_image_name(image):
                    yield replace(place_of(file.name, found, part, (image,)), group=(*path, prefix))


def _parameters(mapping: Mapping) -> dict[str, Scalar]:
    """Read a list `parameters` of `name` and `value` as if it were a mapping."""
    found: dict[str, Scalar] = {}
    for entry in mapping.mappings("parameters"):
        value = entry.scalar("value")
        if value and entry.text("name"):
            found[entry.text("name")] = value
    return found
