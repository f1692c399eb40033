"""``check``: what is not as it must be, and how to mend it."""

from datetime import timedelta

import pytest

PLACE = "fictive/sizing"


def results(site, places=(PLACE,), **settings) -> dict:
    found = {}
    for result in site.connector(**settings).check(places):
        found.setdefault(result.name, []).append(result)
    return found


def wrong(found: dict) -> list[str]:
    return [f"{r.found} | {r.mend}" for rs in found.values() for r in rs if r.ok is False]


def test_all_is_well(site) -> None:
    site.extra = {"X-RateLimit-Remaining": "4900", "X-RateLimit-Limit": "5000"}
    found = results(site)
    assert wrong(found) == []
    assert list(found) == ["reachability", "identity", "clock", "repository", "fields", "rate budget"]
    assert found["identity"][0].found == "syncline-bot"
    assert found["repository"][0].found == "fictive/sizing: private"
    assert [r.found.partition(":")[0] for r in found["fields"]] == ["Syncline status", "Syncline status text"]


def test_a_refused_login_ends_it(site) -> None:
    site.denied = True
    found = results(site)
    assert list(found) == ["reachability"]
    assert "make a new token" in wrong(found)[0]


def test_a_wrong_address_is_named(site) -> None:
    site.script = [("GET", "/rate_limit", (404, {}, {"message": "Not Found"}))]
    assert "https://HOST/api/v3" in wrong(results(site))[0]


def test_an_enterprise_server_without_limits_is_reached(site) -> None:
    site.script = [("GET", "/rate_limit", (404, {}, {"message": "Rate limiting is not enabled."}))]
    found = results(site)
    assert found["reachability"][0].ok
    assert wrong(found) == []


def test_a_clock_that_differs_is_named(site) -> None:
    connector = site.connector()
    connector._client._clock.skew = timedelta(minutes=5)
    (clock,) = [r for r in connector.check([]) if r.name == "clock"]
    assert (clock.ok, clock.mend) == (False, "set this machine's clock (NTP)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"visible": False}, "does not exist or this login may not see it"),
        ({"archived": True}, "archived: read-only"),
        ({"has_issues": False}, "issues are turned off"),
        ({"permissions": {"pull": True}}, "may only read"),
    ],
)
def test_a_repository_that_cannot_be_used_is_named(site, change, said) -> None:
    repository = site.repository()
    repository.update(change)
    facts = site._facts
    site._facts = lambda r: {**facts(r), **{k: v for k, v in change.items() if k != "visible"}}
    (message,) = wrong(results(site))
    assert said in message


def test_a_repository_without_an_anchor_must_be_written_to_only_for_labels(site) -> None:
    site.repository()
    facts = site._facts
    site._facts = lambda r: {**facts(r), "permissions": {"pull": True}}

    def told(*owned: str, anchored: tuple[str, ...] = ()) -> list[str]:
        return [r.found for r in site.connector(owned=list(owned)).check([PLACE], anchored) if r.ok is False]

    only_read = [f"{PLACE}: private: this login may only read"]
    assert told("anchor.block") == []
    assert told("anchor.block", anchored=(PLACE,)) == only_read
    assert told("work.label") == only_read


def test_a_renamed_repository_is_told(site) -> None:
    repository = site.repository()
    repository["full_name"] = "fictive/renamed"
    site.moved[PLACE] = repository["id"]
    assert "now called fictive/renamed" in results(site)["repository"][0].found


def test_a_missing_project_and_an_unnamed_one_are_named(site) -> None:
    assert "no project is named" in wrong(results(site, project=None))[0]
    site.has_project = False
    assert "permission Projects" in wrong(results(site))[0]


def test_a_field_that_lacks_is_wrong_or_lacks_options_is_named(site) -> None:
    connector = site.connector()
    read = connector._projects.read
    project = read()
    fields = {k: f for k, f in project.fields.items() if f.name != "Syncline status text"}
    (status,) = fields.values()
    narrow = type(status)(id=status.id, name=status.name, kind=status.kind, options={"Green": "1"})
    connector._projects.read = lambda: type(project)(
        id=project.id, title=project.title, closed=True, writable=True, fields={status.id: narrow}
    )
    said = [f"{r.found} | {r.mend}" for r in connector.check([]) if r.ok is False]
    assert said == [
        "project 'Delivery' is closed | open it again",
        "Syncline status: lacks the options Amber, Red, Unknown | add Amber, Red, Unknown to Syncline status",
        "Syncline status text: no such field in 'Delivery' | make a text field Syncline status text in the project",
    ]


def test_a_budget_that_runs_low_is_named(site) -> None:
    site.extra = {"X-RateLimit-Remaining": "12", "X-RateLimit-Limit": "5000"}
    assert "12 of 5000" in wrong(results(site))[0]
