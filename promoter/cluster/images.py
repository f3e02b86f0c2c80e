"""Image references, compared: whether a workload runs the image that a release brought.

A reference is `[registry/]name[:tag][@digest]` (distribution's reference grammar). A digest on both sides decides; a
tag decides when one side has no digest.
"""

from __future__ import annotations

from collections.abc import Iterable


def parse_image(reference: str) -> tuple[str, str, str]:
    """Give (name, tag, digest) of an image reference; what is missing is empty."""
    name, _, digest = reference.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return name, "", digest
    return head, tag, digest


def stale_image(wanted: Iterable[str], running: Iterable[str]) -> tuple[str, str] | None:
    """Give the first (wanted, running) pair where only other versions of a wanted image run; None when there is none.

    An image that no workload uses proves nothing and is passed over. One that some workloads use in the wanted version
    and others in another one is no contradiction: a sidecar may stay behind on purpose.
    """
    known = [(reference, *parse_image(reference)) for reference in running]
    for reference in wanted:
        name, tag, digest = parse_image(reference)
        same_name = [entry for entry in known if entry[1] == name]
        if same_name and not any(_same(tag, digest, entry[2], entry[3]) for entry in same_name):
            return reference, same_name[0][0]
    return None


def _same(tag: str, digest: str, other_tag: str, other_digest: str) -> bool:
    if digest and other_digest:
        return digest == other_digest
    return bool(tag) and tag == other_tag
