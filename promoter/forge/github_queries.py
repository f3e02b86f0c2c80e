"""The questions that are put to GitHub's GraphQL.

Many things of one kind are asked for in one query, each under a name of its own (`p12`). A query costs a point of the
hourly budget for every hundred connections in it, so nothing nests a connection in one of unknown length.
Schema: GitHub's public GraphQL schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from promoter.forge.github_connection import ABOUT, ABOUT_REPOSITORY

T = TypeVar("T")

BATCH: Final = 100
"""How many things one query asks for."""

ACTOR: Final = "{__typename login}"
_PAGE: Final = "pageInfo{hasNextPage endCursor}"

SHORT: Final = f"""
fragment Short on PullRequest {{
  id number state title isDraft headRefName headRefOid baseRefName isCrossRepository createdAt closedAt url
  author {ACTOR} mergedBy {ACTOR} mergeCommit {{oid}}
}}"""
"""What costs nothing: no connection in it."""

_CONTEXTS: Final = f"""nodes {{
  __typename
  ... on StatusContext {{context state description targetUrl createdAt creator {ACTOR}}}
  ... on CheckRun {{
    name status conclusion detailsUrl startedAt completedAt title
    checkSuite {{app {{slug}} workflowRun {{workflow {{databaseId}}}}}}
  }}
}} {_PAGE}"""
CHECKS: Final = f"""
fragment Checks on StatusCheckRollup {{contexts(first: 100) {{{_CONTEXTS}}}}}"""
MORE_CHECKS: Final = f"statusCheckRollup {{contexts(first: 100, after: $after) {{{_CONTEXTS}}}}}"
REVIEWS: Final = f"nodes {{state submittedAt author {ACTOR} commit {{oid}}}} {_PAGE}"

WHOLE: Final = f"""
fragment Whole on PullRequest {{
  ...Short
  body mergeable mergeStateStatus mergeQueueEntry {{enqueuer {ACTOR}}}
  labels(first: 100) {{nodes {{name}}}}
  latestOpinionatedReviews(first: 100) {{{REVIEWS}}}
  timelineItems(itemTypes: [CLOSED_EVENT], last: 1) {{nodes {{... on ClosedEvent {{actor {ACTOR}}}}}}}
}}"""

JUDGED: Final = """
fragment Judged on PullRequest {
  ...Whole
  statusCheckRollup {...Checks}
}"""

COMMENT: Final = f"""
fragment Said on IssueComment {{
  fullDatabaseId author {ACTOR} body createdAt lastEditedAt
  reactionGroups {{content viewerHasReacted}}
}}"""


def literal(text: str) -> str:
    """Write a string of GraphQL; its escapes are JSON's."""
    return json.dumps(text)


def on_repository(fields: Iterable[str], *fragments: str, other: str = "") -> str:
    """Give a query for `fields` of the repository; `other`: what is asked for beside it."""
    inner = "\n  ".join(fields)
    return (
        "query($owner: String!, $name: String!) {\n"
        f" {other}\n repository(owner: $owner, name: $name) {{\n  {inner}\n }}\n}}" + "".join(fragments)
    )


def of_pull(selection: str, *fragments: str) -> str:
    """Give a query for one pull request, under `p`; it takes `number`, and `after` where `selection` names it."""
    after = ", $after: String" if "$after" in selection else ""
    return (
        f"query($owner: String!, $name: String!, $number: Int!{after}) {{\n"
        " repository(owner: $owner, name: $name) {\n"
        f"  p: pullRequest(number: $number) {{{selection}}}\n }}\n}}" + "".join(fragments)
    )


def of_commit(selection: str, *fragments: str) -> str:
    """Give a query for one commit, under `c`; it takes `oid`, and `after` where `selection` names it."""
    after = ", $after: String" if "$after" in selection else ""
    return (
        f"query($owner: String!, $name: String!, $oid: GitObjectID!{after}) {{\n"
        " repository(owner: $owner, name: $name) {\n"
        f"  c: object(oid: $oid) {{... on Commit {{{selection}}}}}\n }}\n}}" + "".join(fragments)
    )


def heads(branches: Sequence[tuple[str, int]]) -> str:
    """Ask for the first pull requests from each of (branch, settled), under `h0`, `c0`, ...: open ones, ended ones."""
    fields = [
        f"h{at}: {open_from(branch)} c{at}: {ended_from(branch, settled)}"
        for at, (branch, settled) in enumerate(branches)
    ]
    return on_repository((ABOUT_REPOSITORY, *fields), SHORT, other=ABOUT)


def open_from(branch: str, after: str | None = None) -> str:
    """Ask for a page of the open pull requests from `branch`."""
    return _from(branch, "OPEN", 100, after)


def ended_from(branch: str, settled: int, after: str | None = None) -> str:
    """Ask for a page of those that are merged or closed, the last one opened first; few where most are settled."""
    return _from(branch, "CLOSED, MERGED", 10 if settled and after is None else 100, after)


def _from(branch: str, states: str, size: int, after: str | None) -> str:
    start = "" if after is None else f", after: {literal(after)}"
    return (
        f"pullRequests(headRefName: {literal(branch)}, states: [{states}], first: {size}{start}, orderBy: "
        f"{{field: CREATED_AT, direction: DESC}}) {{nodes {{...Short}} {_PAGE}}}"
    )


def pulls(open_ones: Sequence[int], closed: Sequence[int]) -> str:
    """Ask for pull requests whole, under `p12`; for the checks of `open_ones` too."""
    fields = [f"p{number}: pullRequest(number: {number}) {{...Judged}}" for number in open_ones]
    fields += [f"p{number}: pullRequest(number: {number}) {{...Whole}}" for number in closed]
    return on_repository(fields, SHORT, WHOLE, *((JUDGED, CHECKS) if open_ones else ()))


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Give `items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
