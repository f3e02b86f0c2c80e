"""The local forge's runner: a job is an executable file of the dry branch, run here in a copy of that.

It sees its inputs as `PROMOTER_APP`, `PROMOTER_ENVIRONMENT`, `PROMOTER_RELEASE`, `PROMOTER_VERSION`, `PROMOTER_SHA` and
`PROMOTER_KEY`, and in `PROMOTER_CONTENT` the path of a copy of that commit; it has passed when it ends with 0.
"""

from __future__ import annotations

from promoter.errors import Rejected, RenderFailed
from promoter.forge.local_jobs import Runner
from promoter.git.repository import Repository
from promoter.model.job import Job
from promoter.model.names import Oid
from promoter.render.port import Unable
from promoter.run.scratch import NotRunnable, scratch


def runner(repository: Repository, search: str | None) -> Runner:
    """Give what runs jobs of `repository`; `search`: their PATH."""

    def run(job: Job) -> tuple[bool, str]:
        ref = f"refs/heads/{job.branch}"
        dry = repository.refs([ref]).get(ref)
        if dry is None:
            raise Rejected(f"there is no branch {job.branch}")
        absent = [commit for commit in (dry, Oid(job.inputs["sha"])) if not repository.store.has(commit)]
        if absent:
            repository.fetch(absent)
        try:
            copy = scratch(repository.store, dry, job.branch, job.workflow, Oid(job.inputs["sha"]), "")
        except NotRunnable as error:
            raise Rejected(error.message, error.hint) from None
        facts = {f"PROMOTER_{name.upper()}": value for name, value in job.inputs.items()}
        facts["PROMOTER_CONTENT"] = str(copy.content)
        try:
            said = copy.run((), job.within, facts, search)
        except (RenderFailed, Unable) as error:
            return False, error.message
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return True, lines[-1] if lines else ""

    return run
