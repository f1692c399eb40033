"""Rules and fields that hold for some records only: what does not fit is neither written nor told as held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.core.registry import load_connectors
from mapping.rules import RulesError, compile_rules

OPS = {"record": "place", "is": "OPS"}
NIM = {"record": "place", "is": ["NIM", "LEN"]}
BUGS = {"path": "fields.issuetype.name", "is": "Bug"}


def jira(**outbound):
    """Jira's mapping with these tables over its outward rules; a double underscore stands for the dot of a name."""
    override = {"outbound": {name.replace("__", "."): table for name, table in outbound.items()}}
    return compile_rules("jira", load_connectors(plugins=()).specs["jira"].mapping(), override)


def fields(**tables):
    return {"fields": {name.replace("_", " "): table for name, table in tables.items()}}


@pytest.mark.parametrize(("only", "written"), [(OPS, {"text"}), (NIM, {"colour", "text"}), ([NIM, OPS], {"text"})])
def test_a_field_is_written_where_its_conditions_hold(worlds, only, written):
    world = worlds.world(mappings={"jira": jira(anchor__status=fields(Syncline_status={"only": only}))})
    (anchor,) = worlds.by_rule(world.plan(), "anchor.status")
    ids = {"colour": worlds.COLOUR, "text": worlds.TEXT}
    assert set(anchor.write.values) == {ids[name] for name in written}
    world.converge()
    assert world.plan().writes == ()


def test_one_project_shows_the_status_in_another_field(worlds):
    health = {"attribute": "status", "only": NIM, "values": {c.casefold(): c for c in worlds.LIGHTS}}
    own = fields(Syncline_status={"only": OPS}, Health=health)
    world = worlds.world(mappings={"jira": jira(anchor__status=own)})
    known = world.catalogs["jira"]
    health_field = replace(known.find("issues", "Summary")[0], id="customfield_7", name="Health")
    world.catalogs["jira"] = replace(known, fields=(*known.fields, health_field))
    (anchor,) = worlds.by_rule(world.plan(), "anchor.status")
    assert anchor.write.values["customfield_7"] == "Red"
    assert worlds.COLOUR not in anchor.write.values
    world.converge()
    assert world.plan().writes == ()


@pytest.mark.parametrize("rule", ["anchor.status", "anchor.link", "risk.issue", "work.label"])
def test_a_rule_is_followed_where_its_conditions_hold(worlds, rule):
    usual = worlds.world().plan()
    assert worlds.by_rule(usual, rule)
    mappings = {"jira": jira(**{rule.replace(".", "__"): {"only": OPS}})}
    narrow = worlds.world(mappings=mappings).plan()
    assert worlds.by_rule(narrow, rule) == []
    assert worlds.told(narrow) == [told for told in worlds.told(usual) if told[0] != rule]
    assert narrow.held == ()
    same = {"jira": jira(**{rule.replace(".", "__"): {"only": NIM}})}
    assert worlds.told(worlds.world(mappings=same).plan()) == worlds.told(usual)


def test_labels_are_put_on_one_kind_of_record_alone(worlds):
    world = worlds.world(mappings={"jira": jira(work__label={"only": BUGS})})
    assert worlds.by_rule(world.plan(), "work.label") == []
    (ref,) = (ref for ref, record in world.records.items() if record.key == "NIM-2")
    record = world.records[ref]
    payload = {"fields": {**record.payload["fields"], "issuetype": {"name": "bug"}}}
    world.records[ref] = replace(record, payload=payload)
    (label,) = worlds.by_rule(world.plan(), "work.label")
    assert label.target_key == "NIM-2"


def test_what_no_longer_fits_is_left_as_it_is(worlds):
    world = worlds.world()
    world.converge()
    world.mappings = {"jira": jira(**{r: {"only": OPS} for r in ("anchor__status", "risk__issue", "work__label")})}
    world.edit(worlds.ANCHOR, **{worlds.TEXT: "a person's own"})
    plan = world.plan()
    assert (plan.writes, plan.conflicts, plan.held) == ((), (), ())


@pytest.mark.parametrize(
    ("outbound", "at", "expected"),
    [
        ({"risk__issue": {"only": BUGS}}, "risk.issue.only", "record = one of connection, place"),
        (
            {"risk__issue": fields(summary={"only": BUGS})},
            "risk.issue.fields.summary.only",
            "record = one of connection",
        ),
        ({"work__label": fields(label={"only": NIM})}, "work.label.fields.label.only", "only at the rule itself"),
        (
            {"anchor__status": {"only": {"record": "place"}}},
            "anchor.status.only",
            "one of is, is_not, at_least, filled",
        ),
        ({"anchor__status": {"only": {"is": "x"}}}, "anchor.status.only", "one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_key(outbound, at, expected):
    with pytest.raises(RulesError) as caught:
        jira(**outbound)
    (problem,) = caught.value.problems
    assert ".".join(problem.path) == f"outbound.{at}"
    assert problem.expected.startswith(expected)
    assert problem.overridden


def test_the_record_is_asked_for_what_the_conditions_need():
    wanted = jira(work__label={"only": BUGS}, anchor__status={"only": {"field": "Team", "filled": True}})
    assert {"Team", "issuetype"} <= set(wanted.fields("issues"))
    assert "Team" not in wanted.fields("issues", owned=["work.label"])
