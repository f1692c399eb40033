"""Bug tasks: nothing is lost, whatever Launchpad leaves out, shifts or does quietly."""

from datetime import timedelta

import pytest

from connectors.core.errors import PartitionError, RetriableError
from connectors.core.port import Partition, Visibility
from connectors.launchpad import tasks

DAY = timedelta(hours=25)
QUIET = timedelta(minutes=10)  # longer than the overlap


def _bug(record_id: str) -> int:
    return int(record_id.split("/")[0])


def test_closed_bugs_and_duplicates_are_read(launchpad, pull) -> None:
    ids = {launchpad.add(status=status) for status in launchpad.statuses}
    ids.add(launchpad.add(duplicate_of_link="https://api.launchpad.example/devel/bugs/1"))
    assert {r.id for r in pull()} == ids


def test_a_record_holds_its_task_and_its_bug(launchpad, pull) -> None:
    number = launchpad.add(tags=["engagement-nim-01"], description="see NIM-7")
    (record,) = pull()
    assert record.id == number
    assert record.key == f"LP: #{_bug(number)} (nimbus)"
    assert record.partition == "nimbus"
    assert record.payload["status"] == "New"
    assert record.payload["bug"]["tags"] == ["engagement-nim-01"]
    assert "watches" not in record.payload["bug"]
    assert record.updated == launchpad.now
    assert record.visibility is Visibility.PUBLIC


@pytest.mark.parametrize("kind", ["Private", "Private Security", "Proprietary", "Embargoed", "of a later release"])
def test_a_bug_that_is_not_public_is_restricted(launchpad, pull, kind: str) -> None:
    launchpad.add(information_type=kind)
    (record,) = pull()
    assert record.visibility is Visibility.RESTRICTED


def test_a_quiet_cycle_is_one_search_a_project(launchpad, pull) -> None:
    launchpad.add()
    pull()
    launchpad.now += QUIET
    pull()
    launchpad.now += QUIET
    assert pull() == []
    assert pull.asked == ["GET nimbus"]
    assert pull.pages[-1].complete == frozenset(pull.partitions)


def test_a_changed_bug_costs_one_request_more(launchpad, pull) -> None:
    some = [launchpad.add() for _ in range(5)]
    launchpad.now += QUIET
    pull()
    launchpad.now += QUIET
    launchpad.touch(_bug(some[2]), title="changed")
    assert [r.id for r in pull()] == [some[2]]
    assert pull.asked == ["GET nimbus", f"GET bugs/{_bug(some[2])}"]


def test_the_next_read_reaches_back_over_what_was_committed_late(launchpad, pull) -> None:
    late = launchpad.add()
    launchpad.bugs[_bug(late)]["date_last_updated"] = (launchpad.now - timedelta(minutes=4)).isoformat()
    task = launchpad.tasks.pop((_bug(late), "nimbus"))
    assert pull() == []
    launchpad.tasks[_bug(late), "nimbus"] = task
    assert [r.id for r in pull()] == [late]


def test_our_own_clock_plays_no_part(launchpad, pull) -> None:
    connector = launchpad.connector()
    connector._client._clock.skew = timedelta(days=3)
    launchpad.add()
    pull(connector)
    launchpad.now += timedelta(minutes=1)
    late = launchpad.add()
    assert late in {r.id for r in pull(connector)}


def test_a_bug_in_two_projects_is_read_once(launchpad, pull) -> None:
    number = launchpad.add()
    launchpad.add_task(_bug(number), "fox", "Fix Released")
    pull.partitions = [Partition(stream="bug_tasks", key=key) for key in ("nimbus", "fox")]
    assert {r.id for r in pull()} == {number, f"{_bug(number)}/fox"}
    assert pull.asked.count(f"GET bugs/{_bug(number)}") == 1
    assert pull.pages[-1].as_of <= pull.pages[0].as_of


def test_a_bug_that_changes_again_at_once_is_read_again(launchpad, pull) -> None:
    number = launchpad.add()
    connector = launchpad.connector()
    pull(connector)
    launchpad.touch(_bug(number), title="changed at once")
    assert [r.payload["bug"]["title"] for r in pull(connector)] == ["changed at once"]


def test_the_watches_of_a_linked_task_are_read(launchpad, pull) -> None:
    number = launchpad.add()
    plain = launchpad.add()
    watch = {"self_link": f"https://api.launchpad.example/devel/bugs/{_bug(number)}/+watch/3", "remote_bug": "NIM-7"}
    launchpad.watches = {_bug(number): [watch], _bug(plain): [watch]}
    launchpad.tasks[_bug(number), "nimbus"]["bug_watch_link"] = watch["self_link"]
    read = {r.id: r.payload["bug"].get("watches") for r in pull()}
    assert read == {number: [watch], plain: None}
    fetched = launchpad.connector().reader.fetch("bug_tasks", [number], (), launchpad.connector().catalog([]))
    assert fetched[number].payload["bug"]["watches"] == [watch]


def test_all_watches_are_read_when_asked_for(launchpad, pull) -> None:
    number = launchpad.add()
    launchpad.watches[_bug(number)] = [{"self_link": "https://x.example/devel/bugs/1/+watch/3", "remote_bug": "NIM-7"}]
    (record,) = pull(launchpad.connector(watches="all"))
    assert record.payload["bug"]["watches"][0]["remote_bug"] == "NIM-7"


def test_restless_counters_make_no_new_version(launchpad, pull) -> None:
    number = launchpad.add()
    (first,) = pull()
    launchpad.bugs[_bug(number)]["heat"] = 900
    (again,) = pull()
    assert again.version == first.version


def test_a_hidden_project_fails_alone_and_is_asked_once(launchpad, pull) -> None:
    number = launchpad.add()
    launchpad.projects["fox"] = None
    streams = ("bug_tasks", "blueprints", "milestones")
    pull.partitions = [Partition(stream=s, key=k) for s in streams for k in ("fox", "nimbus")]
    assert [r.id for r in pull()] == [number]
    failed = {p for failure in pull.failures for p in failure.partitions}
    assert failed == {p for p in pull.partitions if p.key == "fox"}
    assert sum("fox" in line for line in pull.asked) == 1


def test_a_read_that_was_broken_off_goes_on_where_it_stood(launchpad, pull, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "CHUNK", 10)
    launchpad.largest_page = 20
    ids = [launchpad.add() for _ in range(50)]
    launchpad.now += QUIET
    first = {r.id for r in pull(most_pages=3)}
    assert first == set(ids[:30])
    rest = {r.id for r in pull()}
    assert first | rest == set(ids)
    assert f"GET bugs/{_bug(ids[5])}" not in pull.asked


def test_what_changed_while_a_read_was_broken_off_comes_too(launchpad, pull, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "CHUNK", 10)
    ids = [launchpad.add() for _ in range(30)]
    pull(most_pages=1)
    launchpad.now += timedelta(hours=2)
    launchpad.touch(_bug(ids[0]), title="changed meanwhile")
    titles = {r.id: r.payload["bug"]["title"] for r in pull()}
    assert titles[ids[0]] == "changed meanwhile"


@pytest.mark.parametrize("gone", [1, 7, 12, 20])
def test_rows_that_go_while_pages_are_read_hide_no_other(launchpad, pull, gone: int) -> None:
    launchpad.largest_page = 20
    ids = [launchpad.add() for _ in range(70)]

    def take_away() -> None:
        for number in ids[:gone]:
            launchpad.tasks.pop((_bug(number), "nimbus"), None)

    launchpad.before = [lambda: None, lambda: None, take_away]
    assert {r.id for r in pull()} >= set(ids[gone:])


def test_a_row_that_joins_while_pages_are_read_hides_no_other(launchpad, pull) -> None:
    launchpad.largest_page = 20
    ids = [launchpad.add() for _ in range(45)]
    launchpad.before = [lambda: None, lambda: None, lambda: launchpad.touch(_bug(ids[0]))]
    assert {r.id for r in pull()} == set(ids)


def test_a_smaller_largest_page_is_learned(launchpad, pull) -> None:
    launchpad.largest_page = 40
    ids = {launchpad.add() for _ in range(90)}
    assert {r.id for r in pull()} == ids
    sizes = [query["ws.size"] for _, path, query, _ in launchpad.log if path == "nimbus"]
    assert sizes[:2] == [["300"], ["40"]]


def test_a_search_that_is_cut_off_is_asked_in_smaller_pages(launchpad, pull) -> None:
    ids = {launchpad.add() for _ in range(100)}
    launchpad.script += [("GET", "nimbus", (503, {}, "timed out"))] * 4  # all attempts of one request
    connector = launchpad.connector()
    assert {r.id for r in pull(connector)} == ids
    sizes = [query["ws.size"][0] for _, path, query, _ in launchpad.log if path == "nimbus"]
    assert sizes[-1] == "75"


def test_a_launchpad_that_is_down_is_said_to_be(launchpad, pull) -> None:
    launchpad.script += [("GET", "nimbus", (503, {}, "down"))] * 100
    with pytest.raises(RetriableError):
        pull()


def test_a_status_that_this_launchpad_lacks_is_left_out(launchpad, pull) -> None:
    number = launchpad.add()
    launchpad.statuses.remove("Deferred")
    assert [r.id for r in pull()] == [number]


def test_one_bug_that_launchpad_fails_on_stops_only_itself(launchpad, pull, caplog) -> None:
    bad, good = launchpad.add(), launchpad.add()
    launchpad.now += QUIET
    launchpad.script += [("GET", f"bugs/{_bug(bad)}", (500, {}, "OOPS-1"))] * 3  # as often as a 500 is tried
    assert [r.id for r in pull()] == [good]
    assert pull.pages[-1].complete
    assert bad in caplog.text
    launchpad.now += timedelta(hours=1)
    assert [r.id for r in pull()] == [bad]
    launchpad.now += timedelta(hours=1)
    assert pull() == []


def test_many_bugs_that_launchpad_fails_on_are_a_failing_launchpad(launchpad, pull) -> None:
    for _ in range(10):
        launchpad.add()
    launchpad.script += [("GET", r"bugs/\d+", (500, {}, "OOPS-1"))] * 30
    with pytest.raises(RetriableError):
        pull()


# The census ---------------------------------------------------------------------------------------------------------


def _seeded(launchpad, pull, count: int = 3) -> list[str]:
    ids = [launchpad.add() for _ in range(count)]
    launchpad.now += QUIET
    pull()
    launchpad.now += DAY
    return ids


def test_a_census_without_news_reads_no_bug(launchpad, pull) -> None:
    _seeded(launchpad, pull)
    assert pull() == []
    assert pull.asked == ["GET nimbus"] * 4  # what changed; the statuses; public tasks; all others
    launchpad.now += timedelta(hours=1)
    pull()
    assert pull.asked == ["GET nimbus"]


def test_a_task_that_was_added_quietly_is_found(launchpad, pull) -> None:
    _seeded(launchpad, pull)
    other = launchpad.add("fox")
    launchpad.bugs[_bug(other)]["date_last_updated"] = "2026-01-01T00:00:00+00:00"
    launchpad.add_task(_bug(other), "nimbus")
    assert [r.id for r in pull()] == [f"{_bug(other)}/nimbus"]


def test_a_bug_that_became_private_quietly_is_restricted(launchpad, pull) -> None:
    ids = _seeded(launchpad, pull)
    launchpad.bugs[_bug(ids[1])]["information_type"] = "Private"
    (record,) = pull()
    assert (record.id, record.visibility) == (ids[1], Visibility.RESTRICTED)


def test_a_bug_that_became_public_quietly_is_public(launchpad, pull) -> None:
    number = launchpad.add(information_type="Private")
    _seeded(launchpad, pull)
    launchpad.bugs[_bug(number)]["information_type"] = "Public"
    (record,) = pull()
    assert (record.id, record.visibility) == (number, Visibility.PUBLIC)


def test_what_is_gone_is_asked_for_by_its_id_first(launchpad, pull) -> None:
    deleted, hidden, stays, moved = _seeded(launchpad, pull, 4)
    del launchpad.tasks[_bug(deleted), "nimbus"]
    launchpad.moved[f"nimbus/+bug/{_bug(deleted)}"] = f"fox/+bug/{_bug(deleted)}"
    launchpad.add_task(_bug(deleted), "fox")
    launchpad.hidden.add(_bug(hidden))
    del launchpad.tasks[_bug(moved), "nimbus"]
    records = pull()
    assert {(r.id, r.deleted, r.payload["syncline_gone"]) for r in records} == {
        (deleted, True, "moved"),
        (hidden, True, "hidden"),
        (moved, True, "hidden"),
    }
    assert f"GET nimbus/+bug/{_bug(stays)}" not in pull.asked
    launchpad.now += DAY
    assert pull() == []


def test_a_task_that_only_the_search_left_out_is_not_gone(launchpad, pull) -> None:
    ids = _seeded(launchpad, pull)
    row = launchpad.tasks.pop((_bug(ids[0]), "nimbus"))

    def comes_back() -> None:
        launchpad.tasks[_bug(ids[0]), "nimbus"] = row

    entry = launchpad._found
    launchpad._found = lambda path: (comes_back(), entry(path))[1]
    assert [(r.id, r.deleted) for r in pull()] == [(ids[0], False)]


def test_a_project_that_suddenly_looks_empty_is_not_believed(launchpad, pull) -> None:
    ids = _seeded(launchpad, pull, 60)
    launchpad.hidden.update(_bug(i) for i in ids[:40])
    assert [r for r in pull() if r.deleted] == []
    (failure,) = pull.failures
    assert isinstance(failure.error, PartitionError)
    assert "40 of 60" in str(failure.error)


def test_a_status_of_a_later_launchpad_is_found(launchpad, pull) -> None:
    _seeded(launchpad, pull)
    launchpad.statuses.append("Abandoned")
    new = launchpad.add(status="Abandoned")
    assert [r.id for r in pull()] == [new]


def test_a_bug_hidden_between_search_and_reading_is_gone(launchpad, pull) -> None:
    number = launchpad.add()
    pull()
    launchpad.touch(_bug(number))
    launchpad.script.append(("GET", f"bugs/{_bug(number)}", (404, {}, "Object: name")))
    (record,) = pull()
    assert (record.deleted, record.payload["syncline_gone"]) == (True, "hidden")
