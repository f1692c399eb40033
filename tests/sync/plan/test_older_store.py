"""A store that is older than what it wrote, and records of another instance."""

from dataclasses import replace

from connectors.core.port import WriteKind
from sync.plan.types import BrakeKind, Policy


def later(worlds, world) -> None:
    """Thirty hours pass, and everything is read again."""
    world.now += 30 * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))


def test_a_store_older_than_what_it_wrote_stops_whatever_it_would_write(worlds):
    world = worlds.world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases = old  # a restored backup
    both = [(BrakeKind.OLDER_STORE, "jira"), (BrakeKind.OLDER_STORE, "salesforce")]
    assert worlds.kinds(world.plan()) == both  # though what the tools show is what we want
    later(worlds, world)
    plan = world.plan()
    assert worlds.kinds(plan) == both
    assert plan.writes == ()
    assert all("restored backup" in brake.message and "`syncline adopt`" in brake.mend for brake in plan.brakes)
    world.settings = replace(world.settings, policy=Policy.OURS)
    assert worlds.kinds(world.plan()) == both  # no policy lifts it


def test_an_older_store_goes_on_after_it_adopted_what_the_tools_show(worlds):
    world = worlds.wide_world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases = old
    world.view(deliverables=())  # and now there is something else to say
    assert {kind for kind, _ in worlds.kinds(world.plan())} == {BrakeKind.OLDER_STORE}
    world.adopt()
    plan = world.converge()
    assert plan.writes
    assert (plan.brakes, plan.conflicts) == ((), ())
    assert not [p for p in plan.writes if p.write.kind is WriteKind.CREATE]
    again = world.plan()
    assert (again.writes, again.brakes, again.conflicts) == ((), (), ())


def test_records_of_another_instance_are_adopted_and_nothing_is_made_twice(worlds):
    world = worlds.wide_world()
    world.converge()
    records = len(world.records)
    world.instance, world.bases, world.created, world.risks = "inst2", {}, {}, {}
    assert {kind for kind, _ in worlds.kinds(world.plan())} >= {BrakeKind.OTHER_INSTANCE}
    world.adopt()
    assert world.adopted == {worlds.INSTANCE}
    later(worlds, world)
    plan = world.converge()
    assert (plan.brakes, plan.conflicts) == ((), ())
    assert not [p for p in plan.writes if p.write.kind is WriteKind.CREATE]
    assert len(world.records) == records
    assert world.plan().writes == ()


def test_what_a_person_wrote_into_an_unmarked_record_is_not_adopted(worlds):
    world = worlds.world()
    world.edit(worlds.RECORD, Syncline_Status__c="Green")
    world.adopt()
    assert not world.bases
    assert [c.theirs for c in world.plan().conflicts] == ["Green"]


def test_a_later_text_is_no_sign_of_an_older_store_while_our_own_write_is_unsettled(worlds):
    world = worlds.world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases, world.unsettled = old, frozenset({"jira", "salesforce"})
    assert world.plan().brakes == ()


def test_a_persons_text_is_no_sign_of_an_older_store(worlds):
    world = worlds.world()
    world.converge()
    world.edit(
        worlds.RECORD,
        Syncline_Status_Text__c=world.shown(worlds.RECORD, "Syncline_Status_Text__c") + "\nand my own line",
    )
    assert world.plan().brakes == ()
