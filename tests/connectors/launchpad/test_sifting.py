"""What is held as it is, is not read again; and nothing is lost by that, however late or oddly stamped it comes."""

from datetime import timedelta

import pytest

MINUTE = timedelta(minutes=1)


@pytest.fixture
def three(launchpad, pull) -> list[str]:
    """Three bugs, changed and read a moment ago; the reader is told what is held."""
    pull.held = {}
    made = []
    for _ in range(3):
        made.append(launchpad.add())
        launchpad.now += timedelta(seconds=5)
    launchpad.now += timedelta(seconds=5)
    assert {r.id for r in pull()} == set(made)
    launchpad.now += MINUTE
    return made


def bug(number: str) -> int:
    return int(number.split("/")[0])


def restamp(launchpad, number: str, ago: timedelta, **changes: object) -> None:
    """A change that is stamped earlier than it becomes visible."""
    launchpad.touch(bug(number), **changes)
    launchpad.bugs[bug(number)]["date_last_updated"] = (launchpad.now - ago).isoformat()


def bugs_read(pull) -> list[str]:
    return [path for path in pull.asked if "bugs/" in path]


def test_bugs_held_as_they_are_cost_one_search_more_and_no_reading(launchpad, pull, three) -> None:
    oldest = min(r.updated for r in pull.held.values())
    assert pull() == []
    assert pull.asked == ["GET nimbus", "GET nimbus"]
    (page,) = pull.pages
    assert page.complete == frozenset(pull.partitions)
    assert page.as_of == oldest  # no more than that is claimed


def test_without_being_told_what_is_held_they_are_read_again(launchpad, pull, three) -> None:
    pull.held = None
    assert {r.id for r in pull()} == set(three)


def test_the_one_that_changed_again_is_read_alone(launchpad, pull, three) -> None:
    launchpad.touch(bug(three[0]), title="changed again")
    assert [r.payload["bug"]["title"] for r in pull()] == ["changed again"]
    assert bugs_read(pull) == [f"GET bugs/{bug(three[0])}"]


def test_a_new_one_beside_them_is_read(launchpad, pull, three) -> None:
    number = launchpad.add()
    assert [r.id for r in pull()] == [number]


def test_a_change_of_the_task_itself_is_read_however_it_is_stamped(launchpad, pull, three) -> None:
    launchpad.tasks[bug(three[1]), "nimbus"]["status"] = "Fix Released"
    assert [(r.id, r.payload["status"]) for r in pull()] == [(three[1], "Fix Released")]


def test_a_single_bug_is_read_for_that_costs_no_more(launchpad, pull) -> None:
    pull.held = {}
    number = launchpad.add()
    launchpad.now += timedelta(seconds=5)
    pull()
    launchpad.now += MINUTE
    assert [r.id for r in pull()] == [number]
    assert pull.asked == ["GET nimbus", f"GET bugs/{bug(number)}"]


@pytest.mark.parametrize(
    "ago",
    [
        timedelta(seconds=73),  # after its first change, and before the latest change of another bug
        timedelta(seconds=90),  # before its own first change: by another clock
    ],
)
def test_a_second_change_that_hides_behind_another_bug_comes_within_the_overlap(launchpad, pull, three, ago) -> None:
    first = pull.held[three[0]].updated
    restamp(launchpad, three[0], ago, title="changed again")
    assert (launchpad.now - ago > first) is (ago < timedelta(seconds=75))
    assert pull() == []
    assert pull.pages[-1].as_of <= first  # and nothing newer is claimed until then
    for _ in range(6):
        launchpad.now += MINUTE
        pull()
    assert pull.held[three[0]].payload["bug"]["title"] == "changed again"


def test_each_is_read_once_more_when_no_late_change_can_come(launchpad, pull, three) -> None:
    pull()
    launchpad.now += timedelta(minutes=6)
    assert {r.id for r in pull()} == set(three)
    launchpad.now += MINUTE
    assert pull() == []
    assert pull.asked == ["GET nimbus"]
    assert pull.pages[-1].as_of > launchpad.now - MINUTE


def test_what_the_next_search_no_longer_shows_is_asked_for_by_its_id(launchpad, pull, three) -> None:
    pull()
    for number in three:  # by a clock an hour behind: no later search shows them
        restamp(launchpad, number, timedelta(hours=1), title="changed again")
    launchpad.now += timedelta(minutes=6)
    assert {r.payload["bug"]["title"] for r in pull()} == {"changed again"}
    assert len(pull.held) == 3


def test_a_stamp_of_a_clock_that_ran_ahead_is_not_relied_on(launchpad, pull) -> None:
    pull.held = {}
    made = [launchpad.add() for _ in range(2)]
    for number in made:
        restamp(launchpad, number, -timedelta(hours=24))
    pull()
    for number in made:
        restamp(launchpad, number, timedelta(0), title="changed again")
    launchpad.now += MINUTE
    assert [r.payload["bug"]["title"] for r in pull()] == ["changed again"] * 2


def test_a_bug_that_launchpad_failed_on_is_not_taken_for_read(launchpad, pull, three) -> None:
    launchpad.touch(bug(three[2]), title="changed again")
    launchpad.now += timedelta(seconds=1)
    launchpad.touch(bug(three[0]), title="changed later")
    launchpad.now += timedelta(seconds=5)
    launchpad.script = [("GET", f"bugs/{bug(three[2])}", (500, {}, "oops"))] * 10
    assert [r.payload["bug"]["title"] for r in pull()] == ["changed later"]
    launchpad.script = []
    launchpad.now += MINUTE
    assert [r.payload["bug"]["title"] for r in pull()] == ["changed again"]
