"""Programs of the config repository that run before or after something happens to a preview.

The contract: an executable file of the dry branch, run in a copy of that branch's tip and in a clean environment:
PROMOTER_EVENT (`create`, `update`, `archive`, `restore`, `cleanup`), PROMOTER_PREVIEW, PROMOTER_APP,
PROMOTER_ENVIRONMENT, PROMOTER_NAMESPACE, PROMOTER_HOSTS (with spaces between), PROMOTER_CONTENT (a folder with the
preview's manifests: the new ones, at its end the last ones), and the variables that its config names. It has succeeded
when it ends with 0 in time. Never runs what a change that is not merged brings.
"""

from __future__ import annotations

import os

from promoter.errors import EdgeFailed, RenderFailed
from promoter.model.names import Oid
from promoter.model.preview import Preview
from promoter.render.port import Unable
from promoter.run.preview.standing import rules
from promoter.run.scratch import scratch
from promoter.run.workspace import Workspace

_HIDDEN = "***"


class HookFailed(EdgeFailed):
    """A program beside a preview did not succeed (exit 1)."""


def run_hook(ws: Workspace, name: str, preview: Preview, dry: Oid, judged: Oid) -> None:
    """Run the hook `name` (`after create`), if there is one; `judged`: the commit with the manifests.

    Raises HookFailed, NotRunnable, EdgeFailed.
    """
    hook = rules(ws).hooks.get(name)
    if hook is None:
        return
    missing = [variable for variable in hook.variables if variable not in os.environ]
    if missing:
        raise HookFailed(f"{name}: the variable {missing[0]} is not set", "Give it to the job that runs promoter.")
    secrets = {variable: os.environ[variable] for variable in hook.variables}
    copy = scratch(ws.repository.store, dry, ws.branch, hook.run[0], judged, "/".join(preview.key))
    facts = {
        "PROMOTER_EVENT": name.rpartition(" ")[2],
        "PROMOTER_PREVIEW": preview.name,
        "PROMOTER_APP": preview.app,
        "PROMOTER_ENVIRONMENT": preview.source,
        "PROMOTER_NAMESPACE": preview.namespace,
        "PROMOTER_HOSTS": " ".join(preview.hosts),
        "PROMOTER_CONTENT": str(copy.content),
    }
    try:
        copy.run(hook.run[1:], hook.within, {**facts, **secrets}, ws.path)
    except (RenderFailed, Unable) as error:
        message = error.message
        for value in sorted(filter(None, secrets.values()), key=len, reverse=True):
            message = message.replace(value, _HIDDEN)
        raise HookFailed(f"{name} of {preview.name}: {message}") from None
