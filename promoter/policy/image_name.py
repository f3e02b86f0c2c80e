"""Image references in full: which registry holds an image, and under which name.

The grammar: https://github.com/distribution/reference. As with Docker a name whose first part is no host stands on
docker.io, and one without a folder there in `library/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

HUB: Final = "docker.io"
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True, order=True)
class ImageName:
    """`registry/path:tag@digest`; without tag and digest the tag is `latest`."""

    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """`ghcr.io/acme/shop`."""
        return f"{self.registry}/{self.path}"

    @property
    def version(self) -> str:
        """What asks the registry for it: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return f"{self.name}{f':{self.tag}' * bool(self.tag)}{f'@{self.digest}' * bool(self.digest)}"


def image_name(reference: str) -> ImageName:
    """Read a reference. Raises ValueError when it is none."""
    rest, at, digest = reference.partition("@")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        head, tag = rest, ""
    registry, path = _split(head)
    wrong = not _PATH.fullmatch(path) or not _HOST.fullmatch(registry) or len(reference) > 512
    if wrong or (at and not _DIGEST.fullmatch(digest)) or (head != rest and not _TAG.fullmatch(tag)):
        raise ValueError(f"{reference[:100]!r} is no image reference")
    return ImageName(registry.lower(), path, tag or ("" if digest else "latest"), digest)


def full_name(name: str) -> str:
    """Give `docker.io/library/nginx` for `nginx`, and for a folder of a registry the same: `docker.io/acme`."""
    registry, path = _split(name.rstrip("/"))
    return f"{registry.lower()}/{path}".rstrip("/")


def _split(name: str) -> tuple[str, str]:
    first, slash, path = name.partition("/")
    if "." in first or ":" in first or first == "localhost":
        return ("docker.io" if first == "index.docker.io" else first), path
    return HUB, name if slash else f"library/{name}"


def images_of(value: Any) -> Iterator[str]:
    """Give every image reference in an object: what stands under a key `image`, at any depth.

    That may be text, or a mapping with `reference` (of a volume) or with `repository` and what goes with it (of values
    of a chart). Secrets and ConfigMaps hold none: what stands there is text.
    """
    todo = [] if isinstance(value, Mapping) and value.get("kind") in ("Secret", "ConfigMap") else [value]
    while todo:
        here = todo.pop()
        if isinstance(here, Mapping):
            image = here.get("image")
            if isinstance(image, str) and image:
                yield image
            elif isinstance(image, Mapping):
                yield from _assembled(image)
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _assembled(image: Mapping[str, Any]) -> Iterator[str]:
    reference, repository = image.get("reference"), image.get("repository")
    if isinstance(reference, str) and reference:
        yield reference
    elif isinstance(repository, str) and repository:
        registry, tag, digest = (image.get(key) for key in ("registry", "tag", "digest"))
        name = f"{registry}/{repository}" if isinstance(registry, str) and registry else repository
        tagged = f"{name}:{tag}" if isinstance(tag, str | int | float) and str(tag) else name
        yield f"{tagged}@{digest}" if isinstance(digest, str) and digest else tagged
