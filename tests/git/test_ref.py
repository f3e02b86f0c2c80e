from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EdgeFailed
from promoter.git.ref import RefUpdate, check_ref, check_updates
from promoter.model.names import Oid
from tests.git.programs import git_says_yes

OID = Oid("1" * 40)


def is_accepted(name: str) -> bool:
    try:
        check_ref(name)
    except EdgeFailed:
        return False
    return True


@pytest.mark.parametrize(
    "name", ["refs/heads/main", "refs/heads/team/dev", "refs/notes/hydrator.metadata", "refs/heads/ü@x"]
)
def test_names_of_refs(name: str) -> None:
    check_ref(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "main", "heads/main", "HEAD", "refs", "refs/", "refs/heads", "refs/heads/", "/refs/heads/x"),
        *("-refs/heads/x", "refs/heads/-x", "refs/-x/y", "--upload-pack=x", "refs/heads/x\n", "refs/heads/a b"),
        *("refs/heads/a..b", "refs/heads/.a", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a."),
        *("refs/heads/a@{1}", "refs/heads/a\\b", "refs/heads/a:b", "refs/heads/a*", "refs/heads/\udcff", "refs//x/y"),
    ],
)
def test_what_is_no_name_of_a_ref(name: str) -> None:
    with pytest.raises(EdgeFailed, match="cannot be the name of a ref"):
        check_ref(name)


@settings(max_examples=60, deadline=None)
@given(name=st.text(alphabet="ab/.-~^:?*[\\@{ \x7f\tü", max_size=8).map("refs/heads/{}".format))
def test_nothing_is_accepted_that_git_refuses(name: str) -> None:
    if is_accepted(name):
        assert git_says_yes(Path("/"), "check-ref-format", name)
    else:
        assert "/-" in name or not git_says_yes(Path("/"), "check-ref-format", name)


def test_an_update_is_for_each_ref_once() -> None:
    update = RefUpdate("refs/heads/x", None, OID)
    check_updates([update, RefUpdate("refs/heads/y", OID, None)])
    with pytest.raises(EdgeFailed, match="refs/heads/x is changed twice"):
        check_updates([update, RefUpdate("refs/heads/x", OID, None)])
    with pytest.raises(EdgeFailed, match="cannot be the name"):
        check_updates([update, RefUpdate("main", OID, None)])
    with pytest.raises(ValueError, match="absent to absent"):
        check_updates([RefUpdate("refs/heads/x", None, None)])
