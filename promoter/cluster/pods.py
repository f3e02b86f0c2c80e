"""What a workload says of its pods."""

from __future__ import annotations

from promoter.cluster.objects import Object, dig, entries, text


def pod_images(workload: Object) -> tuple[str, ...]:
    """Give the images in a workload's pod template, init containers included, in their order."""
    return images_of(dig(workload, "spec", "template", "spec"))


def images_of(pod: object) -> tuple[str, ...]:
    """Give the images in the spec of a pod."""
    containers = (*entries(pod, "initContainers"), *entries(pod, "containers"))
    return tuple(image for image in (text(container, "image") for container in containers) if image)
