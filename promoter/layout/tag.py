"""Image tags, digests and references, and chart versions: what may stand in a file or a command.

Grammar: OCI distribution specification (tags, digests) and the `distribution/reference` grammar (names with a registry
and port). Chart versions: SemVer 2 as Helm reads it (a leading `v` and missing minor or patch numbers are allowed).
Invariant: nothing that passes here has a meaning to a shell, to YAML's structure or to a regular expression's reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from promoter.errors import UsageError

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_VERSION = re.compile(
    r"v?(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){0,2}"
    r"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_NAME_LIMIT = 255
_VERSION_LIMIT = 128
_ODD = re.compile(r"[^A-Za-z0-9_.\-]")


@dataclass(frozen=True, slots=True)
class Pin:
    """What pins an image: a tag, a digest, or both. Written `1.3.9`, `@sha256:...` or `1.3.9@sha256:...`."""

    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.tag}@{self.digest}" if self.digest else self.tag


@dataclass(frozen=True, slots=True)
class Reference:
    """An image reference: a name as it was written, and what pins it."""

    name: str
    pin: Pin = Pin()

    def __str__(self) -> str:
        tag = f":{self.pin.tag}" if self.pin.tag else ""
        digest = f"@{self.pin.digest}" if self.pin.digest else ""
        return f"{self.name}{tag}{digest}"


def is_tag(text: str) -> bool:
    """Tell whether `text` is an OCI tag."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Tell whether `text` is a digest by a registered algorithm (`sha256`, `sha512`)."""
    return _DIGEST.fullmatch(text) is not None


def is_image_name(text: str) -> bool:
    """Tell whether `text` is an image name: `redis`, `acme/shop`, `registry.example:5000/acme/shop`."""
    if not text or len(text) > _NAME_LIMIT:
        return False
    first, slash, rest = text.partition("/")
    if slash and _names_a_registry(first):
        return _HOST.fullmatch(first) is not None and all(map(_COMPONENT.fullmatch, rest.split("/")))
    return all(map(_COMPONENT.fullmatch, text.split("/")))


def is_version(text: str) -> bool:
    """Tell whether `text` is one exact chart version (not a range)."""
    return len(text) <= _VERSION_LIMIT and _VERSION.fullmatch(text) is not None


def parse_pin(text: str) -> Pin | None:
    """Read `1.3.9`, `@sha256:...` or `1.3.9@sha256:...`; None when it is none of them."""
    tag, at, digest = text.partition("@")
    if at and not is_digest(digest):
        return None
    if tag and not is_tag(tag):
        return None
    return Pin(tag, digest) if tag or digest else None


def parse_reference(text: str) -> Reference | None:
    """Read an image reference; None when `text` is none (a URL, a template, a file name with odd characters)."""
    rest, at, digest = text.partition("@")
    if at and not is_digest(digest):
        return None
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    name = head + slash + last
    if (colon and not is_tag(tag)) or not is_image_name(name):
        return None
    return Reference(name, Pin(tag, digest))


def familiar(name: str) -> str:
    """Give the one spelling under which two names of the same image are equal: `docker.io/library/redis` is `redis`."""
    for registry in ("docker.io/", "index.docker.io/"):
        if name.startswith(registry):
            name = name.removeprefix(registry)
            return name.removeprefix("library/") if name.count("/") == 1 else name
    return name.removeprefix("library/") if name.count("/") == 1 else name


def check_pin(text: str) -> Pin:
    """Read the tag and digest that somebody asked for.

    Raises UsageError, naming the first character that may not stand there.
    """
    pin = parse_pin(text)
    if pin is None:
        raise UsageError(f"{text!r} is not an image tag: {_fault(text)}", _TAG_HINT)
    return pin


def check_version(text: str) -> str:
    """Give the chart version that somebody asked for. Raises UsageError when it is not one exact version."""
    if not is_version(text):
        raise UsageError(f"{text!r} is not one exact chart version", "Write it like 6.6.1, without a range.")
    return text


_TAG_HINT = "A tag is at most 128 letters, digits, '_', '.' and '-', not '.' or '-' first; @sha256:... may follow."


def _names_a_registry(first: str) -> bool:
    """Apply Docker's rule: the first component is a registry when it could not be a path component."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _fault(text: str) -> str:
    tag, at, digest = text.partition("@")
    if not text:
        return "it is empty"
    odd = _ODD.search(tag)
    if odd:
        return f"{odd.group()!r} may not stand in it"
    if at and not is_digest(digest):
        return f"{digest!r} is not a sha256 or sha512 digest"
    return "it is too long" if len(tag) > _VERSION_LIMIT else f"it may not begin with {tag[0]!r}"
