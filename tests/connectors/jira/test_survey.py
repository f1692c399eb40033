"""What Jira shows to whoever writes a first configuration."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from connectors.core.errors import RefusedError
from connectors.core.port import Choice
from connectors.jira.survey import survey


def site(answers: dict, *, cloud: bool = True):
    """A login that is answered so; what is not named is refused."""

    def get(path: str, params=None):
        if path not in answers:
            raise RefusedError("not for you", connection="jira")
        answer = answers[path]
        return answer((params or {}).get("startAt", 0)) if callable(answer) else answer

    return SimpleNamespace(cloud=cloud, get=get, nonsense=lambda place, found: ValueError(f"{place}: {found}"))


def page(start: int) -> dict:
    keys = [f"P{n}" for n in range(start, min(start + 50, 120))]
    values = [{"key": key, "name": f"Project {key}", "archived": key == "P7"} for key in keys]
    return {"values": values, "startAt": start, "total": 120, "isLast": start >= 100}


def test_all_pages_of_projects_come_and_archived_ones_are_left_out() -> None:
    found = survey(site({"project/search": page})).places
    assert len(found) == 119
    assert found[-1] == Choice(key="P119", title="Project P119")


@pytest.mark.parametrize("cloud", [True, False])
def test_what_a_site_keeps_to_itself_is_left_out(cloud: bool) -> None:
    path = "project/search" if cloud else "project"
    answer = {"values": [], "isLast": True} if cloud else [{"key": "NIM", "name": "Nimbus"}]
    found = survey(site({path: answer}, cloud=cloud))
    assert found.values == ()
    assert found.places == (() if cloud else (Choice(key="NIM", title="Nimbus"),))


def test_statuses_are_told_by_category_and_those_without_one_by_name() -> None:
    def status(name: str, key: str) -> dict:
        return {"name": name, "statusCategory": {"key": key}}

    statuses = [
        status("To Do", "new"),
        status("Backlog", "new"),
        status("Parked", "undefined"),
        status("Odd", "undefined"),
    ]
    found = survey(
        site({"project": [], "status": statuses, "resolution": [{"name": "Done", "description": ""}]}, cloud=False)
    )
    told = [(v.field, v.value, v.by_value) for v in found.values]
    assert told == [
        ("fields.resolution.name", "Done", ""),
        ("fields.status.statusCategory.key", "new", ""),
        ("fields.status.statusCategory.key", "undefined", "Parked"),
        ("fields.status.statusCategory.key", "undefined", "Odd"),
    ]


def test_both_sides_of_a_link_type_are_told() -> None:
    types = {"issueLinkTypes": [{"name": "Gates", "outward": "gates", "inward": "is gated by"}]}
    found = survey(site({"project": [], "issueLinkType": types}, cloud=False))
    assert [(v.field, v.value, v.hint) for v in found.values] == [
        ("fields.issuelinks.type.outward", "gates", "of the link type Gates"),
        ("fields.issuelinks.type.inward", "is gated by", "of the link type Gates"),
    ]
