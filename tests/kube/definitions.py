"""The delivery tools' definitions in a server: all of them, or those that are named."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from tests.kube.api import Api, Refused

SECONDS = 30.0


def install(api: Api, folder: Path, names: Iterable[str] = ()) -> None:
    """Create the definitions `PLURAL.GROUP` of `folder`, all when none is named, and wait until they are served."""
    wanted = set(names) or {path.stem for path in folder.glob("*.yaml")}
    for name in sorted(wanted):
        api(
            "POST",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            (folder / f"{name}.yaml").read_bytes(),
            "yaml",
        )
    end = time.monotonic() + SECONDS
    while waiting := [name for name in sorted(wanted) if not _served(api, name)]:
        if time.monotonic() > end:
            raise TimeoutError(f"not established after {SECONDS:.0f} s: {', '.join(waiting)}")
        wanted = set(waiting)
        time.sleep(0.05)


def _served(api: Api, name: str) -> bool:
    """Tell whether the definition is established, and every version of it can be listed."""
    found = api("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")
    said = {each["type"]: each["status"] for each in found.get("status", {}).get("conditions") or ()}
    if said.get("Established") != "True":
        return False
    plural, _, group = name.partition(".")
    try:
        for version in found["spec"]["versions"]:
            if version["served"]:
                api("GET", f"/apis/{group}/{version['name']}/{plural}?limit=1")
    except Refused as refused:
        if refused.status in (404, 429, 503):
            return False
        raise
    return True
