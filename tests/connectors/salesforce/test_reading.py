"""No change is lost and no request wasted, whatever the org does, over real HTTP."""

from __future__ import annotations

import pytest

from connectors.core.errors import FatalError, InterruptedRunError, PartitionError, RetriableError
from connectors.core.port import Catalog, Page, Partition, PartitionFailure, Wanted
from connectors.salesforce import SPEC, client
from connectors.salesforce.settings import DEFAULT_OBJECTS

pytestmark = pytest.mark.loopback

ACCOUNTS = Partition(stream="accounts", key="Account")
ENGAGEMENTS = Partition(stream="engagements", key="Engagement__c")
EVERYTHING = tuple(Partition(stream=s.name, key=s.fixed_partition) for s in SPEC.streams if s.name in DEFAULT_OBJECTS)
FIELDS = {"engagements": ("Name", "Key__c", "Account__c")}
NOTHING = Catalog(fields=())


def pull(connector, partitions, cursors=None, *, fields=FIELDS, catalog=NOTHING):
    cursors = cursors if cursors is not None else {}
    wanted = [Wanted(partition=p, cursor=cursors.get(p), fields=fields.get(p.stream, ("Name",))) for p in partitions]
    records, failures = [], []
    for item in connector.reader.pull(wanted, catalog):
        if isinstance(item, PartitionFailure):
            failures.append(item)
            continue
        records.extend(item.records)
        cursors.update(item.cursors)
    return records, failures


def engagement(org, key, **values):
    return org.act("create", "Engagement__c", {"Name": key, "Key__c": key, "Stage__c": "Active", **values})


def test_an_unchanged_cycle_is_one_request_for_five_objects(org, connections):
    engagement(org, "FIC-1")
    cursors = {}
    pull(connections.connect(), EVERYTHING, cursors)
    before = connections.requests_made
    _, failures = pull(connections.connect(), EVERYTHING, cursors)
    assert failures == []
    assert connections.requests_made - before == 2


def test_a_new_process_takes_the_stored_token_and_does_not_log_in(org, connections):
    pull(connections.connect(), [ENGAGEMENTS])
    pull(connections.connect(), [ENGAGEMENTS])
    assert sum("oauth2/token" in line["path"] for line in org.log()) == 1


def test_an_org_without_composite_requests_is_read_one_by_one(org, connections):
    key = engagement(org, "FIC-1")
    body = '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]'
    org.fault("status", route="composite", arguments={"status": 404, "body": body})
    records, failures = pull(connections.connect(), EVERYTHING)
    assert failures == []
    assert key in {r.id for r in records}


def test_a_row_that_commits_late_under_an_old_stamp_is_delivered(org, connections):
    change = {"op": "create", "object": "Engagement__c", "values": {"Name": "Late", "Key__c": "FIC-9"}}
    opened = org.admin("POST", "transactions", {"operations": [change]})
    org.admin("POST", "clock", {"advance_seconds": 300})
    engagement(org, "FIC-1")
    cursors = {}
    first, _ = pull(connections.connect(), [ENGAGEMENTS], cursors)
    assert {r.key for r in first} == {"FIC-1"}
    org.admin("POST", f"transactions/{opened['id']}/commit", {})
    second, _ = pull(connections.connect(), [ENGAGEMENTS], cursors)
    assert "FIC-9" in {r.key for r in second}


def test_two_changes_within_one_second_are_two_versions(org, connections):
    versions = []
    for name in ("One", "Two"):
        stamp = "2026-03-02T10:00:00Z"
        row = {"Id": "a00000000000001AAA", "Name": name, "CreatedDate": stamp, "SystemModstamp": stamp}
        org.reset(records={"Engagement__c": [row]})
        records, _ = pull(connections.connect(), [ENGAGEMENTS])
        versions.extend((r.updated, r.version) for r in records)
    (first, second) = versions
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_the_children_of_a_merged_account_come_again(org, connections):
    kept = org.act("create", "Account", {"Name": "Kept"})
    lost = org.act("create", "Account", {"Name": "Lost"})
    child = engagement(org, "FIC-1", Account__c=lost)
    connector = connections.connect()
    catalog = connector.catalog([])
    cursors = {}
    pull(connector, [ACCOUNTS, ENGAGEMENTS], cursors, catalog=catalog)
    org.admin("POST", "clock", {"advance_seconds": 3600})
    pull(connector, [ACCOUNTS, ENGAGEMENTS], cursors, catalog=catalog)
    org.admin("POST", "merge", {"object": "Account", "master": kept, "losers": [lost]})
    records, _ = pull(connector, [ACCOUNTS, ENGAGEMENTS], cursors, catalog=catalog)
    assert {r.id for r in records if r.deleted} == {lost}
    assert [r.payload["Account__c"] for r in records if r.id == child] == [kept]


def test_a_lost_query_locator_goes_on_from_the_last_page(org, connections, monkeypatch):
    monkeypatch.setattr(client, "PAGE_ROWS", 200)
    changes = [
        {"op": "create", "object": "Engagement__c", "values": {"Name": f"E{n}", "Key__c": f"FIC-{n}"}}
        for n in range(450)
    ]
    org.admin("POST", "records", changes)
    org.admin("POST", "clock", {"advance_seconds": 3600})
    body = '[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]'
    org.fault("status", route="query(All)?/[0-9A-Za-z]+-", times=1, arguments={"status": 400, "body": body})
    records, failures = pull(connections.connect(), [ENGAGEMENTS])
    assert failures == []
    assert len({r.id for r in records}) == 450


def test_an_object_whose_field_is_hidden_fails_alone_and_says_what_to_do(org, connections):
    engagement(org, "FIC-1")
    org.admin("POST", "access", {"username": "sync@partner.example", "hidden": ["Account.Name"]})
    records, failures = pull(connections.connect(), [ACCOUNTS, ENGAGEMENTS])
    assert [f.partitions for f in failures] == [frozenset({ACCOUNTS})]
    assert isinstance(failures[0].error, PartitionError)
    assert "permission set" in str(failures[0].error)
    assert "queryAll Account:" in str(failures[0].error)
    assert "No such column 'Name' on entity 'Account' [INVALID_FIELD]" in str(failures[0].error)
    assert "FIC-1" in {r.key for r in records}


def test_visible_names_are_resolved_by_the_catalog(org, connections):
    engagement(org, "FIC-1")
    connector = connections.connect()
    catalog = connector.catalog([])
    label = next(f.name for f in catalog.fields if f.id == "Syncline_Status__c")
    records, _ = pull(connector, [ENGAGEMENTS], fields={"engagements": (label,)}, catalog=catalog)
    assert "Syncline_Status__c" in records[0].payload
    _, failures = pull(connector, [ENGAGEMENTS], fields={"engagements": ("No such field",)}, catalog=catalog)
    assert "No such field" in str(failures[0].error)


def test_a_value_is_read_through_a_relationship(org, connections):
    account = org.act("create", "Account", {"Name": "Nimbus"})
    engagement(org, "FIC-1", Account__c=account)
    records, _ = pull(connections.connect(), [ENGAGEMENTS], fields={"engagements": ("Account__r.Name",)})
    assert records[0].payload["Account__r"] == {"Name": "Nimbus"}


def test_an_org_with_one_currency_is_not_asked_for_it(org, connections):
    org.reset(multi_currency=False)
    engagement(org, "FIC-1")
    connector = connections.connect()
    records, failures = pull(
        connector, [ENGAGEMENTS], fields={"engagements": ("CurrencyIsoCode",)}, catalog=connector.catalog([])
    )
    assert failures == []
    assert "CurrencyIsoCode" not in records[0].payload


def test_a_register_that_an_org_does_not_have_is_not_read_and_stops_nothing(org, connections):
    org.admin(
        "POST", "access", {"username": "sync@partner.example", "hidden": ["Mitigation__c", "Engagement__c.Rate__c"]}
    )
    engagement(org, "FIC-1")
    request = org.act("create", "Engineering_Request__c", {"Name": "Second region"})
    connector = connections.connect()
    partitions = [ENGAGEMENTS, Partition(stream="mitigations", key="Mitigation__c")]
    partitions.append(Partition(stream="requests", key="Engineering_Request__c"))
    fields = {"engagements": ("Rate__c",), "mitigations": ("Name",), "requests": ("Name",)}
    records, failures = pull(connector, partitions, fields=fields, catalog=connector.catalog([]))
    assert failures == []
    assert [r.stream for r in records] == ["engagements", "requests"]
    assert records[1].id == request


def test_a_revoked_session_is_renewed_once_and_unseen(org, connections):
    engagement(org, "FIC-1")
    connector = connections.connect()
    pull(connector, [ENGAGEMENTS])
    org.admin("POST", "sessions/revoke", {})
    records, _ = pull(connector, [ENGAGEMENTS])
    assert [r.key for r in records] == ["FIC-1"]
    assert sum("oauth2/token" in line["path"] for line in org.log()) == 2


def test_an_endless_401_stops_after_one_login(org, connections):
    body = '[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]'
    org.fault("status", route="queryAll", arguments={"status": 401, "body": body})
    with pytest.raises(FatalError, match="a token that it has just given"):
        pull(connections.connect(), [ENGAGEMENTS])
    assert sum("oauth2/token" in line["path"] for line in org.log()) == 2


def test_a_used_up_quota_is_not_asked_again(org, connections):
    body = '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]'
    org.fault("status", route="queryAll", arguments={"status": 403, "body": body})
    connector = connections.connect()
    with pytest.raises(RetriableError) as caught:
        pull(connector, [ENGAGEMENTS])
    assert caught.value.retry_after_s == 3600
    assert sum("queryAll" in line["path"] for line in org.log()) == 1


def test_our_share_of_the_quota_interrupts_the_run(org, connections):
    org.admin("POST", "settings", {"daily_limit": 1000, "calls_used": 0})
    connector = connections.connect(daily_share=0.003)
    pull(connector, [ENGAGEMENTS])
    pull(connector, [ENGAGEMENTS])
    before = len(org.log())
    with pytest.raises(InterruptedRunError, match="daily_share"):
        pull(connector, [ENGAGEMENTS])
    assert len(org.log()) == before


def test_a_page_that_says_when_it_is_true_of(org, connections):
    org.admin("POST", "clock", {"advance_seconds": 86_400})
    wanted = [Wanted(partition=ENGAGEMENTS, cursor=None, fields=("Name",))]
    (page,) = connections.connect().reader.pull(wanted, NOTHING)
    assert isinstance(page, Page)
    now = org.admin("GET", "clock")["now"]
    assert page.as_of.isoformat() <= now
    assert page.as_of.isoformat() > now[:10]


def test_a_broken_connection_in_the_middle_of_an_answer_is_read_again(org, connections):
    engagement(org, "FIC-1")
    org.fault("truncate", route="queryAll", times=1, arguments={"bytes": 40})
    org.fault("drop_before", route="queryAll", times=1)
    records, _ = pull(connections.connect(), [ENGAGEMENTS])
    assert [r.key for r in records] == ["FIC-1"]


def test_a_login_page_in_place_of_an_answer_is_named(org, connections):
    org.fault("html", route="queryAll", arguments={"body": "<html>log in</html>"})
    with pytest.raises(RetriableError, match="a login page or a proxy"):
        pull(connections.connect(), [ENGAGEMENTS])


def test_fetch_takes_many_ids_in_few_requests_and_both_forms_of_an_id(org, connections):
    ids = [engagement(org, f"FIC-{n}") for n in range(3)]
    unknown = [f"a00zz00000{n:05d}" for n in range(700)]
    connector = connections.connect()
    before = connections.requests_made
    asked = [ids[0][:15], *ids, *unknown, "not an id"]
    found = connector.reader.fetch("engagements", asked, ("Key__c",), NOTHING)
    assert found[ids[0][:15]].id == found[ids[0]].id == ids[0]
    assert found[ids[2]].key == "FIC-2"
    assert found["not an id"] is None
    assert all(found[u] is None for u in unknown)
    assert connections.requests_made - before <= 4
