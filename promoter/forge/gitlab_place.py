"""Which GitLab a repository is on.

Sources: "REST API" (`/api/v4`), "GraphQL API" (`/api/graphql`), "Predefined CI/CD variables" (`CI_SERVER_URL`,
`CI_SERVER_HOST`), "Configure a relative URL".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from promoter.forge.address import web_address

PUBLIC = "gitlab.com"


@dataclass(frozen=True, slots=True)
class GitLabPlace:
    """One project on one GitLab."""

    server: str
    """`https://gitlab.com`; with the path below which GitLab is, where it has one."""
    path: str
    """`group/sub/project`."""

    @property
    def api(self) -> str:
        """The project in the REST API, below the API's own address."""
        return f"/projects/{quote(self.path, safe='')}"

    @property
    def root(self) -> str:
        """The group at the top."""
        return self.path.partition("/")[0]

    def __str__(self) -> str:
        return f"{urlsplit(self.server).netloc}/{self.path}"


def find_place(url: str, env: Mapping[str, str]) -> GitLabPlace | None:
    """Give the place of the repository at `url` when that is on GitLab; None for anything else.

    GitLab is: gitlab.com, hosts that begin with `gitlab.`, the server of the job that runs (`CI_SERVER_URL`,
    `CI_SERVER_HOST`), and any server when `PROMOTER_FORGE` is `gitlab`.
    """
    split = web_address(url, "altssh.")
    if split is None:
        return None
    server, path = split
    host = urlsplit(server).hostname or ""
    jobs = env.get("CI_SERVER_URL", "").rstrip("/")
    is_jobs = host in (urlsplit(jobs).hostname, env.get("CI_SERVER_HOST", ""))
    if not (host == PUBLIC or host.startswith("gitlab.") or is_jobs or env.get("PROMOTER_FORGE") == "gitlab"):
        return None
    path = path.strip("/").removesuffix(".git").removesuffix("/-").strip("/")
    if jobs and is_jobs:
        below = urlsplit(jobs).path.strip("/")
        if urlsplit(server).scheme == "https" or urlsplit(server).netloc == urlsplit(jobs).netloc:
            server = jobs  # a Git address by SSH does not tell the port
        path = path.removeprefix(f"{below}/") if below else path
    if "/" not in path or not all(path.split("/")):
        return None
    return GitLabPlace(server, path)
