"""The rendered states, read back as a stranger would read them, still hold exactly the findings that were planted."""

import re
import tomllib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sandbox.portfolio import render_github, render_launchpad
from sandbox.portfolio.checker import Checker
from sandbox.portfolio.configuration import configuration
from sandbox.portfolio.generate import generate
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import (
    BASE_TOOLS,
    TOOLS,
    Account,
    Baseline,
    Deliverable,
    Engagement,
    Form,
    Issue,
    Item,
    ItemState,
    Kind,
    Mention,
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
    refer([issue for each in found.projects for issue in each.issues])
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
                found[name] = READERS[name[0]](documents[name[0]], *name, anchors(config))
            found[name].owners.append(engagements[key])
            engagements[key].places.append(found[name])
    for each in found.values():
        each.owners.sort(key=lambda owner: owner.key)
    return list(found.values())


def anchors(config):
    return {place["anchor"] for each in config["engagements"].values() for place in each["places"] if "anchor" in place}


# ── Jira ──


def jira_project(document, site, key, _anchors):
    row = next((each for each in document["projects"] if each["key"] == key), None)
    made = Project(site=site, key=key, name="", reading=Reading.MISSING)
    if row is None:
        return made
    bot = BOT_ACCOUNT if site == "jira" else BOT_NAME
    made.reading = Reading.READABLE if "browse" not in row or bot in row["browse"] else Reading.UNREADABLE
    for each in row["versions"]:
        version = Version(project=made, name=each["name"], release=day(each.get("releaseDate")), id=int(each["id"]))
        version.released = each["released"]
        made.versions.append(version)
    rows = [each for each in document["issues"] if each["key"].rpartition("-")[0] == key]
    by_key = {each["key"]: jira_issue(each, made) for each in rows}
    for each in rows:
        above = each["fields"].get("parent", {}).get("key") or each["fields"].get(SITES["jira-dc"].fields["Epic Link"])
        by_key[each["key"]].parent = by_key[above] if above else None
    made.issues = list(by_key.values())
    return made


def jira_issue(row, place):
    fields, ids = row["fields"], SITES[place.site].fields
    made = Issue(project=place, kind=Kind(fields["issuetype"]["name"]), summary=fields["summary"])
    made.text = fields["description"]
    made.id, made.number = int(row["id"]), int(row["key"].rpartition("-")[2])
    made.scope_field = fields.get(ids["Scope item"])
    made.engagement_field = fields.get(ids["Engagement"])
    made.billable = fields.get(ids["Billable"], {}).get("value")
    made.labels = fields["labels"]
    made.status = fields["status"]["name"]
    made.resolution = fields.get("resolution", {}).get("name")
    made.due = day(fields.get("duedate"))
    made.security = Security(fields["security"]["name"]) if "security" in fields else None
    fixed = {each["name"] for each in fields.get("fixVersions", ())}
    made.versions = [each for each in place.versions if each.name in fixed]
    made.urls = record_urls(made.text)
    return made


def record_urls(text):
    found = re.findall(r"/(a0[0-9A-Za-z]{16}|a0[0-9A-Za-z]{13})(?![0-9A-Za-z])", text)
    return [ScopeUrl(target=to_18(each), form=UrlForm.SHORT_18) for each in found]


# ── GitHub ──


def repository(document, site, key, _anchors):
    row = next((each for each in document["repositories"] if each["full_name"] == key), None)
    made = Project(site=site, key=key, name="", reading=Reading.MISSING)
    if row is None:
        return made
    hidden = row["private"] and render_github.BOT not in row["collaborators"]
    made.reading = Reading.UNREADABLE if hidden else Reading.READABLE
    for each in row["milestones"]:
        made.versions.append(
            Version(project=made, name="", release=None, id=each["id"], released=each["state"] == "closed")
        )
    by_number = {each["number"]: github_issue(each, made) for each in row["issues"]}
    for each in row["issues"]:
        if "parent" in each:
            by_number[each["number"]].parent = by_number[int(each["parent"].rpartition("#")[2])]
    made.issues = list(by_number.values())
    return made


def github_issue(row, place):
    made = Issue(project=place, kind=github_kind(row), summary=row["title"], text=row["body"])
    made.id, made.number, made.status = row["id"], row["number"], row["state"]
    made.labels = [each for each in row["labels"] if not each.startswith("sf:")]
    made.resolution = row.get("state_reason")
    if "pull_request" in row and row["state"] == "closed":
        made.status = "merged" if "merged_at" in row["pull_request"] else "closed unmerged"
    made.versions = [place.versions[row["milestone"] - 1]] if "milestone" in row else []
    ids = [each.removeprefix("sf:") for each in row["labels"] if each.startswith("sf:")]
    made.urls = record_urls(row["body"]) + [ScopeUrl(target=to_18(each), form=UrlForm.LABEL_18) for each in ids]
    return made


def github_kind(row):
    if "pull_request" in row:
        return Kind.CHANGE
    for label, kind in (("engagement-anchor", Kind.ANCHOR), ("third-party-deliverable", Kind.DELIVERABLE)):
        if label in row["labels"]:
            return kind
    return Kind.EPIC if row.get("type") == "Epic" else Kind.TASK


# ── Launchpad ──


def pillar(document, site, key, anchors):
    row = next((each for each in document["projects"] if each["name"] == key), None)
    made = Project(site=site, key=key, name="", reading=Reading.MISSING)
    if row is None:
        return made
    made.reading = Reading.READABLE
    for each in row["series"][0]["milestones"]:
        made.versions.append(Version(project=made, name=each["name"], release=None, released=not each["is_active"]))
    made.issues = [blueprint(each, made, anchors) for each in row["specifications"]]
    trackers = {each["name"]: each["base_url"] for each in document["bug_trackers"]}
    for bug in document["bugs"]:
        made.issues += [task(bug, each, made, trackers) for each in bug["tasks"] if each["target"] == key]
    return made


def blueprint(row, place, anchors):
    anchor = f"{place.key}/{row['name']}" in anchors
    kind = Kind.ANCHOR if anchor else Kind.EPIC if row.get("workitems_text") else Kind.BLUEPRINT
    made = Issue(project=place, kind=kind, summary=row["title"], slug=row["name"])
    made.text = f"{row['summary']}\n{row.get('whiteboard', '')}"
    made.status = row["implementation_status"]
    made.urls = record_urls(made.text)
    made.versions = [each for each in place.versions if each.name == row.get("milestone")]
    return made


def task(bug, row, place, trackers):
    made = Issue(project=place, kind=Kind.BUG, summary=bug["title"], text=bug["description"], number=bug["id"])
    made.status, made.labels = row["status"], bug["tags"]
    made.resolution = "Duplicate" if bug["duplicate_of"] else None
    if bug["information_type"] not in ("Public", "Public Security"):
        made.security = Security.SEEN if render_launchpad.BOT in bug["subscribers"] else Security.HIDDEN
    made.urls = record_urls(made.text)
    made.versions = [each for each in place.versions if each.name == row.get("milestone")]
    for watch in bug["watches"]:
        made.text += f"\n{trackers[watch['bug_tracker']]}/{watch['remote_bug']}"
    return made


READERS = {"jira": jira_project, "jira-dc": jira_project, "github": repository, "launchpad": pillar}

# ── references ──

REPOSITORY = r"([a-z0-9-]+/[a-z0-9-]+)"
HOST = re.escape(HOSTS.github)
LAUNCHPAD_PAGES = r"https://(?:bugs|blueprints)\.launchpad\.example"


def refer(issues):
    """Find what each record names, by the spellings of docs/findings.md."""
    known = {}
    for issue in issues:
        place, site = issue.project.key, issue.project.site
        if site in SITES:
            known[issue.key] = [issue]
        elif site == "github":
            known[place, issue.number] = [issue]
        elif issue.slug:
            known[place, issue.slug] = [issue]
        else:
            known.setdefault(issue.number, []).append(issue)
            known[place, issue.number] = [issue]
    for issue in issues:
        for key in named(f"{issue.summary}\n{issue.text}"):
            issue.mentions += [Mention(target=each, form=Form.URL) for each in known.get(key, ())]


def named(text):
    yield from re.findall(r"(?<![A-Za-z0-9-])([A-Z][A-Z0-9]*-[0-9]+)(?![A-Za-z0-9-])", text)
    for pattern in (rf"{HOST}/{REPOSITORY}/(?:issues|pull)/([0-9]+)", rf"(?<![\w/-]){REPOSITORY}#([0-9]+)"):
        yield from ((place, int(number)) for place, number in re.findall(pattern, text))
    yield from (
        int(number)
        for number in re.findall(rf"LP: ?#?([0-9]+)|{LAUNCHPAD_PAGES}/bugs/([0-9]+)", text)
        for number in number
        if number
    )
    yield from ((p, int(number)) for p, number in re.findall(rf"{LAUNCHPAD_PAGES}/([a-z0-9-]+)/\+bug/([0-9]+)", text))
    yield from re.findall(rf"{LAUNCHPAD_PAGES}/([a-z0-9-]+)/\+spec/([a-z0-9-]+)", text)


CASES = [(1, 1, BASE_TOOLS), (2, 1, BASE_TOOLS), (3, 2, BASE_TOOLS)]
CASES += [(seed, 1, TOOLS) for seed in range(1, 9)] + [(9, 5, TOOLS), (4, 1, TOOLS[:4])]


@pytest.mark.parametrize(("seed", "scale", "tools"), CASES)
def test_rendered_states_hold_the_planted_findings(seed, scale, tools):
    today = TODAY + timedelta(days=seed)
    truth = generate(seed=seed, scale=scale, today=today, tools=tools)
    documents = {name: render_jira(truth, name, hosts=HOSTS, token="t") for name in SITES}
    documents["salesforce"] = render_salesforce(truth, hosts=HOSTS, client_secret="s")
    documents["github"] = render_github.render_github(truth, hosts=HOSTS, token="t") if "github" in tools else None
    if "launchpad" in tools:
        documents["launchpad"] = render_launchpad.render_launchpad(truth, hosts=HOSTS, secret="s")
    config = tomllib.loads(configuration(truth, hosts=HOSTS, ca_file="ca.pem"))
    planted = {(each.engagement.key, each.kind, subject_of(each.about)) for each in truth.findings}
    assert set(Checker(read(documents, config, today)).findings()) == planted
