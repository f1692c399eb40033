from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.core.port import Catalog
from mapping.inbound import InboundError, map_record
from mapping.model import (
    Account,
    Deliverable,
    DeliverableState,
    Engagement,
    Money,
    OwedBy,
    Person,
    Reference,
    ReferenceKind,
    ScopeBaseline,
    ScopeItem,
    ScopeState,
    Stage,
    Unmapped,
)
from mapping.registers import (
    DeliverableDependency,
    EngineeringRequest,
    Lifecycle,
    Mitigation,
    MitigationState,
    RequestState,
    Risk,
)

NO_CATALOG = Catalog(fields=())
ID15 = "a02Kj0000012AbC"
ID18 = "a02Kj0000012AbCIAU"


def one(rules, record):
    (entity,) = map_record(rules, record, NO_CATALOG)
    return entity


def test_account_and_user(salesforce, row):
    account = one(salesforce, row("accounts", {"Name": "Nimbus Fabric (fictitious)", "Type": "Partner"}))
    assert isinstance(account, Account)
    assert account.name == account.key == "Nimbus Fabric (fictitious)"
    payload = {"Name": "A. Person", "Email": "a@partner.example", "Username": "a@org.example", "IsActive": False}
    person = one(salesforce, row("users", payload))
    assert isinstance(person, Person)
    assert (person.key, person.display_name, person.email, person.active) == (
        "a@org.example",
        "A. Person",
        "a@partner.example",
        False,
    )


def test_a_login_without_a_user_name_is_called_as_the_record_is(salesforce, row):
    (person,) = map_record(salesforce, row("users", {"Name": "A. Person", "Username": None}), NO_CATALOG)
    assert person.key == "A. Person"


ENGAGEMENT = {
    "Name": "Backup service",
    "Key__c": "NIM-01",
    "Account__c": ID15,
    "Contract_Number__c": "C-100",
    "Stage__c": "Active",
    "Start_Date__c": "2026-01-05",
    "End_Date__c": None,
    "Budget__c": 180000.0,
    "CurrencyIsoCode": "EUR",
    "Project_Manager__c": ID18,
}


def test_engagement_with_references_normalised_to_long_ids(salesforce, row):
    engagement = one(salesforce, row("engagements", ENGAGEMENT))
    assert engagement == Engagement(
        ref="salesforce:engagements:a01000000000001AAA",
        key="NIM-01",
        url="https://partner.example/lightning/r/a01000000000001AAA/view",
        access=engagement.access,
        name="Backup service",
        account_ref=f"salesforce:accounts:{ID18}",
        contract="C-100",
        stage=Stage.ACTIVE,
        start=date(2026, 1, 5),
        end=None,
        budget=Money(amount=Decimal("180000.0"), currency="EUR"),
        manager_ref=f"salesforce:users:{ID18}",
    )


def test_an_unknown_or_empty_picklist_value_is_unmapped_and_kept(salesforce, row):
    odd = one(salesforce, row("engagements", {**ENGAGEMENT, "Stage__c": "On hold"}))
    assert (odd.stage, odd.unmapped) == (
        Stage.UNMAPPED,
        (Unmapped(attribute="stage", field="Stage__c", value="On hold"),),
    )
    silent = one(salesforce, row("engagements", {**ENGAGEMENT, "Stage__c": None}))
    assert (silent.stage, silent.unmapped) == (
        Stage.UNMAPPED,
        (Unmapped(attribute="stage", field="Stage__c", value=""),),
    )


def test_an_amount_without_a_currency_is_not_guessed_unless_the_user_states_one(salesforce, texts, row, compiled):
    record = row("engagements", {**ENGAGEMENT, "CurrencyIsoCode": None})
    poor = one(salesforce, record)
    assert poor.budget is None
    assert poor.unmapped == (Unmapped(attribute="budget", field="Budget__c", value="180000.0 without a currency"),)
    override = {"inbound": {"engagement": {"attributes": {"budget": {"currency_if_absent": "USD"}}}}}
    stated = one(compiled("salesforce", texts("salesforce"), override), record)
    assert stated.budget == Money(amount=Decimal("180000.0"), currency="USD")


@pytest.mark.parametrize(
    ("stream", "payload", "field"),
    [
        ("engagements", {**ENGAGEMENT, "Key__c": " "}, "Key__c"),
        ("engagements", {**ENGAGEMENT, "Budget__c": "much"}, "Budget__c"),
        ("baselines", {"Name": "SoW", "Version__c": 1.0}, "Engagement__c"),
        ("baselines", {"Name": "SoW", "Engagement__c": ID18, "Version__c": 1.5}, "Version__c"),
        ("scope_items", {"Name": "x", "Scope_Baseline__c": ID18, "State__c": "Active"}, "Item_Key__c"),
    ],
)
def test_a_row_without_what_it_must_have_is_refused(salesforce, row, stream, payload, field):
    with pytest.raises(InboundError) as caught:
        map_record(salesforce, row(stream, payload), NO_CATALOG)
    assert caught.value.field == field


def test_baseline_and_scope_item(salesforce, row):
    payload = {"Name": "SoW v2", "Engagement__c": ID15, "Version__c": 2.0, "Signed_On__c": None}
    baseline = one(salesforce, row("baselines", payload))
    assert isinstance(baseline, ScopeBaseline)
    assert (baseline.engagement_ref, baseline.version, baseline.signed_on) == (
        f"salesforce:engagements:{ID18}",
        2,
        None,
    )
    item = one(
        salesforce,
        row(
            "scope_items",
            {
                "Name": "Encrypted backups",
                "Item_Key__c": "SI-03",
                "Scope_Baseline__c": ID18,
                "Text__c": "All backups\r\nare encrypted.",
                "Due_Date__c": "2026-12-01",
                "Budget__c": 0,
                "CurrencyIsoCode": "EUR",
                "Acceptance__c": None,
                "State__c": "Deferred",
            },
        ),
    )
    assert isinstance(item, ScopeItem)
    assert (item.key, item.title, item.baseline_ref) == ("SI-03", "Encrypted backups", f"salesforce:baselines:{ID18}")
    assert (item.due, item.state, item.acceptance) == (date(2026, 12, 1), ScopeState.DEFERRED, "")
    assert item.budget == Money(amount=Decimal(0), currency="EUR")
    assert item.text == "All backups\r\nare encrypted."


DELIVERABLE = {
    "Name": "Firmware image",
    "Engagement__c": ID18,
    "Deliverable_Key__c": "D-01",
    "Owed_By__c": "Third party",
    "Third_Party__c": ID18,
    "Promised_For__c": "2026-11-30",
    "Needed_By__c": "2026-12-04",
    "State__c": "Open",
    "Scope_Items__c": "SI-01, SI-02,",
    "Jira_Issue__c": "nim-12",
    "Jira_Version__c": "https://Jira.Example:8443/projects/NIM/versions/10400/tab/release-report-all-issues",
}


def test_deliverable_with_its_tracking_references(salesforce, row):
    deliverable = one(salesforce, row("deliverables", DELIVERABLE))
    assert isinstance(deliverable, Deliverable)
    assert (deliverable.key, deliverable.title, deliverable.owed_by) == ("D-01", "Firmware image", OwedBy.THIRD_PARTY)
    assert (deliverable.state, deliverable.delivered_on) == (DeliverableState.OPEN, None)
    assert (deliverable.promised_for, deliverable.needed_by) == (date(2026, 11, 30), date(2026, 12, 4))
    assert deliverable.scope_item_keys == ("SI-01", "SI-02")
    assert deliverable.tracking == (
        Reference(kind=ReferenceKind.WORK, value="NIM-12", host=None, field="Jira_Issue__c", text="nim-12"),
        Reference(
            kind=ReferenceKind.MILESTONE,
            value="10400",
            host="jira.example:8443",
            field="Jira_Version__c",
            text="https://Jira.Example:8443/projects/NIM/versions/10400/tab/release-report-all-issues",
        ),
    )


def test_a_deliverable_without_key_is_called_by_its_name(salesforce, row):
    assert one(salesforce, row("deliverables", {**DELIVERABLE, "Deliverable_Key__c": None})).key == "Firmware image"


@pytest.mark.parametrize("text", ["ask the vendor", "https://jira.example/secure/Dashboard.jspa", "NIM-12 and NIM-13"])
def test_a_tracking_field_that_is_no_reference_is_kept_raw(salesforce, row, text):
    record = row("deliverables", {**DELIVERABLE, "Jira_Issue__c": text, "Jira_Version__c": None})
    deliverable = one(salesforce, record)
    assert deliverable.tracking == ()
    assert deliverable.unmapped == (Unmapped(attribute="tracking", field="Jira_Issue__c", value=text),)


def test_a_risk_is_called_by_its_key_else_by_its_name(salesforce, row):
    payload = {"Name": "Late", "Risk_Key__c": "R-0123456789", "Lifecycle__c": "Accepted", "Raised_On__c": "2026-11-02"}
    risk = one(salesforce, row("risks", {**payload, "Category__c": "schedule", "Risk_Owner__c": "005000000000001"}))
    assert isinstance(risk, Risk)
    assert (risk.key, risk.title, risk.lifecycle) == ("R-0123456789", "Late", Lifecycle.ACCEPTED)
    assert (risk.category, risk.severity, risk.engagement_ref) == ("schedule", "", None)
    assert (risk.owner_ref, risk.raised_on) == ("salesforce:users:005000000000001AAA", date(2026, 11, 2))
    odd = one(salesforce, row("risks", {**payload, "Risk_Key__c": None, "Lifecycle__c": "Parked"}))
    assert (odd.key, odd.lifecycle) == ("Late", Lifecycle.UNMAPPED)
    assert odd.unmapped == (Unmapped(attribute="lifecycle", field="Lifecycle__c", value="Parked"),)


def test_an_engineering_request_has_its_effort_in_seconds_and_its_amount_exactly(salesforce, row):
    payload = {
        "Name": "Second region",
        "Request_Key__c": "ER-1",
        "State__c": "approved",
        "Engagement__c": ID15,
        "Effort_Hours__c": 12.35,
        "Amount__c": 1234567890.12,
        "CurrencyIsoCode": "GBP",
        "Jira_Issue__c": "https://jira.example/browse/NIM-12",
    }
    request = one(salesforce, row("requests", payload))
    assert isinstance(request, EngineeringRequest)
    assert (request.key, request.state, request.effort_s) == ("ER-1", RequestState.APPROVED, 44460)
    assert request.amount == Money(amount=Decimal("1234567890.12"), currency="GBP")
    assert [(r.value, r.host) for r in request.tracking] == [("NIM-12", "jira.example")]
    without = one(salesforce, row("requests", {**payload, "CurrencyIsoCode": None}))
    assert without.amount is None
    assert [u.attribute for u in without.unmapped] == ["amount"]


def test_a_mitigation_and_a_dependency_point_at_records_and_may_have_lost_them(salesforce, row):
    payload = {"Name": "Hire", "State__c": "In progress", "Risk__c": ID15, "Due_Date__c": "2026-12-01"}
    mitigation = one(salesforce, row("mitigations", payload))
    assert isinstance(mitigation, Mitigation)
    assert (mitigation.risk_ref, mitigation.state) == (f"salesforce:risks:{ID18}", MitigationState.IN_PROGRESS)
    assert one(salesforce, row("mitigations", {**payload, "Risk__c": None})).risk_ref is None
    dependency = one(salesforce, row("dependencies", {"Deliverable__c": ID15, "Depends_On__c": None}))
    assert isinstance(dependency, DeliverableDependency)
    assert (dependency.deliverable_ref, dependency.depends_on_ref) == (f"salesforce:deliverables:{ID18}", None)
