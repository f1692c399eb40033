from datetime import timedelta

import pytest

from mapping.model import Access, OwedBy
from sync.reconcile.result import Colour, Dimension
from sync.reconcile.rules import reconcile
from sync.reconcile.text import status_text

KNOWN = {"NIM-01": ["SI-01", "SI-02"]}


def status(build, **view):
    result = reconcile(build.view(**view), build.NOW, build.SETTINGS)
    assert result.status is not None
    return result.status


def light(build, dimension, **view):
    return next(d for d in status(build, **view).dimensions if d.dimension is dimension)


def owed(build, owed_by, promised, needed=0):
    return build.deliverable("D-1", promised=build.day(promised), needed=build.day(needed), owed_by=owed_by)


def test_nothing_wrong_is_green_and_says_what_was_looked_at(build):
    got = status(build, items=[build.item("SI-01")], works=[build.work("NIM-2", "SI-01")])
    assert got.colour is Colour.GREEN
    assert len(got.reasons) == 4
    assert got.true_of == build.NOW - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("promised", "colour"), [(0, Colour.GREEN), (1, Colour.AMBER), (7, Colour.AMBER), (8, Colour.RED)]
)
@pytest.mark.parametrize(
    ("owed_by", "dimension", "other"),
    [
        (OwedBy.US, Dimension.SCHEDULE, Dimension.THIRD_PARTIES),
        (OwedBy.THIRD_PARTY, Dimension.THIRD_PARTIES, Dimension.SCHEDULE),
        (OwedBy.UNMAPPED, Dimension.SCHEDULE, Dimension.THIRD_PARTIES),
    ],
)
def test_lateness_colours_the_dimension_of_who_owes(build, promised, colour, owed_by, dimension, other):
    late = [owed(build, owed_by, promised)]
    assert light(build, dimension, deliverables=late).colour is colour
    assert light(build, other, deliverables=late).colour is Colour.GREEN


def test_a_reason_has_value_threshold_and_margin_and_the_way_to_green(build):
    got = light(build, Dimension.THIRD_PARTIES, deliverables=[owed(build, OwedBy.THIRD_PARTY, 8)])
    assert got.reasons[0].text == (
        "D-1 is late by 6 working days: promised for 2026-12-02, needed by 2026-11-24 (red above 5: 1 over)"
    )
    assert got.to_green == "Deliver D-1 by 2026-11-24, or agree 2026-12-02 as needed-by date"
    assert len(got.reasons[0].findings) == 1


def test_disagreeing_dates_are_amber(build):
    one = build.deliverable("D-1", build.tracked_by("NIM-7"), promised=build.day(0), needed=build.day(90))
    works = [build.work("NIM-7", billable=False, due=build.day(30))]
    got = light(build, Dimension.THIRD_PARTIES, deliverables=[one], works=works)
    assert got.colour is Colour.AMBER
    assert "22 working days apart (amber above 5: 17 over)" in got.reasons[0].text


@pytest.mark.parametrize(
    ("bare", "others", "colour"),
    [
        ("5.00", "95.00", Colour.AMBER),
        ("5.01", "94.99", Colour.RED),
        ("5", "95.01", Colour.AMBER),
        ("100", "0", Colour.RED),
    ],
)
def test_uncovered_value_is_compared_unrounded(build, bare, others, colour):
    items = [build.item("SI-01", budget=bare), build.item("SI-02", budget=others)]
    got = light(build, Dimension.SCOPE, items=items, works=[build.work("NIM-2", "SI-02")])
    assert got.colour is colour
    assert "of value" in got.reasons[0].text


def test_without_budgets_the_number_of_items_counts(build):
    items = [build.item("SI-01", budget="1"), *(build.item(f"SI-{n}") for n in range(10, 29))]
    works = [build.work(f"NIM-{n}", f"SI-{n}") for n in range(10, 29)]
    got = light(build, Dimension.SCOPE, items=items, works=works)
    assert "(5.0 % by number)" in got.reasons[0].text
    assert got.colour is Colour.AMBER


@pytest.mark.parametrize(("tied", "colour"), [(19, Colour.AMBER), (18, Colour.RED)])
def test_orphans_are_a_share_of_the_billable_issues(build, tied, colour):
    works = [build.work("NIM-2"), build.work("NIM-3", billable=False), build.work("NIM-4", out_of_contract=True)]
    works += [build.work(f"NIM-{n}", "SI-01") for n in range(10, 10 + tied)]
    got = light(build, Dimension.SCOPE, works=works, known=KNOWN)
    assert got.colour is colour
    assert f"1 of {tied + 1} billable issues" in got.reasons[0].text


def test_a_double_claim_is_amber_and_so_is_no_signed_baseline(build):
    twice = [build.work("NIM-2", "SI-01", "SI-02")]
    assert light(build, Dimension.SCOPE, works=twice, known=KNOWN).colour is Colour.AMBER
    got = light(build, Dimension.SCOPE, baselines=[build.baseline(1, None)])
    assert (got.colour, got.to_green) == (Colour.AMBER, "Sign a scope baseline")


def test_cost_is_not_assessed(build):
    assert light(build, Dimension.COST).colour is None


@pytest.mark.parametrize(
    ("stream", "unknown"),
    [
        ("issues", {"schedule", "scope", "third_parties", "freshness"}),
        ("versions", {"schedule", "third_parties", "freshness"}),
        ("deliverables", {"schedule", "third_parties", "freshness"}),
        ("scope_items", {"scope", "freshness"}),
        ("baselines", {"scope", "freshness"}),
        ("engagements", {"schedule", "scope", "third_parties", "freshness"}),
    ],
)
@pytest.mark.parametrize("age", [None, 121])
def test_a_stale_source_makes_unknown_what_rests_on_it(build, stream, unknown, age):
    got = status(build, sources=build.stale(stream, "NIM", age))
    assert {d.dimension.value for d in got.dimensions if d.colour is Colour.UNKNOWN} == unknown
    assert got.colour is Colour.UNKNOWN
    assert "Not known" in got.reasons[0].text
    assert (got.true_of is None) is (age is None)


def test_red_outweighs_unknown_and_unknown_outweighs_amber(build):
    red = status(build, sources=build.stale("scope_items"), deliverables=[owed(build, OwedBy.US, 30)])
    assert red.colour is Colour.RED
    assert any("was last completely read" in r.text for r in red.reasons)
    amber = status(build, sources=build.stale("scope_items"), deliverables=[owed(build, OwedBy.US, 1)])
    assert amber.colour is Colour.UNKNOWN


def test_no_source_at_all_is_unknown(build):
    got = status(build, sources=())
    assert (got.colour, got.true_of) == (Colour.UNKNOWN, None)


def test_the_worst_delay_is_the_foremost_reason(build):
    several = [
        build.deliverable(f"D-{n}", promised=build.day(n), needed=build.day(0), owed_by=OwedBy.US) for n in (9, 40, 20)
    ]
    assert [r.text.split()[0] for r in status(build, deliverables=several).reasons] == ["D-40", "D-20", "D-9"]


def test_the_status_text_does_not_move_with_the_clock(build):
    view = build.view(deliverables=[owed(build, OwedBy.US, 30)], sources=build.stale("versions", "NIM", 600))
    texts = set()
    for minutes in (0, 30):
        now = build.NOW + timedelta(minutes=minutes)
        result = reconcile(view, now, build.SETTINGS)
        texts.add(status_text(result.status, view.sources, build.NOW))
    assert len(texts) == 1


def test_a_status_tells_nothing_of_restricted_records(build):
    hidden = {"access": Access.RESTRICTED, "title": "SECRET"}
    works = [
        build.work("NIM-2", **hidden),
        build.work("NIM-3", "SI-01", "SI-02", **hidden),
        build.work("NIM-7", billable=False, due=build.day(43), **hidden),
    ]
    needed = build.deliverable("D-1", build.tracked_by("NIM-7"), promised=build.day(0), needed=build.day(1))
    got = status(build, works=works, deliverables=[needed], known=KNOWN)
    told = repr(got)
    for secret in ("SECRET", "NIM-2", "NIM-3", "NIM-7", build.day(43).isoformat()):
        assert secret not in told


def test_a_place_that_cannot_be_read_is_one_reason(build):
    lost = [build.source("issues", "GONE", None), build.source("versions", "GONE", None)]
    got = status(build, sources=[*build.fresh_sources(), *lost])
    assert [r.text for r in got.reasons] == ["Not known: jira GONE (issues) is not completely read"]


def test_an_unknown_status_tells_what_is_known_after_what_is_not(build):
    got = status(
        build, sources=build.stale("versions"), deliverables=[owed(build, OwedBy.US, 30)], works=[build.work("NIM-2")]
    )
    assert got.colour is Colour.RED  # scope does not rest on versions
    got = status(build, sources=build.stale("issues"), deliverables=[owed(build, OwedBy.US, 30)])
    assert got.colour is Colour.UNKNOWN
    assert [r.text.partition(" ")[0] for r in got.reasons] == ["Not", "D-1"]
    assert (
        got.dimensions[0].to_green == "Read jira NIM; Deliver D-1 by 2026-11-24, or agree 2026-12-24 as needed-by date"
    )
