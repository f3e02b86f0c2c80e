"""Which GitHub a repository is on, and where its API is.

Sources: "Getting started with the REST API" (github.com), "Enterprise Server: REST API" (`/api/v3`), "GitHub Enterprise
Cloud with data residency" (`api.NAME.ghe.com`); the variables of a job: "Default environment variables".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from promoter.forge.address import web_address

PUBLIC = "github.com"


@dataclass(frozen=True, slots=True)
class GitHubPlace:
    """One repository on one GitHub."""

    server: str
    """`https://github.com`."""
    api: str
    """Its REST API: `api.github.com`, or `/api/v3` on a server of one's own; with the scheme."""
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{urlsplit(self.server).netloc}/{self.owner}/{self.name}"


def find_place(url: str, env: Mapping[str, str]) -> GitHubPlace | None:
    """Give the place of the repository at `url` when that is on GitHub; None for anything else.

    GitHub is: github.com, `*.ghe.com`, the server of the job that runs (`GITHUB_SERVER_URL`), and any server when
    `PROMOTER_FORGE` is `github`.
    """
    split = web_address(url, "ssh.")
    if split is None:
        return None
    server, path = split
    host = urlsplit(server).hostname or ""
    jobs = env.get("GITHUB_SERVER_URL", "").rstrip("/")
    is_jobs = bool(jobs) and urlsplit(jobs).hostname == host
    if is_jobs and urlsplit(server).scheme == "https":
        server = jobs  # a Git address by SSH does not tell the port
    said = env.get("PROMOTER_FORGE") == "github"
    if not (host == PUBLIC or host.endswith(".ghe.com") or is_jobs or said):
        return None
    parts = path.strip("/").removesuffix(".git").split("/")
    if len(parts) < 2 or not all(parts[-2:]):
        return None
    return GitHubPlace(server, _api(server, host, is_jobs, env), parts[-2], parts[-1])


def _api(server: str, host: str, is_jobs: bool, env: Mapping[str, str]) -> str:
    if is_jobs and env.get("GITHUB_API_URL"):
        return env["GITHUB_API_URL"].rstrip("/")
    if host == PUBLIC or host.endswith(".ghe.com"):
        return urlsplit(server)._replace(netloc=f"api.{host}").geturl()
    return f"{server}/api/v3"
