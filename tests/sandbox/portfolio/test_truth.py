"""What every seed promises: the same truth for the same arguments, enough of everything, and no boundary near."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.portfolio.checker import Checker, check, differences
from sandbox.portfolio.days import plus_working, weekday_from
from sandbox.portfolio.generate import generate
from sandbox.portfolio.model import BASE_TOOLS, GITHUB, LAUNCHPAD, TOOLS, Planted, Reading, Stage, subject_of
from sandbox.portfolio.truth_file import NOT_RECONCILED, truth_document

TODAY = date(2026, 11, 24)
KINDS = (
    "scope.uncovered",
    "scope.orphan_work",
    "scope.claimed_twice",
    "deliverable.dates_disagree",
    "deliverable.late",
    "source.stale",
    "work.contradiction",
    "milestone.closed_with_open_work",
    "data.unmapped_value",
)
TOOL_SETS = (BASE_TOOLS, TOOLS, TOOLS[:4], (*BASE_TOOLS, "launchpad"))


def told(seed: int, scale: int = 1, today: date = TODAY) -> str:
    return json.dumps(truth_document(generate(seed=seed, scale=scale, today=today)))


def test_the_same_arguments_give_the_same_truth():
    assert told(3) == told(3)


def test_another_seed_gives_another_truth():
    assert told(3) != told(4)


@pytest.mark.parametrize("tools", [BASE_TOOLS, TOOLS])
@pytest.mark.parametrize("seed", range(1, 21))
def test_every_seed_has_three_positives_and_three_near_misses_of_each_kind(seed, tools):
    truth = generate(seed=seed, today=TODAY, tools=tools)
    found = Counter(each.kind for each in truth.findings)
    near = Counter(each.kind for each in truth.near_misses)
    assert set(found) == set(near) == set(KINDS)
    assert min(found.values()) >= 3
    assert min(near.values()) >= 3


@pytest.mark.parametrize("tools", TOOL_SETS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_seed_has_the_same_variants(seed, tools):
    def variants(seed: int) -> set[tuple[str, str]]:
        return {(each.kind, each.variant) for each in generate(seed=seed, today=TODAY, tools=tools).findings}

    assert variants(seed) == variants(99)
    assert len(variants(seed)) > 70


@pytest.mark.parametrize("tools", TOOL_SETS)
@pytest.mark.parametrize("offset", range(7))
def test_the_truth_holds_on_every_day_of_the_week(offset, tools):
    truth = generate(seed=offset, today=TODAY + timedelta(days=offset), tools=tools)
    assert differences(truth, Checker(truth)) == []


@pytest.mark.parametrize("seed", range(1, 8))
@pytest.mark.parametrize("days", [-2, -1, 1, 2])
def test_no_boundary_lies_within_two_days_of_today(seed, days):
    truth = generate(seed=seed, today=TODAY + timedelta(days=seed), tools=TOOLS)
    before = Checker(truth).findings()
    truth.today += timedelta(days=days)
    assert Checker(truth).findings() == before


def test_a_scale_multiplies_engagements_places_and_issues():
    one, five = generate(seed=1, today=TODAY), generate(seed=1, scale=5, today=TODAY)
    assert len(five.engagements) == 5 * len(one.engagements)
    assert len(five.projects) == 5 * len(one.projects)
    ratio = sum(len(each.issues) for each in five.projects) / sum(len(each.issues) for each in one.projects)
    assert 4 < ratio < 6


@pytest.mark.parametrize("tools", TOOL_SETS)
def test_a_truth_names_no_tool_that_does_not_run(tools):
    truth = generate(seed=5, today=TODAY, tools=tools)
    document = truth_document(truth)
    assert document["tools"] == list(truth.tools)
    subjects = [row["subject"] for part in ("findings", "planted_later", "near_misses") for row in document[part]]
    named = {each.partition(":")[0] for each in subjects} - {"person"}
    assert named == set(tools)
    assert {key for row in document["people"] for key in row} & {GITHUB, LAUNCHPAD} == set(tools) - set(BASE_TOOLS)


@pytest.mark.parametrize("tools", [("jira", "salesforce"), (*BASE_TOOLS, "bugzilla")])
def test_a_missing_or_unknown_tool_is_refused(tools):
    with pytest.raises(ValueError, match="tools are"):
        generate(seed=1, today=TODAY, tools=tools)


@pytest.mark.parametrize("seed", range(1, 6))
def test_scope_findings_and_near_misses_lie_on_each_of_the_four_tools(seed):
    truth = generate(seed=seed, today=TODAY, tools=TOOLS)
    for kind in ("scope.orphan_work", "scope.claimed_twice", "work.contradiction", "milestone.closed_with_open_work"):
        for notes in (truth.findings, truth.near_misses):
            found = {subject_of(each.about).partition(":")[0] for each in notes if each.kind == kind}
            assert {GITHUB, LAUNCHPAD} <= found


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_below_one_is_refused(scale):
    with pytest.raises(ValueError, match="1 or more"):
        generate(seed=1, scale=scale, today=TODAY)


@pytest.mark.parametrize("scale", [1, 5])
def test_project_keys_ids_and_items_are_unique(scale):
    truth = generate(seed=2, scale=scale, today=TODAY, tools=TOOLS)
    keys = [each.key for each in truth.projects]
    assert len(set(keys)) == len(keys)
    for site in ("jira", "jira-dc"):
        ids = [issue.id for each in truth.projects if each.site == site for issue in each.issues]
        assert len(set(ids)) == len(ids)
        assert 0 not in ids
    places = [each for each in truth.projects if each.site in (GITHUB, LAUNCHPAD)]
    subjects = [issue.subject for each in places for issue in each.issues]
    assert len(set(subjects)) == len(subjects) > 100
    items = [item.id for each in truth.engagements for baseline in each.baselines for item in baseline.items]
    assert len(set(items)) == len(items)


def test_every_engagement_has_its_anchor_first_in_its_first_place():
    truth = generate(seed=5, today=TODAY)
    for engagement in truth.engagements:
        anchor = engagement.anchor
        assert anchor is not None
        assert anchor.project is engagement.places[0]
        assert anchor.number <= len(engagement.places[0].owners)


def test_every_engagement_has_an_anchor_on_each_tool_that_it_has_places_on():
    truth = generate(seed=5, today=TODAY, tools=TOOLS)
    for engagement in truth.engagements:
        sites = {each.site for each in engagement.places} & {GITHUB, LAUNCHPAD}
        assert {each.project.site for each in engagement.anchors} == sites
        assert all(each.project in engagement.places for each in engagement.anchors)


def test_history_ends_before_today_and_silence_lasts_200_days():
    truth = generate(seed=6, today=TODAY, tools=TOOLS)
    for project in truth.projects:
        last = TODAY - timedelta(days=200 if project.silent else 1)
        for issue in project.issues:
            assert issue.created is not None
            assert issue.updated is not None
            assert issue.created <= issue.updated
            assert issue.updated.date() <= last


def test_parents_have_smaller_numbers_than_their_children():
    truth = generate(seed=7, today=TODAY, tools=TOOLS)
    pairs = [(issue.parent, issue) for each in truth.projects for issue in each.issues if issue.parent]
    assert pairs
    assert all(parent.number < issue.number and parent.project is issue.project for parent, issue in pairs)


def test_stale_engagements_have_no_uncovered_items_in_the_truth():
    truth = generate(seed=8, today=TODAY)
    stale = {
        each.key
        for each in truth.engagements
        if each.stage is Stage.ACTIVE and any(place.reading is not Reading.READABLE for place in each.places)
    }
    assert len(stale) == 3
    assert not stale & {each.engagement.key for each in truth.findings if each.kind == "scope.uncovered"}
    assert stale & {each.engagement.key for each in truth.near_misses if each.variant == "stale-source"}


@pytest.mark.parametrize("seed", range(1, 8))
def test_each_block_has_a_healthy_engagement_and_one_that_is_only_amber(seed):
    truth = generate(seed=seed, scale=1 + seed % 2, today=TODAY)
    found = {each.key: [] for each in truth.engagements}
    for each in truth.findings:
        found[each.engagement.key].append((each.kind, each.variant))
    colours = truth.expected_status
    assert [found[key] for key, colour in colours.items() if colour == "green"] == [[]] * truth.scale
    assert [found[key] for key, colour in colours.items() if colour == "amber"] == [
        [("deliverable.dates_disagree", "only-trouble")]
    ] * truth.scale
    near = {each.engagement.key for each in truth.near_misses}
    later = {each.engagement.key for each in truth.later}
    for key, colour in colours.items():
        if colour != "unknown":
            assert key in near
            assert key not in later


def test_the_unknown_engagements_are_those_with_a_place_that_cannot_be_read():
    truth = generate(seed=3, today=TODAY)
    stale = {each.engagement.key for each in truth.findings if each.kind == "source.stale"}
    assert {key for key, colour in truth.expected_status.items() if colour == "unknown"} == stale


def test_a_truth_that_misses_a_finding_is_refused():
    truth = generate(seed=9, today=TODAY)
    gone = truth.findings.pop(11)
    with pytest.raises(AssertionError, match=f"found, not planted.*{gone.kind}"):
        check(truth, Checker(truth))


def test_a_truth_with_an_invented_finding_is_refused():
    truth = generate(seed=9, today=TODAY)
    near = truth.near_misses[0]
    truth.findings.append(
        Planted(engagement=near.engagement, kind=near.kind, about=near.about, variant="invented", why="")
    )
    with pytest.raises(AssertionError, match="planted, not found"):
        check(truth, Checker(truth))


def test_truth_json_names_what_release_tests_rely_on():
    document = truth_document(generate(seed=1, today=TODAY))
    assert document["seed"] == 1
    assert document["scale"] == 1
    assert document["today"] == "2026-11-24"
    for row in document["findings"]:
        assert row.keys() == {"engagement", "kind", "subject", "variant", "why", "severity"}
        assert row["kind"] in set(KINDS) - NOT_RECONCILED
        assert row["severity"] in ("medium", "high", "critical")
    assert {row["kind"] for row in document["planted_later"]} == {
        "scope.drift",
        "request.unapproved",
        "work.unowned",
        "people.unresolved",
        "deliverable.slipping",
        *NOT_RECONCILED,
    }
    assert set(document["expected_status"].values()) == {"green", "amber", "unknown"}
    assert document["canaries"]["restricted"]
    assert document["canaries"]["invisible"]
    assert not set(document["canaries"]["restricted"]) & set(document["canaries"]["invisible"])


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # Friday to Monday
        (date(2026, 11, 28), 5, date(2026, 12, 4)),  # Saturday to Friday
        (date(2026, 11, 24), 5, date(2026, 12, 1)),
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
    ],
)
def test_working_days_are_added(start, count, expected):
    assert plus_working(start, count) == expected


def test_weekdays_are_found_on_or_after_a_date():
    assert weekday_from(TODAY, 1) == TODAY
    assert weekday_from(TODAY, 0) == date(2026, 11, 30)


def test_the_docs_name_every_variant_and_no_other():
    text = (Path(__file__).parents[3] / "docs/sandbox/portfolio.md").read_text(encoding="utf-8")
    truth = generate(seed=1, today=TODAY, tools=TOOLS)
    sections = {part.split("`")[1]: part for part in text.split("### ")[1:] if part.startswith("`")}
    assert set(sections) == set(KINDS)
    for kind, section in sections.items():
        found, near = (
            set(re.findall(r"`([^`]+)`", part)) for part in section.split("Findings:")[1].split("Near misses:")
        )
        near -= {each for each in near if "." in each}
        assert found == {each.variant for each in truth.findings if each.kind == kind}
        assert {each.variant for each in truth.near_misses if each.kind == kind} <= near
