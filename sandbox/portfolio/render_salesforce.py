"""Renders the truth into the state document of the Salesforce org (see `sandbox.salesforce.state`)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sandbox.portfolio.days import plus
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.layout import user_id
from sandbox.portfolio.model import Baseline, Deliverable, Engagement, Item, Person, Portfolio, TrackedBy
from sandbox.portfolio.registers import hourly_rate, registers
from sandbox.portfolio.render_jira import BOT_EMAIL
from sandbox.salesforce.ids import salesforce_id

Row = dict[str, Any]

BOT_NUMBER = 1
CLIENT_ID = "syncline"


def render_salesforce(truth: Portfolio, *, hosts: Hosts, client_secret: str) -> Row:
    """Return the state document of the org.

    Args:
        truth: the portfolio, numbered.
        hosts: addresses of the Jira sites, for what records name by URL.
        client_secret: of the application by which the syncing account logs in.
    """
    baselines = [(each, baseline) for each in truth.engagements for baseline in each.baselines]
    items = [(engagement, baseline, item) for engagement, baseline in baselines for item in baseline.items]
    owed = [(each, deliverable) for each in truth.engagements for deliverable in each.deliverables]
    return {
        "org": {
            "name": "Fictitious Partner",
            "multi_currency": True,
            "currency": "EUR",
            "clients": [{"client_id": CLIENT_ID, "client_secret": client_secret, "run_as": BOT_EMAIL}],
        },
        "records": {
            "User": [_bot(truth), *(_user(truth, each) for each in truth.people if user_id(each))],
            "Account": [
                {"Id": each.id, "Name": each.name, "Type": each.type, **_history(truth, each.number, -400)}
                for each in truth.accounts
            ],
            "Engagement__c": [_engagement(truth, each) for each in truth.engagements],
            "Scope_Baseline__c": [_baseline(truth, *each) for each in baselines],
            "Scope_Item__c": [_item(truth, *each) for each in items],
            "Deliverable__c": [_deliverable(truth, hosts, *each) for each in owed],
            **registers(truth, hosts, lambda number, created: _history(truth, number, created)),
        },
    }


def _history(truth: Portfolio, number: int, created: int) -> Row:
    """Return stamps that begin so many days from today and end before yesterday; the same for the same number."""
    made = _at(plus(truth.today, created), number)
    changed = _at(plus(truth.today, created + (number * 37) % (-created - 2)), number)
    return {"CreatedDate": made, "LastModifiedDate": changed, "SystemModstamp": changed}


def _at(day: date, number: int) -> str:
    instant = datetime.combine(day, time(8 + number % 9, number * 7 % 60, number * 13 % 60), tzinfo=UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _bot(truth: Portfolio) -> Row:
    row = {"Id": salesforce_id("User", BOT_NUMBER), "Username": BOT_EMAIL, "LastName": "Syncline", "Email": BOT_EMAIL}
    return {**row, "Alias": "syncline", "IsActive": True, **_settings(), **_history(truth, BOT_NUMBER, -400)}


def _user(truth: Portfolio, person: Person) -> Row:
    first, _, last = person.name.partition(" ")
    return {
        "Id": user_id(person),
        "Username": f"{person.email}.crm",
        "FirstName": first,
        "LastName": last,
        "Email": person.salesforce_email,
        "Alias": person.key.lower(),
        "IsActive": person.active,
        **_settings(),
        **_history(truth, int(person.key[1:]), -380),
    }


def _settings() -> Row:
    return {
        "TimeZoneSidKey": "UTC",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": salesforce_id("Profile", 1),
        "UserType": "Standard",
    }


def _engagement(truth: Portfolio, engagement: Engagement) -> Row:
    return {
        "Id": engagement.id,
        "Name": engagement.name,
        "Key__c": engagement.key,
        "Account__c": engagement.account.id,
        "Contract_Number__c": engagement.contract,
        "Stage__c": engagement.stage.value,
        "Start_Date__c": _day(engagement.start),
        "End_Date__c": _day(engagement.end),
        "Budget__c": float(engagement.budget),
        "CurrencyIsoCode": engagement.currency,
        "Project_Manager__c": user_id(engagement.manager),
        "Rate__c": hourly_rate(engagement),
        **_history(truth, engagement.number, (engagement.start - truth.today).days),
    }


def _baseline(truth: Portfolio, engagement: Engagement, baseline: Baseline) -> Row:
    return {
        "Id": baseline.id,
        "Name": f"{engagement.key} SoW v{baseline.version}",
        "Engagement__c": engagement.id,
        "Version__c": baseline.version,
        "Signed_On__c": _day(baseline.signed_on),
        "CurrencyIsoCode": engagement.currency,
        **_history(truth, baseline.number, -240),
    }


def _item(truth: Portfolio, engagement: Engagement, baseline: Baseline, item: Item) -> Row:
    return {
        "Id": item.id,
        "Name": f"{engagement.key} {item.key} {item.name}",
        "Scope_Baseline__c": baseline.id,
        "Item_Key__c": item.key,
        "Text__c": item.text,
        "Due_Date__c": _day(item.due),
        "Budget__c": float(item.budget),
        "CurrencyIsoCode": item.currency,
        "Acceptance__c": item.acceptance,
        "State__c": item.state.value,
        "Effort_Hours__c": 8.0 * (2 + item.number % 20),
        **_history(truth, item.number, -235),
    }


def _deliverable(truth: Portfolio, hosts: Hosts, engagement: Engagement, owed: Deliverable) -> Row:
    tracking = None
    if owed.issue is not None:
        tracking = owed.issue.key if owed.tracked_by is TrackedBy.KEY else hosts.issue(owed.issue)
    return {
        "Id": owed.id,
        "Name": owed.name,
        "Engagement__c": engagement.id,
        "Deliverable_Key__c": owed.key,
        "Owed_By__c": owed.owed_by,
        "Third_Party__c": owed.third_party.id if owed.third_party else None,
        "Promised_For__c": _day(owed.promised),
        "Needed_By__c": _day(owed.needed),
        "Delivered_On__c": _day(owed.delivered),
        "State__c": owed.state,
        "Scope_Items__c": ", ".join(owed.items),
        "Jira_Issue__c": tracking,
        "Jira_Version__c": hosts.version(owed.version) if owed.version else None,
        "CurrencyIsoCode": engagement.currency,
        **_history(truth, owed.number, -150),
    }
