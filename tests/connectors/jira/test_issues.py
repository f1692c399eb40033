"""Reading issues: nothing is lost, no project stops another, and a quiet cycle is one request."""

from datetime import UTC, datetime, timedelta

import pytest
import responses

from connectors.core.errors import ConnectorError, FatalError, RetriableError
from connectors.core.port import Page, Partition, PartitionFailure, Visibility, Wanted

FIELDS = ("Summary", "Scope item")


def _want(cursors=None, *keys):
    cursors = cursors or {}
    partitions = [Partition(stream="issues", key=k) for k in keys or ("NIM", "FOX")]
    return [Wanted(partition=p, cursor=cursors.get(p), fields=FIELDS) for p in partitions]


class Cycle:
    """One pull to its end."""

    def __init__(self, connector, wanted, catalog):
        self.items = list(connector.reader.pull(wanted, catalog))
        self.pages = [i for i in self.items if isinstance(i, Page)]
        self.failures = [i for i in self.items if isinstance(i, PartitionFailure)]
        self.records = [r for p in self.pages for r in p.records]
        self.ids = [r.id for r in self.records]
        self.complete = {p.key for page in self.pages for p in page.complete}
        self.cursors = {p: c for page in self.pages for p, c in page.cursors.items()}


def _cycle(site, cursors=None, *keys, connector=None, catalog=None):
    connector = connector or site.connector()
    catalog = catalog or connector.catalog([])
    site.log.clear()
    return Cycle(connector, _want(cursors, *keys), catalog)


def test_a_quiet_cycle_is_one_search_for_all_projects(site):
    site.add("NIM"), site.add("FOX")
    first = _cycle(site)
    site.now += timedelta(minutes=30)
    second = _cycle(site, first.cursors)  # still within the overlap of the first
    quiet = _cycle(site, second.cursors)
    assert len(site.paths()) == 1
    assert quiet.records == []
    assert quiet.complete == {"NIM", "FOX"}


def test_every_search_is_bounded_and_names_explicit_fields(site):
    site.add()
    first = _cycle(site)
    _cycle(site, first.cursors, "NIM")
    (query,) = [query for _, path, query, _ in site.log if path.startswith("search")]
    assert "updated >= " in query["jql"][0]
    assert query["fields"] == ["customfield_10003", "customfield_10004", "security", "summary", "updated"]


def test_new_projects_are_read_apart_from_those_that_go_on(site):
    site.add("NIM"), site.add("FOX")
    first = _cycle(site, None, "NIM")
    both = _cycle(site, first.cursors)
    assert len(site.searches()) == 2
    assert '"NIM"' in site.searches()[0]
    assert '"FOX"' in site.searches()[1]
    assert both.complete == {"NIM", "FOX"}


def test_a_field_id_that_a_name_repeats_is_asked_for_too_and_an_absent_name_is_not(site):
    site.add(customfield_10003=None, customfield_10004="SI-03")
    connector = site.connector()
    wanted = [Wanted(partition=Partition(stream="issues", key="NIM"), cursor=None, fields=("Scope item", "Nowhere"))]
    (page,) = connector.reader.pull(wanted, connector.catalog([]))
    assert page.records[0].payload["fields"]["customfield_10004"] == "SI-03"
    assert set(page.records[0].payload["fields"]) == {"customfield_10003", "customfield_10004", "updated", "security"}


def test_cloud_brings_the_marker_inline(cloud):
    number = cloud.add()
    cloud.issues[number]["properties"]["syncline"] = {"instance": "i-1"}
    assert _cycle(cloud).records[0].payload["properties"] == {"syncline": {"instance": "i-1"}}


def test_an_issue_with_a_security_level_is_restricted(site):
    site.add(), site.add(security={"name": "Management"})
    assert [r.visibility for r in _cycle(site, None, "NIM").records] == [Visibility.INTERNAL, Visibility.RESTRICTED]


def test_a_newly_asked_field_makes_a_new_version(site):
    site.add()
    connector = site.connector()
    catalog = connector.catalog([])
    partition = Partition(stream="issues", key="NIM")
    versions = set()
    for fields in (("Summary",), ("Summary", "Labels")):
        (page,) = connector.reader.pull([Wanted(partition=partition, cursor=None, fields=fields)], catalog)
        versions.add(page.records[0].version)
    assert len(versions) == 2


def test_what_changes_of_a_linked_issue_is_no_change_of_the_issue(site):
    other = {"id": "10009", "key": "ORB-9", "fields": {"summary": "Secret", "status": {"name": "To Do"}}}
    site.add(issuelinks=[{"id": "1", "type": {"inward": "is blocked by"}, "inwardIssue": other}])
    connector = site.connector()
    wanted = [Wanted(partition=Partition(stream="issues", key="NIM"), cursor=None, fields=("issuelinks",))]
    catalog = connector.catalog([])
    (before,) = next(iter(connector.reader.pull(wanted, catalog))).records
    assert before.payload["fields"]["issuelinks"] == [
        {"id": "1", "type": {"inward": "is blocked by"}, "inwardIssue": {"id": "10009", "key": "ORB-9"}}
    ]
    other["fields"]["status"] = {"name": "Done"}
    (after,) = next(iter(connector.reader.pull(wanted, catalog))).records
    assert after.version == before.version


def test_a_marker_that_changed_alone_makes_a_new_version_on_cloud(cloud):
    number = cloud.add()
    before = _cycle(cloud).records[0].version
    cloud.issues[number]["properties"]["syncline"] = {"instance": "i-2"}
    assert _cycle(cloud).records[0].version != before


# instants ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew_hours", [-3, 0, 3])
def test_our_own_clock_does_not_matter(site, skew_hours):
    from_site = site.connector()
    clock = from_site.reader._client._clock
    clock.skew = timedelta(hours=skew_hours)
    site.add()
    first = _cycle(site, connector=from_site)
    assert all(page.as_of <= site.now for page in first.pages)
    late = site.add()
    site.now += timedelta(minutes=1)
    assert late in _cycle(site, first.cursors).ids


def test_an_issue_that_the_index_shows_late_is_not_lost(site):
    site.add()
    site.lag = timedelta(minutes=4)
    late = site.add()
    site.now += timedelta(minutes=3)
    first = _cycle(site)
    assert late not in first.ids
    site.now += timedelta(minutes=2)
    assert late in _cycle(site, first.cursors).ids


def test_once_a_day_reading_reaches_back_a_whole_day(site):
    site.add()
    cursors = _cycle(site).cursors
    site.lag = timedelta(hours=10)
    very_late = site.add()
    site.lag = timedelta()
    met = []
    for _ in range(9):
        site.now += timedelta(hours=3)
        cycle = _cycle(site, cursors)
        cursors = cycle.cursors
        met += cycle.ids
    assert very_late in met


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Nowhere/Land", ""])
def test_without_epoch_bounds_the_zone_of_the_login_is_used_and_nothing_is_lost(site, zone):
    site.epoch_bounds = False
    site.add()
    first = _cycle(site)
    late = site.add()
    site.zone = zone
    if zone not in ("Nowhere/Land", ""):
        assert late in _cycle(site, first.cursors).ids
    else:
        site.zone = "UTC"
        connector = site.connector()
        site.script.append(("GET", "myself", (200, {}, {"timeZone": zone})))
        assert late in _cycle(site, first.cursors, connector=connector).ids
    assert [p.split()[1] for p in site.paths()][1] == "myself"


def test_the_hour_that_comes_twice_loses_nothing(site):
    site.epoch_bounds = False
    site.zone = "Europe/Berlin"
    site.now = datetime(2026, 10, 25, 0, 20, tzinfo=UTC)  # 02:20 summer time; comes again an hour later
    site.add()
    first = _cycle(site)
    late = site.add()
    site.now += timedelta(minutes=2)
    assert late in _cycle(site, first.cursors).ids


def test_a_server_that_sends_no_date_is_asked_for_its_time(site):
    site.sends_date = False
    site.add()
    first = _cycle(site)
    assert "GET serverInfo" in site.paths()
    assert all(page.as_of <= site.now for page in first.pages)
    late = site.add()
    assert late in _cycle(site, first.cursors).ids


def test_a_cursor_that_is_not_understood_reads_everything(site):
    number = site.add()
    site.now += timedelta(days=3)
    assert number in _cycle(site, {Partition(stream="issues", key="NIM"): '{"v": 99}'}).ids


# pages ------------------------------------------------------------------------------------------------------------


def test_pages_are_as_large_as_the_site_allows(site):
    site.page = 1000 if not site.cloud else 100
    for _ in range(site.page + 1):
        site.add()
    _cycle(site, None, "NIM")
    assert len(site.searches()) == 2


def test_an_issue_that_changes_while_pages_are_read_hides_no_other(site):
    site.page = 10
    numbers = [site.add() for _ in range(35)]
    site.before += [lambda: None, lambda: site.touch(numbers[2]), lambda: site.touch(numbers[13])]
    assert set(numbers) <= set(_cycle(site, None, "NIM").ids)
    assert len(site.searches()) == 4  # and makes no page to be read again


@pytest.mark.parametrize("gone", [(0,), (0, 1, 2, 3), (9,), (3, 9, 10), tuple(range(10))])
def test_an_issue_that_vanishes_while_pages_are_read_hides_no_other(site, gone):
    site.page = 10
    numbers = [site.add() for _ in range(35)]
    site.before += [lambda: None, lambda: [site.issues.pop(numbers[i]) for i in gone]]
    cycle = _cycle(site, None, "NIM")
    assert set(site.issues) <= set(cycle.ids)
    assert len(cycle.ids) == len(set(cycle.ids))


def test_a_result_that_never_stops_shifting_is_given_up(data_center):
    data_center.page = 2
    numbers = [data_center.add() for _ in range(400)]

    def shrink():
        for _ in range(min(2, len(numbers))):
            data_center.issues.pop(numbers.pop(0))

    data_center.before += [shrink] * 400
    with pytest.raises(RetriableError, match="keeps shifting"):
        _cycle(data_center, None, "NIM")


def test_after_each_cloud_page_reading_can_go_on_from_there(cloud):
    numbers = [cloud.add() for _ in range(250)]
    cloud.now += timedelta(hours=1)
    connector = cloud.connector()
    catalog = connector.catalog([])
    first = next(iter(connector.reader.pull(_want(None, "NIM"), catalog)))
    rest = _cycle(cloud, first.cursors, "NIM")
    assert {r.id for r in first.records} | set(rest.ids) == set(numbers)
    assert rest.complete == {"NIM"}


def test_a_page_of_issues_that_all_just_changed_moves_no_cursor(cloud):
    for _ in range(150):
        cloud.add()
    first = _cycle(cloud, None, "NIM").pages[0]
    assert first.cursors == {}


def test_a_bulk_edit_behind_the_index_does_not_push_the_cursor_past_unread_issues(cloud):
    numbers = [cloud.add() for _ in range(250)]
    cloud.now += timedelta(hours=1)
    cloud.lag = timedelta(minutes=4)
    for number in numbers[:100]:  # the index still sorts these where they were
        cloud.touch(number)
    connector = cloud.connector()
    first = next(iter(connector.reader.pull(_want(None, "NIM"), connector.catalog([]))))
    rest = _cycle(cloud, first.cursors, "NIM")
    assert {r.id for r in first.records} | set(rest.ids) == set(numbers)


def test_the_same_token_twice_is_no_answer(cloud):
    answer = {"issues": [], "nextPageToken": "round"}
    cloud.script += [("GET", "search/jql", (200, {}, answer)), ("GET", "search/jql", (200, {}, answer))]
    with pytest.raises(RetriableError, match="same nextPageToken"):
        _cycle(cloud)


def test_a_token_that_ran_out_is_a_matter_of_trying_again(cloud):
    for _ in range(150):
        cloud.add()
    cloud.before += [
        lambda: None,
        lambda: cloud.script.append(("GET", "search/jql", (400, {}, {"errorMessages": ["The token is invalid"]}))),
    ]
    connector = cloud.connector()
    pages = connector.reader.pull(_want(None, "NIM"), connector.catalog([]))
    next(pages)
    cloud.script.append(("GET", "search/jql", (400, {}, {"errorMessages": ["The token is invalid"]})))
    with pytest.raises(RetriableError, match="goes on from the last page"):
        next(pages)


# projects that cannot be seen -------------------------------------------------------------------------------------


def test_a_hidden_project_fails_alone(site):
    number = site.add("NIM")
    site.projects["FOX"] = False
    cycle = _cycle(site)
    assert cycle.ids == [number]
    assert cycle.complete == {"NIM"}
    (failure,) = cycle.failures
    assert failure.partitions == {Partition(stream="issues", key="FOX")}
    assert "project FOX does not exist or this login may not see it" in str(failure.error)


@pytest.mark.parametrize("names_all", [True, False])
def test_hidden_projects_cost_the_same_few_requests_however_many_they_are(site, names_all):
    site.names_all_unknown = names_all
    number = site.add("NIM")
    bad = [f"BAD{n}" for n in range(7)]
    connector = site.connector()
    catalog = connector.catalog([])
    first = _cycle(site, None, "NIM", *bad, connector=connector, catalog=catalog)
    assert len(first.failures) == 7
    assert first.ids == [number]
    assert len(site.paths()) == (3 if names_all else 5)  # refusals, the login confirmed, the list, the search
    again = _cycle(site, first.cursors, "NIM", *bad, connector=connector, catalog=catalog)
    assert len(again.failures) == 7
    assert again.complete == {"NIM"}
    assert len(site.paths()) == 2
    later = site.connector()  # another process
    third = _cycle(site, again.cursors, "NIM", *bad, connector=later, catalog=later.catalog([]))
    assert len(third.failures) == 7
    assert third.complete == {"NIM"}
    assert len(site.paths()) == 3  # the list, the login confirmed, the search; no search that would be refused


def test_a_site_that_tells_no_list_of_projects_still_names_the_hidden_ones(site):
    site.names_all_unknown = False
    site.add("NIM")
    path = "project/search" if site.cloud else "project"
    site.script += [("GET", path, (403, {}, {})), ("GET", path, (404, {}, {}))]
    cycle = _cycle(site, None, "NIM", "BAD1", "BAD2", "BAD3")
    assert len(cycle.failures) == 3
    assert cycle.complete == {"NIM"}


def test_a_hidden_project_that_comes_back_is_read(site):
    site.add("NIM")
    site.projects["FOX"] = False
    connector = site.connector()
    first = _cycle(site, connector=connector)
    site.projects["FOX"] = True
    number = site.add("FOX")
    again = _cycle(site, first.cursors, connector=connector)
    assert number in again.ids
    assert again.complete == {"NIM", "FOX"}
    _cycle(site, again.cursors, connector=connector)
    assert len(site.paths()) == 1


def test_a_project_that_is_called_project_is_not_taken_for_the_field(site):
    site.projects["PROJECT"] = True
    number = site.add("PROJECT")
    site.projects["FOX"] = False
    cycle = _cycle(site, None, "PROJECT", "FOX")
    assert cycle.ids == [number]
    assert len(cycle.failures) == 1


def test_a_refusal_that_names_no_project_fails_the_group_in_jiras_words(site):
    site.script.append(
        ("GET", "search/jql" if site.cloud else "search", (400, {}, {"errorMessages": ["The JQL is too complex"]}))
    )
    cycle = _cycle(site)
    assert {p.key for p in cycle.failures[0].partitions} == {"NIM", "FOX"}
    assert "The JQL is too complex" in str(cycle.failures[0].error)


# credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"},
        {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"},
        {"X-AUSERNAME": "anonymous"},
    ],
)
def test_an_answer_to_an_anonymous_visitor_is_fatal_and_moves_no_cursor(site, headers):
    connector = site.connector()
    catalog = connector.catalog([])
    site.extra_headers = headers
    site.projects = {"NIM": True, "FOX": True}
    with pytest.raises(FatalError, match="check email and token"):
        _cycle(site, connector=connector, catalog=catalog)


def test_with_a_dead_login_projects_are_not_called_hidden(site):
    connector = site.connector()
    catalog = connector.catalog([])
    site.projects = {"NIM": False, "FOX": False}
    site.script.append(("GET", "myself", (401, {}, {"errorMessages": ["Client must be authenticated"]})))
    with pytest.raises(FatalError):
        _cycle(site, connector=connector, catalog=catalog)


def test_a_wrong_address_is_fatal_and_says_so(site):
    connector = site.connector()
    catalog = connector.catalog([])
    site.script.append(("GET", "search/jql" if site.cloud else "search", (404, {}, {"errorMessages": ["dead link"]})))
    with pytest.raises(FatalError, match="check url and deployment"):
        _cycle(site, connector=connector, catalog=catalog)


@pytest.mark.parametrize("answer", [[], {"issues": 3}, {"issues": ["x"]}, {"issues": [{"key": "NIM-1"}]}])
def test_nonsense_is_a_matter_of_trying_again(site, answer):
    path = "search/jql" if site.cloud else "search"
    connector = site.connector()
    catalog = connector.catalog([])
    if isinstance(answer, dict):
        answer = {"total": 1, **answer}
    site.script.append(("GET", path, (200, {}, answer)))
    with pytest.raises(RetriableError, match="makes no sense"):
        _cycle(site, connector=connector, catalog=catalog)


def test_broken_json_is_a_matter_of_trying_again_and_is_not_logged(site, caplog):
    connector = site.connector()
    catalog = connector.catalog([])
    url = f"{site.url}/rest/api/2/{'search/jql' if site.cloud else 'search'}"
    with responses.RequestsMock() as mock:
        mock.get(url, body='{"issues": [secret-text', content_type="application/json")
        with pytest.raises(ConnectorError, match="not JSON"):
            _cycle(site, connector=connector, catalog=catalog)
    assert "secret-text" not in caplog.text


def test_a_429_on_reading_is_waited_for_and_repeated(site):
    site.add()
    connector = site.connector()
    catalog = connector.catalog([])
    path = "search/jql" if site.cloud else "search"
    site.script.append(("GET", path, (429, {"Retry-After": "7"}, {})))
    cycle = _cycle(site, connector=connector, catalog=catalog)
    assert cycle.complete == {"NIM", "FOX"}
    assert connector.reader._client._clock.slept == [7.0]
    assert all(page.as_of <= site.now - timedelta(seconds=7) for page in cycle.pages)
