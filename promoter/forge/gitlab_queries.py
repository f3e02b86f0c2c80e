"""The questions that are put to GitLab's GraphQL.

A query's complexity may be 250: a field counts one, and a list of up to N things adds a hundredth of N times what is in
it. So a query asks for as many things as fit, and `Overloaded` answers are asked again for fewer.
Sources: "GraphQL API resources", "Limits" and "Max query complexity"; the types `Project`, `MergeRequest`, `CiJob`,
`Note`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from promoter.forge.gitlab_connection import ABOUT, ABOUT_PROJECT

T = TypeVar("T")

BATCH: Final = 100
"""How many things one query asks for."""
_PAGE: Final = "pageInfo {hasNextPage endCursor}"

SHORT: Final = (
    "iid state title draft sourceBranch targetBranch sourceProjectId targetProjectId diffHeadSha createdAt updatedAt "
    "mergedAt mergeCommitSha webUrl author {username} mergeUser {username}"
)
JOBS: Final = (
    "nodes {id name status allowFailure createdAt finishedAt webPath detailedStatus {label detailsPath}} " + _PAGE
)
PIPELINES: Final = f"nodes {{id sha status jobs(first: 100) {{{JOBS}}}}}"
WHOLE: Final = (
    f"{SHORT} description detailedMergeStatus mergeStatusEnum shouldBeRebased mergeableDiscussionsState "
    "autoMergeStrategy labels(first: 100) {nodes {title}} "
    "approvedBy(first: 100) {nodes {id username}} "
    "reviewers(first: 100) {nodes {id username mergeRequestInteraction {reviewState}}} "
    f"headPipeline {{id}} pipelines(first: 10) {{{PIPELINES}}}"
)
NOTES: Final = (
    "nodes {id body system internal createdAt lastEditedAt author {username bot} "
    f"awardEmoji(first: 100) {{nodes {{name user {{username}}}}}}}} {_PAGE}"
)

LISTED: Final = (
    "query($path: ID!, $heads: [String!], $after: String) {"
    f"{ABOUT} project(fullPath: $path) {{{ABOUT_PROJECT} mergeRequests(sourceBranches: $heads, state: opened, "
    f"first: 100, after: $after, sort: CREATED_ASC) {{nodes {{{SHORT}}} {_PAGE}}}}}}}"
)
ENDED: Final = (
    "query($path: ID!, $heads: [String!], $first: Int!, $after: String) {"
    f"project(fullPath: $path) {{mergeRequests(sourceBranches: $heads, "
    f"first: $first, after: $after, sort: CREATED_DESC) {{nodes {{{SHORT}}} {_PAGE}}}}}}}"
)
DETAILS: Final = (
    "query($path: ID!, $iids: [String!], $first: Int!) {project(fullPath: $path) {onlyAllowMergeIfPipelineSucceeds "
    "onlyAllowMergeIfAllDiscussionsAreResolved "
    f"mergeRequests(iids: $iids, first: $first) {{nodes {{{WHOLE}}}}}}}}}"
)
CHANGED: Final = (
    "query($path: ID!, $iids: [String!], $first: Int!) {project(fullPath: $path) {"
    "mergeRequests(iids: $iids, first: $first) {nodes {iid diffStats {path}}}}}"
)
OWNERS: Final = (
    "query($path: ID!, $ref: String!, $paths: [String!]!) {project(fullPath: $path) {repository {"
    "blobs(ref: $ref, paths: $paths) {nodes {path rawTextBlob}}}}}"
)
OF_COMMIT: Final = (
    "query($path: ID!, $sha: String!) {project(fullPath: $path) {fullPath onlyAllowMergeIfPipelineSucceeds "
    f"pipelines(sha: $sha, first: 20) {{{PIPELINES}}}}}}}"
)
MORE_JOBS: Final = (
    "query($path: ID!, $pipeline: CiPipelineID!, $after: String) {project(fullPath: $path) {"
    f"pipeline(id: $pipeline) {{jobs(first: 100, after: $after) {{{JOBS}}}}}}}}}"
)
MEMBERSHIPS: Final = (
    "query($names: [String!]) {users(usernames: $names, first: 100) {nodes {username "
    f"groupMemberships(first: 100) {{nodes {{group {{fullPath}}}} {_PAGE}}}}}}}}}"
)
MORE_MEMBERSHIPS: Final = (
    "query($names: [String!], $after: String) {users(usernames: $names, first: 1) {nodes {username "
    f"groupMemberships(first: 100, after: $after) {{nodes {{group {{fullPath}}}} {_PAGE}}}}}}}}}"
)
COMMENTS: Final = (
    "query($path: ID!, $iid: String!, $after: String) {project(fullPath: $path) {fullPath mergeRequest(iid: $iid) {"
    f"notes(first: 100, after: $after, filter: ONLY_COMMENTS) {{{NOTES}}}}}}}}}"
)
ACTIVITY: Final = (
    "query($path: ID!, $iid: String!, $after: String) {project(fullPath: $path) {mergeRequest(iid: $iid) {"
    "notes(first: 100, after: $after, filter: ONLY_ACTIVITY) {"
    f"nodes {{body createdAt author {{username}}}} {_PAGE}}}}}}}}}"
)
SINCE: Final = (
    "query($path: ID!, $since: Time, $after: String) {project(fullPath: $path) {"
    f"mergeRequests(updatedAfter: $since, first: 50, after: $after, sort: CREATED_ASC) {{nodes {{iid}} {_PAGE}}}}}}}"
)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Give `items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
