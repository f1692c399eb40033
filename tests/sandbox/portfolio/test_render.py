"""What the rendered states say is what the truth says, in the words of each tool."""

import json
import re
import tomllib
from datetime import date, timedelta

import pytest

from sandbox.core.clock import Clock
from sandbox.github import loading as github_loading
from sandbox.jira import loading as jira_loading
from sandbox.launchpad.service import LaunchpadService
from sandbox.portfolio.configuration import configuration
from sandbox.portfolio.generate import generate
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import TOOLS, Form, Kind, Reading, Security, UrlForm
from sandbox.portfolio.render_github import render_github
from sandbox.portfolio.render_jira import BOT_ACCOUNT, BOT_NAME, render_jira
from sandbox.portfolio.render_launchpad import render_launchpad
from sandbox.portfolio.render_salesforce import render_salesforce
from sandbox.portfolio.sites import SITES
from sandbox.portfolio.truth_file import truth_document
from sandbox.salesforce import loading as salesforce_loading

TODAY = date(2026, 11, 24)
HOSTS = Hosts()
BOTS = {"jira": BOT_ACCOUNT, "jira-dc": BOT_NAME}


@pytest.fixture(scope="module")
def truth():
    return generate(seed=1, today=TODAY)


@pytest.fixture(scope="module")
def four():
    return generate(seed=1, today=TODAY, tools=TOOLS)


@pytest.fixture(scope="module")
def sites(truth):
    return {name: render_jira(truth, name, hosts=HOSTS, token="t") for name in SITES}


@pytest.fixture(scope="module")
def org(truth):
    return render_salesforce(truth, hosts=HOSTS, client_secret="s")


def by_id(document):
    return {row["id"]: row for row in document["issues"]}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("scale", [1, 5])
def test_the_jira_stand_in_loads_its_state(site, scale):
    truth = generate(seed=scale, scale=scale, today=TODAY)
    document = render_jira(truth, site, hosts=HOSTS, token="t")
    assert len(jira_loading.load(document).issues) == len(document["issues"]) > 100


@pytest.mark.parametrize("scale", [1, 5])
def test_the_salesforce_stand_in_loads_its_state(scale):
    truth = generate(seed=scale, scale=scale, today=TODAY)
    state = salesforce_loading.load(render_salesforce(truth, hosts=HOSTS, client_secret="s"), Clock())
    assert len(state.tables["Engagement__c"]) == 14 * scale


@pytest.mark.parametrize("scale", [1, 5])
def test_the_github_stand_in_loads_its_state(scale):
    truth = generate(seed=scale, scale=scale, today=TODAY, tools=TOOLS)
    document = render_github(truth, hosts=HOSTS, token="t")
    state = github_loading.load(document, Clock())
    assert len(state.issues) == sum(len(row["issues"]) for row in document["repositories"]) > 100


@pytest.mark.parametrize("scale", [1, 5])
def test_the_launchpad_stand_in_loads_its_state(scale):
    truth = generate(seed=scale, scale=scale, today=TODAY, tools=TOOLS)
    document = render_launchpad(truth, hosts=HOSTS, secret="s")
    assert len(document["bugs"]) > 60
    LaunchpadService(document)


def test_a_private_bug_bears_a_canary_and_no_public_record_does(four):
    document = render_launchpad(four, hosts=HOSTS, secret="s")
    marks = {mark for level in truth_document(four)["canaries"].values() for mark in level}
    private = [row for row in document["bugs"] if row["information_type"] != "Public"]
    assert private
    for row in private:
        assert any(mark in row["title"] and mark in row["description"] for mark in marks)
    public = [row for row in document["bugs"] if row not in private]
    rest = json.dumps([public, document["projects"], render_github(four, hosts=HOSTS, token="t")])
    assert not [mark for mark in marks if re.search(rf"{mark}(?!\d)", rest)]


def test_repositories_are_public_and_private_and_the_bot_sees_all_but_unreadable_ones(four):
    document = render_github(four, hosts=HOSTS, token="t")
    rows = {row["full_name"]: row for row in document["repositories"]}
    for project in four.projects:
        if project.site == "github":
            assert rows[project.key]["private"] is project.private
            seen = "syncline-bot" in rows[project.key]["collaborators"]
            assert seen is (project.reading is Reading.READABLE)
    assert {row["private"] for row in rows.values()} == {True, False}


def test_a_repository_spells_each_label_in_one_way(four):
    for row in render_github(four, hosts=HOSTS, token="t")["repositories"]:
        names = [each["name"] for each in row["labels"]]
        assert len({name.casefold() for name in names}) == len(names)
        assert {label for issue in row["issues"] for label in issue["labels"]} == set(names)


def test_tags_are_such_as_launchpad_takes(four):
    tags = {tag for row in render_launchpad(four, hosts=HOSTS, secret="s")["bugs"] for tag in row["tags"]}
    assert {tag for tag in tags if tag.startswith("scope-si-")}
    assert not [tag for tag in tags if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]*", tag)]


def test_records_name_others_in_every_form(four):
    used = {mention.form for place in four.projects for issue in place.issues for mention in issue.mentions}
    assert used == set(Form)


def test_the_configuration_names_the_four_tools_and_their_anchors(four):
    config = tomllib.loads(configuration(four, hosts=HOSTS, ca_file="ca.pem"))
    assert list(config["connections"]) == ["jira", "jira-dc", "salesforce", "github", "launchpad"]
    for engagement in four.engagements:
        places = config["engagements"][engagement.key]["places"]
        told = {each["anchor"] for each in places if "anchor" in each}
        assert told == {engagement.anchor.key, *(each.key for each in engagement.anchors)}


def test_the_same_truth_renders_the_same_bytes(sites, org):
    again = generate(seed=1, today=TODAY)
    for name, document in sites.items():
        assert json.dumps(render_jira(again, name, hosts=HOSTS, token="t")) == json.dumps(document)
    assert json.dumps(render_salesforce(again, hosts=HOSTS, client_secret="s")) == json.dumps(org)


def test_every_issue_of_a_present_project_is_rendered_once(truth, sites):
    for name, document in sites.items():
        present = [each for each in truth.projects if each.site == name and each.reading is not Reading.MISSING]
        assert {row["key"] for row in document["projects"]} == {each.key for each in present}
        assert set(by_id(document)) == {str(issue.id) for each in present for issue in each.issues}


def test_the_bot_may_not_browse_unreadable_projects(truth, sites):
    for name, document in sites.items():
        for row in document["projects"]:
            project = next(each for each in truth.projects if each.key == row["key"])
            if project.reading is Reading.UNREADABLE:
                assert BOTS[name] not in row["browse"]
            else:
                assert "browse" not in row


def test_the_bot_is_in_one_security_level_only(sites):
    for name, document in sites.items():
        levels = {row["name"]: row["members"] for row in document["security_levels"]}
        assert BOTS[name] in levels[Security.SEEN.value]
        assert BOTS[name] not in levels[Security.HIDDEN.value]


def test_restricted_issues_bear_a_canary_in_title_and_description(truth, sites):
    marks = truth_document(truth)["canaries"]
    found = {"restricted": set(), "invisible": set()}
    for document in sites.values():
        for row in document["issues"]:
            for level, known in marks.items():
                found[level] |= {mark for mark in known if mark in row["fields"]["summary"].split()}
            if "security" in row["fields"]:
                mark = row["fields"]["summary"].split()[-1]
                assert mark in row["fields"]["description"]
    assert found == {level: set(known) for level, known in marks.items()}


def test_parents_are_an_epic_link_on_data_center_and_parent_on_cloud(truth, sites):
    for name, document in sites.items():
        rows = by_id(document)
        for project in truth.projects:
            for issue in project.issues if project.site == name else ():
                fields = rows[str(issue.id)]["fields"]
                linked = fields.get(SITES["jira-dc"].fields["Epic Link"]) if name == "jira-dc" else None
                above = linked or fields.get("parent", {}).get("key")
                assert above == (issue.parent.key if issue.parent else None)
                if name == "jira-dc" and issue.parent:
                    assert bool(linked) == (issue.parent.kind is Kind.EPIC)


def test_scope_urls_name_the_record_in_15_or_18_characters(truth, sites):
    forms = set()
    for project in truth.projects:
        rows = by_id(sites[project.site])
        for issue in project.issues:
            for url in issue.urls:
                text = rows[str(issue.id)]["fields"]["description"]
                short = url.form in (UrlForm.LIGHTNING_15, UrlForm.SHORT_15)
                record = url.target[:15] if short else url.target
                assert re.search(rf"/{record}(?![0-9A-Za-z])", text)
                forms.add(url.form)
    assert len(forms) > 1


def test_a_site_has_its_own_field_ids_and_statuses():
    cloud, data_center = SITES["jira"], SITES["jira-dc"]
    assert not set(cloud.fields.values()) & set(data_center.fields.values())
    assert set(cloud.statuses) < set(data_center.statuses)


def test_a_risk_goes_from_to_do_to_done_and_back_only(sites):
    for document in sites.values():
        risk = document["workflows"][0]
        assert risk["issuetypes"] == ["Risk"]
        assert [(each["from"], each["to"]) for each in risk["transitions"]] == [
            (["To Do"], "Done"),
            (["Done"], "To Do"),
        ]


def test_changelogs_lie_between_creation_and_update(sites):
    for document in sites.values():
        for row in document["issues"]:
            for entry in row["changelog"]:
                assert row["fields"]["created"] <= entry["created"] <= row["fields"]["updated"]


def test_salesforce_stamps_lie_before_today(org):
    for rows in org["records"].values():
        for row in rows:
            assert row["CreatedDate"] <= row["SystemModstamp"] < (TODAY - timedelta(days=1)).isoformat()


def test_deliverables_name_their_issue_by_key_or_url(truth, org):
    rows = {row["Id"]: row for row in org["records"]["Deliverable__c"]}
    ways = set()
    for engagement in truth.engagements:
        for each in engagement.deliverables:
            said = rows[each.id]["Jira_Issue__c"]
            if each.issue is None:
                assert said is None
            else:
                ways.add(said.startswith("http"))
                assert said.rpartition("/")[2] == each.issue.key
    assert ways == {True, False}


def test_what_people_keep_in_registers_points_at_what_is_there(org):
    ids = {row["Id"] for rows in org["records"].values() for row in rows}
    risks = {row["Id"]: row for row in org["records"]["Syncline_Risk__c"]}
    assert len({row["Risk_Key__c"] for row in risks.values()}) == len(risks) > 5
    assert all(row["Syncline_Marker__c"] is None for row in risks.values())
    requests = org["records"]["Engineering_Request__c"]
    assert {row["State__c"] for row in requests} >= {"Requested", "Triaged", "Declined"}
    assert len({row["Request_Key__c"] for row in requests}) == len(requests)
    assert {row["Engagement__c"] for row in requests} <= ids
    assert {row["Risk__c"] for row in org["records"]["Mitigation__c"]} == set(risks)
    waits = [(row["Deliverable__c"], row["Depends_On__c"]) for row in org["records"]["Deliverable_Dependency__c"]]
    assert waits
    assert all(later > earlier for later, earlier in waits)  # so that there is no cycle


def test_people_are_spelled_differently_in_each_tool(sites, org):
    cloud = {row["displayName"] for row in sites["jira"]["users"]}
    data_center = {row["displayName"] for row in sites["jira-dc"]["users"]}
    emails = {row["Email"] for row in org["records"]["User"]}
    assert cloud & data_center == {"Syncline"}
    assert {email for email in emails if email != email.lower()}


def test_the_configuration_names_every_place_and_the_anchors(truth):
    config = tomllib.loads(configuration(truth, hosts=HOSTS, ca_file="ca.pem"))
    assert list(config["connections"]) == ["jira", "jira-dc", "salesforce"]
    assert set(config["engagements"]) == {each.key for each in truth.engagements}
    for engagement in truth.engagements:
        places = config["engagements"][engagement.key]["places"]
        assert [each["place"] for each in places] == [each.key for each in engagement.places]
        assert places[0]["anchor"] == engagement.anchor.key
        assert all("anchor" not in each for each in places[1:])
