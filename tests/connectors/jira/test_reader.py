"""Versions, and records by id."""

from datetime import timedelta

import pytest

from connectors.core.errors import RetriableError
from connectors.core.port import Page, Partition, PartitionFailure, Wanted

NIM = Partition(stream="versions", key="NIM")
V1 = {"id": "501", "name": "1.0", "released": False, "releaseDate": "2026-12-01", "projectId": 1}
V2 = {"id": "502", "name": "1.1", "released": False, "projectId": 1}


def _versions(site, cursor=None, *, connector=None, partitions=(NIM,)):
    connector = connector or site.connector()
    wanted = [Wanted(partition=p, cursor=cursor, fields=()) for p in partitions]
    site.log.clear()
    return list(connector.reader.pull(wanted, connector.catalog([])))


def test_versions_come_whole_with_a_link_for_people(site):
    site.versions["NIM"] = [V1, V2]
    (page,) = _versions(site)
    assert [(r.id, r.key, r.partition) for r in page.records] == [("501", "1.0", "NIM"), ("502", "1.1", "NIM")]
    assert page.records[0].url == f"{site.url}/projects/NIM/versions/501"
    assert page.records[0].payload == V1
    assert page.complete == {NIM}
    assert page.as_of <= site.now


def test_versions_are_not_asked_again_within_the_hour_and_are_not_said_to_be_fresh(site):
    site.versions["NIM"] = [V1]
    (page,) = _versions(site)
    site.now += timedelta(minutes=58)
    assert _versions(site, page.cursors[NIM]) == []
    assert [p for p in site.paths() if "versions" in p] == []
    site.now += timedelta(minutes=3)
    (later,) = _versions(site, page.cursors[NIM])
    assert later.records == ()
    assert later.complete == {NIM}


def test_versions_that_were_read_under_a_clock_that_ran_ahead_are_read_again_at_once(site):
    site.versions["NIM"] = [V1]
    right = site.now
    site.now += timedelta(hours=24)
    (ahead,) = _versions(site)
    site.now = right
    (page,) = _versions(site, ahead.cursors[NIM])
    assert page.complete == {NIM}
    assert page.as_of <= site.now


def test_a_changed_version_comes_again_and_one_that_is_gone_comes_as_a_tombstone(site):
    site.versions["NIM"] = [V1, V2]
    (page,) = _versions(site)
    site.now += timedelta(hours=2)
    site.versions["NIM"] = [{**V1, "releaseDate": "2027-01-15"}]
    (later,) = _versions(site, page.cursors[NIM])
    assert [(r.id, r.deleted) for r in later.records] == [("501", False), ("502", True)]
    assert later.records[0].version != page.records[0].version


def test_versions_of_a_hidden_project_fail_alone(site):
    site.projects["FOX"] = False
    fox = Partition(stream="versions", key="FOX")
    items = _versions(site, partitions=(fox, NIM))
    assert [type(i) for i in items] == [PartitionFailure, Page]
    assert items[0].partitions == {fox}


def test_versions_of_a_project_whose_issues_are_hidden_are_not_asked_for(site):
    site.projects["FOX"] = False
    connector = site.connector()
    wanted = [Wanted(partition=Partition(stream=s, key="FOX"), cursor=None, fields=()) for s in ("issues", "versions")]
    items = list(connector.reader.pull(wanted, connector.catalog([])))
    assert {p.stream for i in items for p in i.partitions} == {"issues", "versions"}
    assert not any("versions" in p for p in site.paths())


def test_cloud_fetches_a_hundred_issues_a_request(cloud):
    numbers = [cloud.add() for _ in range(150)]
    connector = cloud.connector()
    catalog = connector.catalog([])
    cloud.log.clear()
    found = connector.reader.fetch("issues", [*numbers, "99999"], ["Summary"], catalog)
    assert cloud.paths() == ["POST issue/bulkfetch"] * 2
    assert [n for n, r in found.items() if r is None] == ["99999"]
    assert all(found[n].id == n for n in numbers)


def test_fetch_and_pull_give_the_same_record_of_the_same_issue(site):
    number = site.add()
    site.issues[number]["properties"]["syncline"] = {"id": "status"}
    connector = site.connector()
    catalog = connector.catalog([])
    wanted = [Wanted(partition=Partition(stream="issues", key="NIM"), cursor=None, fields=("Summary",))]
    (page,) = connector.reader.pull(wanted, catalog)
    fetched = connector.reader.fetch("issues", [number], ["Summary"], catalog)[number]
    assert fetched == page.records[0]
    assert fetched.payload.get("properties") == ({"syncline": {"id": "status"}} if site.cloud else None)


def test_fetch_does_not_wait_for_the_index(site):
    site.lag = timedelta(hours=1)
    number = site.add()
    assert site.connector().reader.fetch("issues", [number], ["Summary"], site.connector().catalog([]))[number]


def test_issues_that_a_bulkfetch_could_not_give_are_asked_for_one_by_one(cloud):
    number = cloud.add()
    connector = cloud.connector()
    catalog = connector.catalog([])
    errors = [{"id": number, "errorMessage": "busy"}, {"id": "99999", "errorMessage": "busy"}]
    cloud.script.append(("POST", "bulkfetch", (200, {}, {"issues": [], "issueErrors": errors})))
    found = connector.reader.fetch("issues", [number, "99999"], ["Summary"], catalog)
    assert found[number].id == number
    assert found["99999"] is None


def test_errors_of_a_bulkfetch_that_name_no_issue_are_a_matter_of_trying_again(cloud):
    connector = cloud.connector()
    catalog = connector.catalog([])
    answer = {"issues": [], "issueErrors": [{"errorMessage": "busy"}]}
    cloud.script.append(("POST", "bulkfetch", (200, {}, answer)))
    with pytest.raises(RetriableError):
        connector.reader.fetch("issues", ["1"], ["Summary"], catalog)


def test_a_version_is_fetched_by_its_id(site):
    site.script += [
        ("GET", "version/501", (200, {}, V1)),
        ("GET", "project/1", (200, {}, {"key": "NIM"})),
    ]
    connector = site.connector()
    found = connector.reader.fetch("versions", ["501", "502"], [], connector.catalog([]))
    assert (found["501"].partition, found["501"].key, found["502"]) == ("NIM", "1.0", None)


# The catalog ----------------------------------------------------------------------------------------------------


def test_what_can_be_created_is_asked_only_of_places_with_an_anchor(site):
    connector = site.connector(owned=["anchor.status"])
    everywhere = connector.catalog(["FOX", "NIM"])
    site.log.clear()
    found = connector.catalog(["FOX", "NIM"], ["NIM"])
    assert [p for p in site.paths() if "createmeta" in p and "/NIM/" not in p] == []
    assert len([p for p in site.paths() if "createmeta" in p]) >= 1
    assert set(found.record_types) == {"NIM"} < set(everywhere.record_types)
