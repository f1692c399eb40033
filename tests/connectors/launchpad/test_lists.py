"""Blueprints and milestones: read whole, seldom, and said to be gone only when they are."""

from datetime import timedelta

import pytest

from connectors.core.errors import PartitionError, RetriableError
from connectors.core.port import Partition, Visibility
from connectors.launchpad.block import put_block


@pytest.fixture
def blueprints(pull):
    pull.partitions = [Partition(stream="blueprints", key="nimbus")]
    return pull


@pytest.fixture
def milestones(pull):
    pull.partitions = [Partition(stream="milestones", key="nimbus")]
    return pull


def test_a_blueprint_is_kept_as_it_came(launchpad, blueprints) -> None:
    launchpad.blueprint("fast-boot", whiteboard="see NIM-7")
    (record,) = blueprints()
    assert (record.id, record.key, record.partition) == ("nimbus/fast-boot",) * 2 + ("nimbus",)
    assert record.payload["whiteboard"] == "see NIM-7"
    assert record.payload["syncline_block"] is None
    assert record.updated is None
    assert record.visibility is Visibility.PUBLIC
    assert record.url == "https://launchpad.example/nimbus/+spec/fast-boot"


def test_our_blocks_are_told_apart_from_what_people_wrote(launchpad, blueprints) -> None:
    whole = put_block("see NIM-7\n", "i-1:nim-01", "AMBER", {"instance": "i-1"})
    launchpad.blueprint("fast-boot", whiteboard=put_block(whole, "i-2:nim-01", "GREEN"))
    payload = blueprints()[0].payload
    first = {"external_id": "i-1:nim-01", "text": "AMBER", "marker": {"instance": "i-1"}}
    assert payload["syncline_block"] == first
    assert payload["syncline_blocks"] == {
        "i-1:nim-01": first,
        "i-2:nim-01": {"external_id": "i-2:nim-01", "text": "GREEN", "marker": None},
    }
    assert payload["syncline_prose"].strip() == "see NIM-7"


def test_a_proprietary_blueprint_is_restricted(launchpad, blueprints) -> None:
    launchpad.blueprint("fast-boot", information_type="Proprietary")
    assert blueprints()[0].visibility is Visibility.RESTRICTED


@pytest.mark.parametrize(("kind", "seen"), [("Public", "public"), ("Proprietary", "restricted")])
def test_milestones_are_as_visible_as_their_project(launchpad, milestones, kind: str, seen: str) -> None:
    launchpad.projects["nimbus"] = kind
    number = launchpad.milestone("2.0.1")
    (record,) = milestones()
    assert (record.id, record.visibility) == (number, seen)
    connector = launchpad.connector()
    assert connector.reader.fetch("milestones", [number], (), connector.catalog([]))[number] == record


def test_lists_are_asked_for_when_they_are_due(launchpad, blueprints) -> None:
    launchpad.blueprint("fast-boot")
    blueprints()
    launchpad.now += timedelta(minutes=59)
    launchpad.blueprint("slow-boot")
    assert blueprints() == []
    assert (blueprints.asked, blueprints.pages) == ([], [])  # nothing is said to be fresher than it is
    launchpad.now += timedelta(minutes=2)
    assert [r.id for r in blueprints()] == ["nimbus/slow-boot"]
    assert blueprints.asked == ["GET nimbus/all_specifications"]
    assert timedelta(0) <= launchpad.now - blueprints.pages[0].as_of < timedelta(seconds=3)


def test_a_list_that_was_read_under_a_clock_that_ran_ahead_is_read_again_at_once(launchpad, blueprints) -> None:
    launchpad.blueprint("fast-boot")
    launchpad.now += timedelta(hours=30)
    blueprints()
    launchpad.now -= timedelta(hours=30)
    blueprints()
    assert blueprints.asked == ["GET nimbus/all_specifications"]
    assert blueprints.pages[0].as_of <= launchpad.now


def test_only_what_changed_comes_again(launchpad, blueprints) -> None:
    launchpad.blueprint("one")
    two = launchpad.blueprint("two")
    blueprints()
    launchpad.now += timedelta(hours=2)
    launchpad.blueprints[two]["implementation_status"] = "Implemented"
    assert [r.id for r in blueprints()] == [two]


def test_a_blueprint_that_is_gone_is_asked_for_by_its_id_first(launchpad, blueprints) -> None:
    gone, stays = launchpad.blueprint("gone"), launchpad.blueprint("stays")
    blueprints()
    launchpad.now += timedelta(hours=2)
    del launchpad.blueprints[gone]
    (record,) = blueprints()
    assert (record.id, record.deleted) == (gone, True)
    assert blueprints.asked == ["GET nimbus/all_specifications", "GET nimbus/+spec/gone"]
    assert stays


def test_a_blueprint_that_the_list_alone_left_out_is_not_gone(launchpad, blueprints) -> None:
    number = launchpad.blueprint("shy")
    blueprints()
    launchpad.now += timedelta(hours=2)
    launchpad.script.append(("GET", "nimbus/all_specifications", (200, {}, '{"entries": [], "total_size": 0}')))
    assert [(r.id, r.deleted) for r in blueprints()] == [(number, False)]


def test_a_list_that_suddenly_looks_empty_is_not_believed(launchpad, blueprints) -> None:
    for number in range(30):
        launchpad.blueprint(f"plan-{number}")
    blueprints()
    launchpad.now += timedelta(hours=2)
    launchpad.blueprints.clear()
    assert blueprints() == []
    assert isinstance(blueprints.failures[0].error, PartitionError)


def test_a_list_that_shifts_while_it_is_read_is_read_again(launchpad, blueprints) -> None:
    launchpad.largest_page = 10
    ids = {launchpad.blueprint(f"plan-{number:02}") for number in range(25)}
    shrunk = {"start": 20, "entries": [], "total_size": 25}
    launchpad.script.append(("GET", "nimbus/all_specifications", (400, {}, 'Maximum for "ws.size" parameter is 10.')))
    connector = launchpad.connector()
    real = launchpad._list
    calls = []

    def cut_short(path, query, project, kind):
        calls.append(query)
        return (200, {}, shrunk) if len(calls) == 2 else real(path, query, project, kind)

    launchpad._list = cut_short
    assert {r.id for r in blueprints(connector)} == ids


def test_a_list_whose_size_never_agrees_is_no_answer(launchpad, blueprints) -> None:
    answer = (200, {}, '{"start": 0, "entries": [], "total_size": 7}')
    launchpad.script += [("GET", "nimbus/all_specifications", answer)] * 3
    with pytest.raises(RetriableError, match="size"):
        blueprints()


def test_a_renamed_blueprint_is_none_under_its_old_name(launchpad) -> None:
    launchpad.blueprint("new-name")
    launchpad.moved["nimbus/+spec/old-name"] = "nimbus/+spec/new-name"
    connector = launchpad.connector()
    ids = ["nimbus/old-name", "nimbus/new-name"]
    found = connector.reader.fetch("blueprints", ids, (), connector.catalog([]))
    assert [found[i] is None for i in ids] == [True, False]
