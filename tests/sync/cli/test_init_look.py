"""Which places ``syncline init`` takes for those of an engagement."""

from __future__ import annotations

from typing import Any, cast

from connectors.core.port import Catalog, Record, Visibility
from connectors.core.registry import load_connectors
from mapping.model import Access, Engagement, Stage
from mapping.rules import compile_rules
from sync.cli.init_look import Found, suggestions
from sync.show.mapped import Source

JIRA = compile_rules("jira", load_connectors(plugins=()).specs["jira"].mapping(), None)


def issue(number: int, title: str, kind: str) -> Record:
    fields = {"summary": title, "issuetype": {"name": kind}, "project": {"key": "FOG"}, "labels": []}
    return Record(
        connection="jira",
        stream="issues",
        id=str(number),
        partition="FOG",
        key=f"FOG-{number}",
        url="",
        version="1",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload={"id": str(number), "key": f"FOG-{number}", "fields": fields},
    )


def engagement(key: str) -> Engagement:
    nothing = dict.fromkeys(("account_ref", "contract", "start", "end", "budget", "manager_ref"))
    ref = f"crm:engagements:{key}"
    return Engagement(
        ref=ref, key=key, url="", access=Access.INTERNAL, name=key, stage=Stage.ACTIVE, **cast("Any", nothing)
    )


def test_a_place_with_the_anchor_of_an_engagement_that_was_not_chosen_is_not_proposed_for_another() -> None:
    records = (issue(1, "Engagement FOG-A1", "Engagement"), issue(18, "Ask those of CIR-A2", "Task"))
    source = Source(connection="jira", origin="the tool", rules=JIRA, catalog=Catalog(fields=()), records=records)
    found = Found(sources=[source], engagements=[("crm", engagement("FOG-A1")), ("crm", engagement("CIR-A2"))])
    both = suggestions(found, ["FOG-A1", "CIR-A2"])
    assert [(one.anchor, one.likely) for one in both["FOG-A1"]] == [("FOG-1", True)]
    assert set(suggestions(found, ["CIR-A2"])) == {"CIR-A2"}
    assert suggestions(found, ["CIR-A2"])["CIR-A2"] == both["CIR-A2"]
    assert [one.likely for one in both["CIR-A2"]] == [False]
