"""Reading: nothing is lost while things change, and nothing is asked for twice while nothing does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors.core.errors import FatalError, RetriableError
from connectors.core.port import Page, Partition, PartitionFailure, Visibility, Wanted
from connectors.github.cursor import issues_cursor, stamp

FIELDS = ("Syncline status", "Syncline status text")
PLACE, OTHER = "fictive/sizing", "fictive/other"
ISSUES = Partition(stream="issues", key=PLACE)
MILESTONES = Partition(stream="milestones", key=PLACE)


class Reading:
    """Reads a site again and again, each time as a new process, from where it stood."""

    def __init__(self, site, *partitions, **settings) -> None:
        self.site = site
        self.partitions = partitions or (ISSUES,)
        self.settings = settings
        self.cursors: dict = {}
        self.failures: list = []

    def read(self):
        self.site.log.clear()
        connector = self.site.connector(**self.settings)
        catalog = connector.catalog([PLACE])
        self.site.log.clear()
        wanted = [Wanted(partition=p, cursor=self.cursors.get(p), fields=FIELDS) for p in self.partitions]
        records, self.complete, self.failures = {}, set(), []
        for item in connector.reader.pull(wanted, catalog):
            match item:
                case Page():
                    records.update({r.id: r for r in item.records})
                    self.cursors.update(item.cursors)
                    self.complete |= item.complete
                    self.as_of = item.as_of
                case PartitionFailure():
                    self.failures.append(item)
        return records

    def titles(self) -> dict[str, str]:
        return {i: r.payload["title"] for i, r in self.read().items()}


def old(site, count: int, **fields) -> list[str]:
    """Issues that changed long ago, a minute apart."""
    made = []
    for n in range(count):
        made.append(site.add(**fields))
        site.touch(made[-1], at=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=n))
    return made


# Quiet cycles ---------------------------------------------------------------------------------------------------


def test_a_quiet_cycle_is_one_conditional_request_a_list_and_one_look(site) -> None:
    old(site, 3, labels=("engagement-anchor",))
    site.repository()["milestones"][1] = {"id": 900, "number": 1, "title": "v1", "updated_at": "2026-05-01T00:00:00Z"}
    reading = Reading(site, ISSUES, MILESTONES)
    assert len(reading.read()) == 4
    cursors = dict(reading.cursors)
    for _ in range(2):
        assert reading.read() == {}
        number = site.repository()["id"]
        assert site.paths() == [
            "POST /graphql",
            f"GET /repositories/{number}/issues",
            f"GET /repositories/{number}/milestones",
        ]
        assert reading.complete == {ISSUES, MILESTONES}
    assert issues_cursor(reading.cursors[ISSUES]).etags == issues_cursor(cursors[ISSUES]).etags


def test_a_quiet_cycle_of_a_connection_that_is_only_read_is_the_lists_alone(site) -> None:
    old(site, 2)
    reading = Reading(site, project=None, owned=())
    reading.read()
    reading.read()
    assert site.paths() == [f"GET /repositories/{site.repository()['id']}/issues"]


def test_a_full_page_costs_one_request_for_each_hundred(site) -> None:
    made = old(site, 250)
    reading = Reading(site, project=None, owned=())
    assert set(reading.read()) == set(made)
    assert [p for p in site.paths() if p.endswith("/issues")] == [
        f"GET /repositories/{site.repository()['id']}/issues"
    ] * 3


# Nothing lost ---------------------------------------------------------------------------------------------------


def test_closed_and_dropped_issues_and_pull_requests_come(site) -> None:
    made = {
        site.add(state="closed", state_reason="completed"),
        site.add(state="closed", state_reason="not_planned"),
        site.add(pull=True, state="closed"),
        site.add(),
    }
    assert set(Reading(site).read()) == made


def test_an_issue_that_changes_while_pages_are_read_pulls_none_out_of_sight(site) -> None:
    made = old(site, 230)
    site.before = [lambda: None, lambda: [site.touch(n, title="moved") for n in made[:20]]]
    reading = Reading(site)
    titles = reading.titles()
    assert set(titles) == set(made)
    assert [titles[n] for n in made[:20]] == ["moved"] * 20


def test_more_than_a_page_of_one_second_is_read_until_it_stands_still(site) -> None:
    made = old(site, 230)
    second = datetime(2026, 6, 1, tzinfo=UTC)
    for number in made:
        site.touch(number, at=second)
    # One issue leaves the first page after it was read, and pulls the others back one place.
    site.before = [lambda: None, lambda: None, lambda: site.touch(made[0], title="moved")]
    reading = Reading(site)
    assert set(reading.titles()) == set(made)
    site.now += timedelta(minutes=10)
    reading.read()
    assert reading.titles() == {}


def test_a_change_that_becomes_visible_after_later_ones_comes(site) -> None:
    made = [site.add() for _ in range(3)]
    site.now += timedelta(minutes=30)
    for number in made:
        site.touch(number)
    reading = Reading(site)
    reading.read()
    late = site.now - timedelta(seconds=60)
    site.touch(made[1], at=late, title="committed late")
    site.touch(made[0], title="later")
    assert reading.titles()[made[1]] == "committed late"


def test_the_cursor_never_comes_nearer_to_the_present_than_the_overlap(site) -> None:
    made = [site.add() for _ in range(205)]  # one a second: the last pages lie within the overlap
    reading = Reading(site)
    assert set(reading.read()) == set(made)
    since = issues_cursor(reading.cursors[ISSUES]).since
    assert since <= reading.as_of - timedelta(seconds=120)


def test_a_moment_of_another_zone_is_sent_in_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    assert stamp(datetime(2026, 7, 1, 12, 30, 59, 999_000, tzinfo=berlin)) == "2026-07-01T10:30:59Z"


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"v": 9}', '{"v": 1, "repository": {"id": "x"}}'])
def test_a_cursor_that_is_not_understood_reads_everything(site, cursor) -> None:
    made = old(site, 2)
    reading = Reading(site)
    reading.cursors[ISSUES] = cursor
    assert set(reading.read()) == set(made)


def test_our_clock_plays_no_part(site) -> None:
    made = old(site, 2)
    connector = site.connector(clock := type(site.connector()._client._clock)(site))
    clock.skew = timedelta(days=400)
    wanted = [Wanted(partition=ISSUES, cursor=None, fields=())]
    (page,) = connector.reader.pull(wanted, connector.catalog([]))
    assert {r.id for r in page.records} == set(made)
    assert site.now - timedelta(seconds=2) <= page.as_of <= site.now


def test_an_answer_without_a_date_concludes_nothing(site) -> None:
    old(site, 1)
    site.extra = {"Date": ""}
    reading = Reading(site, project=None, owned=())
    with pytest.raises(RetriableError, match="Date"):
        reading.read()


def test_an_answer_that_is_still_computed_is_not_asked_for_for_ever(site) -> None:
    site.script = [("GET", "/issues", (202, {}, {}))]
    with pytest.raises(RetriableError, match="202"):
        Reading(site).read()


# Repositories ---------------------------------------------------------------------------------------------------


def test_a_repository_that_becomes_public_is_read_anew_as_such(site) -> None:
    made = old(site, 2)
    reading = Reading(site)
    assert {r.visibility for r in reading.read().values()} == {Visibility.INTERNAL}
    site.repository()["visibility"] = "public"
    records = reading.read()
    assert set(records) == set(made)
    assert {r.visibility for r in records.values()} == {Visibility.PUBLIC}
    assert records[made[0]].payload["syncline_repository"]["private"] is False
    assert reading.read() == {}


def test_a_repository_only_read_is_seen_to_be_public_within_the_hour(site) -> None:
    old(site, 1)
    reading = Reading(site, project=None, owned=())
    reading.read()
    site.repository()["visibility"] = "public"
    site.now += timedelta(minutes=61)
    assert [r.visibility for r in reading.read().values()] == [Visibility.PUBLIC]


def test_a_renamed_repository_is_followed_under_its_configured_name(site) -> None:
    (number,) = old(site, 1)
    repository = site.repository()
    repository["full_name"] = "fictive/renamed"
    site.moved[PLACE] = repository["id"]
    records = Reading(site).read()
    assert (records[number].key, records[number].partition) == ("fictive/renamed#1", PLACE)
    lists = [(path, query) for method, path, query, _ in site.log if path.endswith("/issues")]
    assert lists[0][1]["state"] == "all"  # the query survives the redirect
    assert lists[0][1]["per_page"] == "100"


def test_a_repository_renamed_between_two_reads_gives_its_records_their_new_key(site) -> None:
    (number,) = old(site, 1)
    reading = Reading(site)
    reading.read()
    site.repository()["full_name"] = "fictive/renamed"
    assert reading.read()[number].key == "fictive/renamed#1"


def test_a_repository_made_anew_under_the_old_name_is_read_as_a_new_one(site) -> None:
    old(site, 2)
    reading = Reading(site, ISSUES, MILESTONES)
    reading.read()
    site.repository()["visible"] = False
    site.repository()["full_name"] = "gone"
    site.add_repository(PLACE)
    made = old(site, 1)
    assert set(reading.read()) == set(made)
    assert reading.complete == {ISSUES, MILESTONES}


def test_a_squatter_on_the_old_name_is_not_read(site) -> None:
    made = old(site, 2)
    reading = Reading(site)
    reading.read()
    site.repository()["full_name"] = "fictive/moved"
    site.add_repository(PLACE)
    old(site, 3)
    site.touch(made[0], title="ours")
    assert set(reading.read()) == set(made)


def test_a_hidden_repository_is_named_with_what_to_do(site) -> None:
    site.repository()["visible"] = False
    other = Partition(stream="issues", key=OTHER)
    reading = Reading(site, ISSUES, MILESTONES, other)
    reading.read()
    assert {p for f in reading.failures for p in f.partitions} == {ISSUES, MILESTONES}
    assert reading.complete == {other}
    assert "does not exist or this login may not see it" in str(reading.failures[0].error)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (403, {}, "Resource not accessible"),
        (403, {"X-GitHub-SSO": "required"}, "single sign-on"),
        (410, {}, "Issues are disabled"),
        (451, {}, "refused"),
        (500, {}, "GitHub failed"),
    ],
)
def test_a_list_that_is_refused_stops_only_itself(site, status, headers, said) -> None:
    old(site, 1)
    repository = site.repository()
    answer = (status, headers, {"message": "Issues are disabled; Resource not accessible"})
    site.script = [("GET", f"{repository['id']}/issues", answer)] * 3  # as often as a 500 is tried
    other = Partition(stream="issues", key=OTHER)
    reading = Reading(site, ISSUES, other)
    reading.read()
    assert [f.partitions for f in reading.failures] == [frozenset({ISSUES})]
    assert said in str(reading.failures[0].error)
    assert reading.complete == {other}


def test_a_name_that_is_no_repository_is_named(site) -> None:
    reading = Reading(site, Partition(stream="issues", key="sizing"))
    reading.read()
    assert "expected owner/name" in str(reading.failures[0].error)


# Anchors --------------------------------------------------------------------------------------------------------


def anchor(site) -> str:
    number = site.add(labels=("engagement-anchor",))
    site.touch(number, at=datetime(2026, 5, 1, tzinfo=UTC))
    return number


def test_an_anchor_says_what_the_project_and_the_comment_say(site) -> None:
    number = anchor(site)
    site.add_item(number)["values"].update(
        PVTSSF_status={"singleSelectOptionId": "aa02"}, PVTF_text={"text": "AMBER as of now"}
    )
    made = site.comment(number, '<!-- syncline:block=e:NIM-01 marker={"instance": "i-1"} -->\n```text\nAMBER\n```')
    record = Reading(site).read()[number]
    assert record.payload["syncline_project"]["fields"] == {
        "PVTF_text": {"name": "Syncline status text", "value": "AMBER as of now"},
        "PVTSSF_status": {"name": "Syncline status", "value": "Amber"},
    }
    assert record.payload["syncline_block"] == {
        "id": str(made["id"]),
        "external_id": "e:NIM-01",
        "text": "AMBER",
        "marker": {"instance": "i-1"},
    }


def test_what_people_change_in_the_project_or_the_comment_comes_though_the_issue_did_not_change(site) -> None:
    number = anchor(site)
    values = site.add_item(number)["values"]
    made = site.comment(number, "<!-- syncline:block=e:NIM-01 -->\n```text\nAMBER\n```")
    reading = Reading(site)
    reading.read()
    values["PVTF_text"] = {"text": "by hand"}
    assert reading.read()[number].payload["syncline_project"]["fields"]["PVTF_text"]["value"] == "by hand"
    assert len(site.log) == 3  # the look, the list, the anchor
    made["body"] = made["body"].replace("AMBER", "GREEN")
    assert reading.read()[number].payload["syncline_block"]["text"] == "GREEN"
    site.entry(number)["comments"].clear()
    assert reading.read()[number].payload["syncline_block"] is None  # looked at, and gone
    assert reading.read() == {}


def test_a_comment_by_someone_else_is_never_ours(site) -> None:
    number = anchor(site)
    site.comment(number, "<!-- syncline:block=e:NIM-01 -->\nRED", ours=False)
    assert Reading(site).read()[number].payload["syncline_block"] is None  # another login wrote it


def test_the_managed_comment_is_found_behind_many_others(site) -> None:
    number = anchor(site)
    for n in range(230):
        site.comment(number, f"talk {n}", ours=n % 2 == 0)
    site.comment(number, "<!-- syncline:block=e:NIM-01 -->\n```text\nRED\n```")
    reading = Reading(site)
    assert reading.read()[number].payload["syncline_block"]["text"] == "RED"
    assert reading.read() == {}
    assert site.paths().count("POST /graphql") == 1  # known by its id now


def test_an_anchor_is_one_by_its_label_alone(site) -> None:
    number = site.add()
    pull = site.add(labels=("engagement-anchor",), pull=True)
    reading = Reading(site)
    records = reading.read()
    assert all("syncline_project" not in records[n].payload for n in (number, pull))
    site.label(site.issue(number), "Engagement-Anchor", site.repository())
    site.touch(number)
    assert "syncline_project" in reading.read()[number].payload


def test_a_project_that_may_not_be_read_stops_only_places_with_anchors(site) -> None:
    anchor(site)
    site.refuses["projectItems"] = "FORBIDDEN"
    other = Partition(stream="issues", key=OTHER)
    reading = Reading(site, ISSUES, other)
    for _ in range(2):
        reading.read()
        assert [f.partitions for f in reading.failures] == [frozenset({ISSUES})]
        assert reading.complete == {other}


def test_anchors_of_many_repositories_are_looked_at_together(site) -> None:
    anchors = [anchor(site), anchor(site), *old(site, 130)][:2]
    site.add_repository("fictive/third")
    for place in (OTHER, "fictive/third"):
        anchors.append(site.add(place, labels=("engagement-anchor",)))
    reading = Reading(site, ISSUES, *(Partition(stream="issues", key=p) for p in (OTHER, "fictive/third")))
    records = reading.read()
    assert len(records) == 134
    assert all(records[n].payload["syncline_project"]["item_id"] is None for n in anchors)
    assert reading.complete == set(reading.partitions)
    lists = [p for p in site.paths() if p.endswith("/issues")]
    assert len(lists) == 4  # 132 issues of one repository are two pages
    assert sorted(set(site.paths()) - set(lists)) == ["POST /graphql"]
    assert site.paths().count("POST /graphql") == 2  # the repositories by their names, and all anchors
    assert reading.read() == {}


def test_anchors_held_back_when_reading_stops_come_with_the_next_read(site) -> None:
    anchors = [anchor(site), site.add(OTHER, labels=("engagement-anchor",))]
    plain = site.add()
    partitions = [ISSUES, Partition(stream="issues", key=OTHER)]
    reading = Reading(site, *partitions)
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    wanted = [Wanted(partition=p, cursor=None, fields=FIELDS) for p in partitions]
    stored: list = []
    for page in connector.reader.pull(wanted, catalog):  # each page is stored with its cursor; then the machine stops
        if page.complete:
            break
        stored += [r.id for r in page.records]
        reading.cursors.update(page.cursors)
    assert stored == [plain]
    assert set(reading.cursors) == set(partitions)
    site.now += timedelta(minutes=10)
    assert set(anchors) <= set(reading.read())
    assert reading.complete == set(partitions)
    assert reading.read() == {}


def test_a_repository_that_is_hidden_is_asked_for_once_a_read_and_named(site) -> None:
    site.add()
    site.repository(OTHER)["visible"] = False
    others = [Partition(stream=stream, key=OTHER) for stream in ("issues", "milestones")]
    reading = Reading(site, ISSUES, *others, project=None, owned=())
    assert len(reading.read()) == 1
    for asked in ("POST /graphql", f"GET /repos/{OTHER}"):  # with others by GraphQL; then alone
        assert [f.partitions for f in reading.failures] == [frozenset({other}) for other in others]
        assert all("does not exist or this login may not see it" in str(f.error) for f in reading.failures)
        assert [p for p in site.paths() if not p.endswith("/issues")] == [asked]
        reading.read()
    site.repository(OTHER)["visible"] = True
    reading.read()
    assert reading.failures == []


def test_a_missing_project_is_a_matter_for_a_person(site) -> None:
    site.has_project = False
    with pytest.raises(FatalError, match="project fictive/7 does not exist"):
        site.connector().catalog([PLACE])


# Milestones -----------------------------------------------------------------------------------------------------


def milestone(number: int, **fields) -> dict:
    return {"id": 900 + number, "number": number, "title": f"v{number}", "updated_at": "2026-05-01T00:00:00Z", **fields}


def test_milestones_come_when_they_change_and_as_tombstones_when_deleted(site) -> None:
    held = site.repository()["milestones"]
    held.update({n: milestone(n) for n in range(3)})
    reading = Reading(site, MILESTONES)
    assert sorted(reading.read()) == ["900", "901", "902"]
    held[1]["due_on"] = "2026-12-01T08:00:00Z"
    del held[2]
    records = reading.read()
    assert {i: r.deleted for i, r in records.items()} == {"901": False, "902": True}
    assert records["901"].key == "fictive/sizing v1"
    assert reading.read() == {}


def test_counts_of_issues_make_no_new_version_of_a_milestone(site) -> None:
    site.repository()["milestones"][1] = milestone(1, open_issues=3)
    reading = Reading(site, MILESTONES)
    reading.read()
    site.repository()["milestones"][1]["open_issues"] = 4
    assert reading.read() == {}


def test_many_milestones_are_one_conditional_request_a_page_while_nothing_changes(site) -> None:
    held = site.repository()["milestones"]
    held.update({n: milestone(n) for n in range(230)})
    reading = Reading(site, MILESTONES, project=None, owned=())
    assert len(reading.read()) == 230
    assert reading.read() == {}
    assert [p.rpartition("/")[2] for p in site.paths()] == ["milestones"] * 3
    held[229]["title"] = "last"
    assert [r.payload["title"] for r in reading.read().values()] == ["last"]


def test_a_milestone_that_goes_while_pages_are_read_pulls_none_out_of_sight(site) -> None:
    held = site.repository()["milestones"]
    held.update({n: milestone(n) for n in range(150)})
    taken = []

    def list_and_delete(*args):
        answer = original(*args)
        if not taken:
            taken.append(held.pop(0))
        return answer

    original, site._list = site._list, list_and_delete
    reading = Reading(site, MILESTONES)
    assert set(reading.read()) >= {str(900 + n) for n in range(1, 150)}


def test_a_page_that_was_just_full_hides_no_new_milestone(site) -> None:
    held = site.repository()["milestones"]
    held.update({n: milestone(n) for n in range(100)})
    reading = Reading(site, MILESTONES)
    reading.read()
    held[100] = milestone(100)
    assert list(reading.read()) == ["1000"]
