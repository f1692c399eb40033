import pytest

from mapping.model import WorkClass
from sync.reconcile.claims import ItemRef, work_facts
from sync.reconcile.view import Place

SHARED = {("jira", "SHR"): ("ORB-01", "NIM-01"), ("jira", "NIM"): ("NIM-01",), ("jira", "ORB"): ("ORB-01",)}
KNOWN = {"NIM-01": ["SI-01", "SI-02"], "ORB-01": ["SI-01", "SI-09"]}
RECORDS = {"a0X000000000001AAA": ("NIM-01", "SI-02"), "a0X000000000002AAA": ("ORB-01", "SI-09")}


def facts(build, *works):
    view = build.view(
        works=works, shared=SHARED, known=KNOWN, records=RECORDS, places=[Place(connection="jira", place="NIM")]
    )
    return {f.item.key: f for f in work_facts(view)}


def refs(*names):
    return {ItemRef(*name.casefold().split("/")) for name in names}


@pytest.mark.parametrize(
    ("key", "claims", "field", "expected"),
    [
        ("NIM-2", ["SI-01"], (), ["NIM-01/SI-01"]),
        ("NIM-2", [" si-01 "], (), ["NIM-01/SI-01"]),
        ("NIM-2", ["SI-01", "si-01", "nim-01/SI-01"], (), ["NIM-01/SI-01"]),
        ("NIM-2", ["SI-09"], (), []),  # of another engagement only
        ("NIM-2", ["SI-77"], (), []),
        ("NIM-2", ["NIM-01/SI-77"], (), []),
        ("NIM-2", ["ZZZ-01/SI-01"], (), []),
        ("NIM-2", ["ORB-01/SI-09"], (), ["ORB-01/SI-09"]),
        ("NIM-2", ["SI-01", "ORB-01/SI-09"], (), ["NIM-01/SI-01", "ORB-01/SI-09"]),
        ("NIM-2", ["SI-01"], ("ORB-01",), ["NIM-01/SI-01"]),  # the field counts in shared places only
        ("NIM-2", ["url:a0X000000000001AAA"], (), ["NIM-01/SI-02"]),
        ("NIM-2", ["url:a0X000000000002AAA"], (), ["ORB-01/SI-09"]),
        ("NIM-2", ["url:a0X000000000099AAA"], (), []),
        ("NIM-2", ["SI-02", "url:a0X000000000001AAA"], (), ["NIM-01/SI-02"]),
        ("SHR-2", ["SI-01"], (), ["NIM-01/SI-01"]),  # names none: the first by key
        ("SHR-2", ["SI-01"], ("ORB-01",), ["ORB-01/SI-01"]),
        ("SHR-2", ["SI-01"], ("orb-01",), ["ORB-01/SI-01"]),
        ("SHR-2", ["SI-01"], ("ZZZ-01",), ["NIM-01/SI-01"]),
        ("SHR-2", ["SI-01"], ("NIM-01", "ORB-01"), ["NIM-01/SI-01", "ORB-01/SI-01"]),
        ("SHR-2", ["SI-01", "ORB-01/SI-09"], (), ["ORB-01/SI-01", "ORB-01/SI-09"]),
        ("SHR-2", ["SI-01", "ORB-01/SI-77"], (), ["NIM-01/SI-01"]),  # what does not resolve names nobody
        ("SHR-2", ["SI-09"], (), []),
        ("XXX-2", ["SI-01"], (), []),  # a place that no engagement has
        ("XXX-2", ["NIM-01/SI-01"], (), ["NIM-01/SI-01"]),
    ],
)
def test_own_claims_resolve_as_they_were_meant(build, key, claims, field, expected):
    assert facts(build, build.work(key, *claims, engagement_keys=field))[key].own == refs(*expected)


def test_claims_are_inherited_from_the_nearest_ancestor_that_has_any(build):
    top = build.work("NIM-2", "SI-01", work_class=WorkClass.EPIC)
    middle = build.work("NIM-3", "SI-77", parent_ref=top.ref)
    leaf = build.work("NIM-4", parent_key="nim-3", work_class=WorkClass.SUB_TASK)
    other = build.work("NIM-5", "SI-02", parent_ref=top.ref)
    found = facts(build, leaf, other, middle, top)
    assert found["NIM-4"].held == refs("NIM-01/SI-01")
    assert found["NIM-4"].own == frozenset()
    assert found["NIM-5"].held == refs("NIM-01/SI-02")


def test_an_inherited_claim_is_bound_where_it_was_written(build):
    top = build.work("SHR-2", "SI-01")
    leaf = build.work("SHR-3", parent_ref=top.ref, engagement_keys=("ORB-01",))
    assert facts(build, top, leaf)["SHR-3"].held == refs("NIM-01/SI-01")


def test_the_engagement_field_of_the_nearest_ancestor_counts(build):
    top = build.work("SHR-2", engagement_keys=("ORB-01",))
    leaf = build.work("SHR-3", "SI-01", parent_ref=top.ref)
    bare = build.work("SHR-4", parent_ref=top.ref)
    own = build.work("SHR-5", parent_ref=top.ref, engagement_keys=("NIM-01",))
    found = facts(build, top, leaf, bare, own)
    assert found["SHR-3"].held == refs("ORB-01/SI-01")
    assert found["SHR-4"].belongs_to == {"orb-01"}
    assert found["SHR-5"].belongs_to == {"nim-01"}


def test_a_parent_key_is_looked_up_in_the_same_connection_only(build):
    there = build.work("NIM-2", "SI-01", connection="jira-dc")
    here = build.work("NIM-3", parent_key="NIM-2")
    assert facts(build, there, here)["NIM-3"].held == frozenset()


def test_a_loop_of_parents_ends(build):
    one = build.work("NIM-2", parent_ref="jira:issues:NIM3")
    two = build.work("NIM-3", parent_ref="jira:issues:NIM2", out_of_contract=True)
    found = facts(build, one, two)
    assert found["NIM-2"].held == frozenset()
    assert found["NIM-2"].out_of_contract


def test_belonging_goes_by_place(build):
    found = facts(build, build.work("NIM-2"), build.work("SHR-2"), build.work("ORB-2"), build.work("XXX-2"))
    assert [found[k].belongs_to for k in ("NIM-2", "SHR-2", "ORB-2", "XXX-2")] == [
        {"nim-01"},
        {"nim-01"},
        {"orb-01"},
        frozenset(),
    ]
