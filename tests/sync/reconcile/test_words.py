import pytest

from mapping.model import Access
from sync.reconcile.words import counted, cut, listed, narrowest, titled


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Core rack", "SI-01 Core rack"),
        ("  Core\n rack ", "SI-01 Core rack"),
        ("NIM-01 si-01 Core rack", "NIM-01 si-01 Core rack"),
        ("SI-011 Core rack", "SI-01 SI-011 Core rack"),
        ("X-SI-01 Core rack", "SI-01 X-SI-01 Core rack"),
        ("", "SI-01"),
    ],
)
def test_a_record_is_named_by_key_and_title(build, title, shown):
    assert titled(build.item("SI-01"), title) == shown


def test_a_restricted_record_is_named_by_its_key_alone(build):
    assert titled(build.item("SI-01", access=Access.RESTRICTED), "SECRET") == "SI-01"


def test_lists_and_counts_read_well():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert [counted(n, "issue", "issues") for n in (0, 1, 2)] == ["0 issues", "1 issue", "2 issues"]


@pytest.mark.parametrize(("text", "shown"), [("short", "short"), ("a  b\nc", "a b c"), ("x" * 11, "x" * 9 + "…")])
def test_a_text_is_cut_to_its_length(text, shown):
    assert cut(text, 10) == shown


def test_nothing_is_meant_for_the_public():
    assert narrowest([]) is Access.INTERNAL
    assert narrowest([Access.PUBLIC]) is Access.INTERNAL
    assert narrowest([Access.PUBLIC, Access.RESTRICTED]) is Access.RESTRICTED
