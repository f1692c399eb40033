"""The rendered states, read back as a stranger would read them, still hold exactly the findings that were planted."""

import re
import tomllib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sandbox.portfolio.checker import Checker
from sandbox.portfolio.configuration import configuration
from sandbox.portfolio.generate import generate
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import (
    Account,
    Baseline,
    Deliverable,
    Engagement,
    Issue,
    Item,
    ItemState,
    Kind,
    Person,
    Portfolio,
    Project,
    Reading,
    ScopeUrl,
    Security,
    Stage,
    UrlForm,
    Version,
    subject_of,
)
from sandbox.portfolio.render_jira import BOT_ACCOUNT, BOT_NAME, render_jira
from sandbox.portfolio.render_salesforce import render_salesforce
from sandbox.portfolio.sites import SITES
from sandbox.salesforce.ids import to_18

TODAY = date(2026, 11, 24)
HOSTS = Hosts()
NOBODY = Person(
    key="",
    name="",
    cloud_id=None,
    cloud_name="",
    dc_login=None,
    dc_name="",
    email="",
    salesforce_number=None,
    salesforce_email="",
)


class ReadItem(Item):
    __slots__ = ("read_id",)

    @property
    def id(self):
        return self.read_id


class ReadDeliverable(Deliverable):
    __slots__ = ("read_id",)

    @property
    def id(self):
        return self.read_id


def day(text):
    return date.fromisoformat(text) if text else None


def read(documents, config, today):
    found = Portfolio(seed=0, scale=1, today=today)
    records = documents["salesforce"]["records"]
    engagements = {row["Id"]: engagement(row) for row in records["Engagement__c"]}
    found.engagements = list(engagements.values())
    baselines = {}
    for row in records["Scope_Baseline__c"]:
        made = Baseline(number=0, version=row["Version__c"], signed_on=day(row["Signed_On__c"]))
        baselines[row["Id"]] = made
        engagements[row["Engagement__c"]].baselines.append(made)
    for row in records["Scope_Item__c"]:
        baselines[row["Scope_Baseline__c"]].items.append(item(row))
    found.projects = places(documents, config, {each.key: each for each in found.engagements})
    issues = {issue.key: issue for each in found.projects for issue in each.issues}
    versions = {(v.project.site, v.id): v for each in found.projects for v in each.versions}
    for row in records["Deliverable__c"]:
        engagements[row["Engagement__c"]].deliverables.append(owed(row, issues, versions))
    return found


def engagement(row):
    account = Account(number=0, code="", name="", type="")
    return Engagement(
        number=0,
        key=row["Key__c"],
        name="",
        account=account,
        stage=Stage(row["Stage__c"]),
        contract="",
        start=TODAY,
        end=TODAY,
        budget=Decimal(0),
        currency="",
        manager=NOBODY,
    )


def item(row):
    made = ReadItem(
        number=0,
        key=row["Item_Key__c"],
        name="",
        text="",
        due=day(row["Due_Date__c"]),
        budget=Decimal(0),
        currency="",
        acceptance="",
        state=ItemState(row["State__c"]),
    )
    made.read_id = row["Id"]
    return made


def owed(row, issues, versions):
    made = ReadDeliverable(
        number=0,
        key="",
        name="",
        owed_by="",
        third_party=None,
        items=[],
        promised=day(row["Promised_For__c"]),
        needed=day(row["Needed_By__c"]),
        state=row["State__c"],
        issue=issues.get((row["Jira_Issue__c"] or "").rpartition("/")[2]),
    )
    made.read_id = row["Id"]
    if row["Jira_Version__c"]:
        site = "jira" if row["Jira_Version__c"].startswith(f"{HOSTS.jira}/") else "jira-dc"
        made.version = versions[site, int(row["Jira_Version__c"].rpartition("/")[2])]
    return made


def places(documents, config, engagements):
    found = {}
    for key, table in config["engagements"].items():
        for place in table["places"]:
            name = (place["connection"], place["place"])
            if name not in found:
                found[name] = project(documents[name[0]], *name)
            found[name].owners.append(engagements[key])
            engagements[key].places.append(found[name])
    for each in found.values():
        each.owners.sort(key=lambda owner: owner.key)
    return list(found.values())


def project(document, site, key):
    row = next((each for each in document["projects"] if each["key"] == key), None)
    made = Project(site=site, key=key, name="", reading=Reading.MISSING)
    if row is None:
        return made
    bot = BOT_ACCOUNT if site == "jira" else BOT_NAME
    made.reading = Reading.READABLE if "browse" not in row or bot in row["browse"] else Reading.UNREADABLE
    for each in row["versions"]:
        made.versions.append(
            Version(project=made, name=each["name"], release=day(each.get("releaseDate")), id=int(each["id"]))
        )
    rows = [each for each in document["issues"] if each["key"].rpartition("-")[0] == key]
    by_key = {each["key"]: issue(each, made) for each in rows}
    for each in rows:
        above = each["fields"].get("parent", {}).get("key") or each["fields"].get(SITES["jira-dc"].fields["Epic Link"])
        by_key[each["key"]].parent = by_key[above] if above else None
    made.issues = list(by_key.values())
    return made


def issue(row, place):
    fields, ids = row["fields"], SITES[place.site].fields
    made = Issue(project=place, kind=Kind(fields["issuetype"]["name"]), summary=fields["summary"])
    made.id, made.number = int(row["id"]), int(row["key"].rpartition("-")[2])
    made.scope_field = fields.get(ids["Scope item"])
    made.engagement_field = fields.get(ids["Engagement"])
    made.billable = fields.get(ids["Billable"], {}).get("value")
    made.labels = fields["labels"]
    made.status = fields["status"]["name"]
    made.resolution = fields.get("resolution", {}).get("name")
    made.due = day(fields.get("duedate"))
    made.security = Security(fields["security"]["name"]) if "security" in fields else None
    for found in re.findall(r"/(a0[0-9A-Za-z]{16}|a0[0-9A-Za-z]{13})(?![0-9A-Za-z])", fields["description"]):
        made.urls.append(ScopeUrl(target=to_18(found), form=UrlForm.SHORT_18))
    return made


@pytest.mark.parametrize(("seed", "scale"), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 2), (7, 5)])
def test_rendered_states_hold_the_planted_findings(seed, scale):
    today = TODAY + timedelta(days=seed)
    truth = generate(seed=seed, scale=scale, today=today)
    documents = {name: render_jira(truth, name, hosts=HOSTS, token="t") for name in SITES}
    documents["salesforce"] = render_salesforce(truth, hosts=HOSTS, client_secret="s")
    config = tomllib.loads(configuration(truth, hosts=HOSTS, ca_file="ca.pem"))
    planted = {(each.engagement.key, each.kind, subject_of(each.about)) for each in truth.findings}
    assert set(Checker(read(documents, config, today)).findings()) == planted
