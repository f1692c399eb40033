"""Each write is made once, guarded, and its end is told truly, over real HTTP."""

from __future__ import annotations

import pytest

from connectors.core.port import Catalog, Outcome, Write, WriteKind

pytestmark = pytest.mark.loopback

NOTHING = Catalog(fields=())


def write(kind, stream, target, values, *, external_id="", version="", before=None):
    return Write(
        id=f"{kind}:{stream}:{target}:{external_id}",
        connection="salesforce",
        kind=kind,
        stream=stream,
        target=target,
        partition="Engagement__c" if stream == "engagements" else "Syncline_Risk__c",
        values=values,
        before=before or {},
        reason="because",
        external_id=external_id,
        version=version,
    )


def status(target, colour="Amber", **more):
    return write(WriteKind.SET_FIELDS, "engagements", target, {"Syncline_Status__c": colour}, **more)


def risk(key, **values):
    fields = {"Risk_Key__c": key, "Name": "A risk", "Severity__c": "high", **values}
    return write(WriteKind.UPSERT, "risks", "", fields, external_id=key)


@pytest.fixture
def engagement(org):
    return org.act("create", "Engagement__c", {"Name": "One", "Key__c": "FIC-1", "Stage__c": "Active"})


@pytest.fixture
def writer(connections):
    return connections.connect().writer


def sent(org, method="PATCH"):
    return [line for line in org.log() if line["method"] == method]


def test_five_hundred_risks_are_three_requests(org, writer):
    writes = [risk(f"R-{n}") for n in range(500)]
    batches = writer.batches(writes)
    assert [len(b) for b in batches] == [200, 200, 100]
    receipts = [r for b in batches for r in writer.send(b)]
    assert {r.outcome for r in receipts} == {Outcome.DONE}
    assert len({r.record_id for r in receipts}) == 500
    assert len(sent(org)) == 3


def test_one_external_id_is_never_twice_in_one_request(writer):
    batches = writer.batches([risk("R-1"), risk("R-2"), risk("r-1", Severity__c="low"), status("a00")])
    assert [[w.external_id for w in b] for b in batches] == [["R-1", "R-2"], ["r-1"], [""]]


def test_one_bad_row_of_a_collection_stops_only_itself(org, writer):
    good, bad, after = risk("R-1"), risk("R-2", Severity__c="dreadful"), risk("R-3")
    receipts = writer.send([good, bad, after])
    assert [r.outcome for r in receipts] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    assert "picklist" in receipts[1].message
    assert {r["Risk_Key__c"] for r in org.rows("Syncline_Risk__c")} == {"R-1", "R-3"}


@pytest.mark.parametrize(
    "key", ["R-a/b", "R-a?b=c#d", "R-a&b", "R-it's", 'R-"quoted"', "R-ü ß 日本", "R-a\\b", "R-100%"]
)
def test_an_external_id_with_any_character_reaches_its_own_row(org, writer, key):
    writer.send([risk(key)])
    writer.send([risk(key, Severity__c="low")])
    (row,) = org.rows("Syncline_Risk__c")
    assert (row["Risk_Key__c"], row["Severity__c"]) == (key, "low")
    probe = risk(key, Severity__c="low")
    assert writer.shown([probe], NOTHING)[probe.id] == dict(probe.values)
    assert writer.find(probe).record_id == row["Id"]


def test_the_guard_survives_a_renewed_session(org, connections, engagement):
    connector = connections.connect()
    before = connector.reader.fetch("engagements", [engagement], ("Name",), NOTHING)[engagement]
    org.admin("POST", "clock", {"advance_seconds": 5})
    org.act("update", "Engagement__c", {"Syncline_Status__c": "Red"}, engagement)
    org.admin("POST", "sessions/revoke", {})
    (receipt,) = connector.writer.send([status(engagement, version=before.version)])
    assert receipt.outcome is Outcome.STALE
    assert org.rows("Engagement__c")[0]["Syncline_Status__c"] == "Red"


def test_a_guarded_write_to_an_unchanged_row_goes_through(org, connections, engagement):
    connector = connections.connect()
    seen = connector.reader.fetch("engagements", [engagement], ("Name",), NOTHING)[engagement]
    (receipt,) = connector.writer.send([status(engagement, version=seen.version)])
    assert (receipt.outcome, receipt.record_id) == (Outcome.DONE, engagement)


@pytest.mark.parametrize(
    ("kind", "arguments", "outcome", "effect"),
    [
        ("drop_before", {}, Outcome.AMBIGUOUS, False),
        ("drop_after", {}, Outcome.AMBIGUOUS, True),
        ("html", {"body": "<html>"}, Outcome.AMBIGUOUS, False),
        ("status", {"status": 500, "body": "[]"}, Outcome.AMBIGUOUS, False),
        ("status", {"status": 503, "body": "[]"}, Outcome.AMBIGUOUS, False),
        ("status", {"status": 429, "headers": {"Retry-After": "7"}, "body": "[]"}, Outcome.FAILED, False),
        (
            "status",
            {"status": 403, "body": '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"x"}]'},
            Outcome.FAILED,
            False,
        ),
        ("status", {"status": 400, "body": '[{"errorCode":"STRING_TOO_LONG","message":"x"}]'}, Outcome.REFUSED, False),
    ],
)
@pytest.mark.parametrize("make", [status, risk])
def test_every_disturbed_write_is_sent_once_and_its_end_told(
    org, writer, engagement, kind, arguments, outcome, effect, make
):
    org.fault(kind, method="PATCH", arguments=arguments)
    (receipt,) = writer.send([make(engagement if make is status else "R-1")])
    assert receipt.outcome is outcome, receipt.message
    assert len(sent(org)) == 1
    rows = [r for r in org.rows("Engagement__c") if r.get("Syncline_Status__c")] + org.rows("Syncline_Risk__c")
    assert bool(rows) is effect


def test_a_wait_that_the_org_asks_for_is_on_the_receipt(org, writer, engagement):
    org.fault("status", method="PATCH", arguments={"status": 429, "headers": {"Retry-After": "7"}, "body": "[]"})
    assert writer.send([status(engagement)])[0].retry_after_s == 7


def test_a_locked_row_may_be_tried_again_later(org, writer, engagement):
    org.admin("POST", "locks", {"ids": [engagement], "times": 1})
    assert writer.send([status(engagement)])[0].outcome is Outcome.FAILED
    assert writer.send([status(engagement)])[0].outcome is Outcome.DONE


def test_a_field_that_may_not_be_written_is_refused_in_plain_words(org, writer, engagement):
    org.admin("POST", "access", {"username": "sync@partner.example", "read_only": ["Engagement__c.Syncline_Status__c"]})
    (receipt,) = writer.send([status(engagement)])
    assert receipt.outcome is Outcome.REFUSED
    assert "permission set" in receipt.message


def test_a_write_that_salesforce_does_not_have_is_refused(writer, org):
    (receipt,) = writer.send([write(WriteKind.ADD_LABEL, "engagements", "a00", {"label": "x"})])
    assert receipt.outcome is Outcome.REFUSED
    assert sent(org) == []


def test_a_target_that_is_no_record_id_is_refused_without_a_request(writer, org):
    (receipt,) = writer.send([status("../Account/001000000000001")])
    assert receipt.outcome is Outcome.REFUSED
    assert sent(org) == []


def test_what_is_shown_takes_the_form_of_values_or_of_before(org, writer, engagement):
    values = {"Syncline_As_Of__c": "2026-03-02T11:00:00+01:00", "Syncline_Status_Text__c": "AMBER\n- late\n"}
    probe = write(WriteKind.SET_FIELDS, "engagements", engagement, values)
    writer.send([probe])
    assert writer.shown([probe], NOTHING)[probe.id] == values
    later = write(WriteKind.SET_FIELDS, "engagements", engagement, {"Syncline_Status_Text__c": "RED"}, before=values)
    assert writer.shown([later], NOTHING)[later.id] == {"Syncline_Status_Text__c": "AMBER\n- late\n"}


def test_what_many_writes_show_takes_one_request(org, connections, engagement):
    connector = connections.connect()
    connector.writer.send([risk("R-1"), risk("R-2")])
    before = connections.requests_made
    shown = connector.writer.shown([status(engagement), risk("R-1"), risk("R-2"), risk("R-3")], NOTHING)
    assert connections.requests_made - before == 1
    assert shown[risk("R-3").id] == {}
    assert shown[status(engagement).id] == {"Syncline_Status__c": None}
    assert shown[risk("R-1").id] == dict(risk("R-1").values)
