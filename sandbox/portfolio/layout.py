"""The skeleton: accounts, people, engagements, projects, and the dealing of tricks to engagements."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from sandbox.portfolio import calm, covered, elsewhere, orphans, owed, owed_table, twice, uncovered, words
from sandbox.portfolio.builder import JIRA, Builder, Desk, Variant
from sandbox.portfolio.model import (
    CLOUD,
    DATA_CENTER,
    GITHUB,
    LAUNCHPAD,
    Account,
    Engagement,
    Person,
    Project,
    Reading,
    Stage,
)
from sandbox.salesforce.ids import salesforce_id

T = TypeVar("T")

PEOPLE_PER_BLOCK = 14
ORGANISATION = "fictitious-partner"
"""Whose repositories they are."""
CUSTOMER = "Customer - Direct"

Dealt = tuple[str, Desk, Variant]
"""The tool in whose places a trick is planted, the engagement, and the trick."""

Place = tuple[str, str]
"""Site, and what the place is: `plain`, `private`, `shared`, `silent`, `empty`, `unreadable` or `missing`."""

BLOCK: tuple[tuple[Stage, str, tuple[Place, ...]], ...] = (
    (Stage.ACTIVE, "amended", ((CLOUD, "shared"), (GITHUB, "shared"))),
    (Stage.ACTIVE, "plain", ((CLOUD, "shared"), (GITHUB, "shared"))),
    (Stage.ACTIVE, "unsigned", ((CLOUD, "plain"), (DATA_CENTER, "silent"), (GITHUB, "plain"), (LAUNCHPAD, "plain"))),
    (Stage.ACTIVE, "out-of-order", ((CLOUD, "plain"), (LAUNCHPAD, "plain"))),
    (Stage.ACTIVE, "amended", ((DATA_CENTER, "plain"), (GITHUB, "private"))),
    (Stage.ACTIVE, "future", ((CLOUD, "plain"), (DATA_CENTER, "empty"), (GITHUB, "private"), (LAUNCHPAD, "plain"))),
    (Stage.ACTIVE, "unsigned", ((DATA_CENTER, "plain"), (CLOUD, "unreadable"), (GITHUB, "unreadable"))),
    (Stage.ACTIVE, "plain", ((CLOUD, "plain"), (DATA_CENTER, "unreadable"), (GITHUB, "plain"))),
    (Stage.ACTIVE, "amended", ((CLOUD, "plain"), (CLOUD, "missing"), (LAUNCHPAD, "plain"), (LAUNCHPAD, "missing"))),
    (Stage.ACTIVE, "future", ((DATA_CENTER, "plain"), (GITHUB, "plain"), (LAUNCHPAD, "plain"))),
    (Stage.DRAFT, "draft", ((CLOUD, "plain"), (GITHUB, "plain"))),
    (Stage.CLOSED, "amended", ((DATA_CENTER, "unreadable"), (LAUNCHPAD, "plain"))),
    (Stage.ACTIVE, calm.HEALTHY, ((CLOUD, "plain"), (DATA_CENTER, "silent"), (GITHUB, "plain"), (LAUNCHPAD, "plain"))),
    (Stage.ACTIVE, calm.WORRYING, ((DATA_CENTER, "plain"), (CLOUD, "plain"), (GITHUB, "private"))),
)
"""One block: 14 engagements; stage, baselines, places. The two that share a place stand first."""


def accounts(b: Builder) -> None:
    """Make the partners and the third parties."""
    blocks = min(b.truth.scale, 2)
    count = 7 * blocks
    for code, name in words.PARTNERS[:count]:
        b.truth.accounts.append(_account(b, code, name, CUSTOMER))
    for code, name in words.THIRD_PARTIES:
        b.truth.accounts.append(_account(b, code, name, "Technology Partner"))


def _account(b: Builder, code: str, name: str, kind: str) -> Account:
    return Account(number=b.next_number("Account"), code=code, name=name, type=kind)


def people(b: Builder) -> None:
    """Make people, each spelled differently by each tool; some are in one tool only."""
    count = PEOPLE_PER_BLOCK * min(b.truth.scale, 4)
    names = [f"{first} {last}" for first in words.FIRST_NAMES for last in words.LAST_NAMES]
    for index, name in enumerate(b.rng.sample(names, count)):
        b.truth.people.append(_person(b, index, name))


def _person(b: Builder, index: int, name: str) -> Person:
    first, last = name.split(" ", 1)
    plain = "".join(char for char in f"{first}.{last}".lower() if char.isascii() and (char.isalnum() or char == "."))
    in_salesforce = index % 3 != 2
    return Person(
        key=f"P{index + 1:03d}",
        name=name,
        cloud_id=f"712020:{b.rng.getrandbits(128):032x}"[:43],
        cloud_name=name if index % 2 else f"{first} {last[0]}.",
        dc_login=None if index % 7 == 6 else f"{plain[0]}{plain.split('.')[1]}{index}",
        dc_name=f"{last}, {first}",
        email=f"{plain}{index}@partner.example",
        salesforce_number=b.next_number("User") if in_salesforce else None,
        salesforce_email=f"{plain}{index}@partner.example".capitalize(),
        active=index % 9 != 8,
        github=None if index % 8 == 7 else f"{plain.replace('.', '-')}-{index}",
        launchpad=None if index % 6 == 5 else f"{plain.split('.')[0]}{index}",
    )


def user_id(person: Person) -> str | None:
    """Return the Salesforce id of a person, if they have one."""
    return None if person.salesforce_number is None else salesforce_id("User", person.salesforce_number + 10)


def engagements(b: Builder) -> None:
    """Make every block's engagements with their places, and a desk for each."""
    partners = [each for each in b.truth.accounts if each.type == CUSTOMER]
    owners = [partners[i % len(partners)] for i in range(len(BLOCK) * b.truth.scale)]
    counts: dict[str, int] = {}
    for block in range(b.truth.scale):
        shared: list[Desk] = []
        rows = b.rng.sample(BLOCK[2:], len(BLOCK) - 2)
        for stage, scenario, places in (*BLOCK[:2], *rows):
            account = owners.pop(0)
            counts[account.code] = counts.get(account.code, 0) + 1
            desk = _desk(b, account, counts[account.code], stage, scenario)
            b.desks.append(desk)
            if places[0][1] == "shared":
                shared.append(desk)
            else:
                for site, what in [each for each in places if each[0] in b.truth.tools]:
                    _place(b, [desk.engagement], site, what)
        _share(b, shared)
        _pools(b, b.desks[block * len(BLOCK) :], shared)


def _share(b: Builder, desks: list[Desk]) -> None:
    first, second = sorted(desks, key=lambda each: each.engagement.key)
    first.partner, second.partner = second, first
    for site in (CLOUD, GITHUB):
        if site in b.truth.tools:
            _place(b, [first.engagement, second.engagement], site, "shared")


def _desk(b: Builder, account: Account, count: int, stage: Stage, scenario: str) -> Desk:
    name = b.pick(words.ENGAGEMENT_NAMES)
    start = -b.rng.randint(250, 300)
    engagement = Engagement(
        number=b.next_number("Engagement__c"),
        key=f"{account.code}-{count:02d}",
        name=f"{account.name}: {name}",
        account=account,
        stage=stage,
        contract=f"SOW-{account.code}-{b.rng.randint(1000, 9999)}",
        start=b.day(start),
        end=b.day(start + 540) if stage is not Stage.CLOSED else b.day(-20),
        budget=Decimal(b.rng.randint(80, 600) * 1000),
        currency=b.pick(("EUR", "USD", "GBP")),
        manager=b.pick([each for each in b.truth.people if each.salesforce_number and each.active]),
    )
    b.truth.engagements.append(engagement)
    return Desk(engagement=engagement, scenario=scenario, stale=False)


def _place(b: Builder, owners: list[Engagement], site: str, what: str) -> None:
    first = owners[0]
    code, _, count = first.key.partition("-")
    stem = code if int(count) == 1 else f"{code}{int(count)}"
    suffix = {"missing": "OLD", "unreadable": "SEC", "silent": "MAINT", "empty": "NEXT", "shared": "JOINT"}.get(
        what, ""
    )
    key = f"{stem}{'DC' if site == DATA_CENTER else ''}{suffix}"
    reading = {"missing": Reading.MISSING, "unreadable": Reading.UNREADABLE}.get(what, Reading.READABLE)
    made = Project(
        site=site,
        key=_elsewhere(site, key) if site in (GITHUB, LAUNCHPAD) else key,
        name=f"{first.account.name} {suffix.lower() or 'delivery'} {stem}",
        reading=reading,
        silent=what == "silent",
        empty=what == "empty",
        private=what in ("private", "unreadable"),
        owners=owners,
    )
    for each in owners:
        each.places.append(made)
    for desk in b.desks:
        if desk.engagement in owners and reading is not Reading.READABLE and desk.active:
            desk.stale = True
    b.truth.projects.append(made)


def _elsewhere(site: str, key: str) -> str:
    """Return the name of a repository or of a Launchpad project."""
    return f"{ORGANISATION}/{key.lower()}-images" if site == GITHUB else f"{key.lower()}-images"


def _pools(b: Builder, desks: list[Desk], shared: list[Desk]) -> None:
    """Choose which keys are covered anyway, so that each engagement leaves free what some other engagement covers."""
    even, odd = b.rng.sample(["SI-01", "SI-02", "SI-03", "SI-04"], 2)
    ordered = [*shared, *(each for each in desks if each not in shared)]
    rest = [f"SI-{n:02d}" for n in range(1, 9)]
    for index, desk in enumerate(ordered):
        mine, other = (even, odd) if index % 2 == 0 else (odd, even)
        desk.pool = [mine, *b.rng.sample([key for key in rest if key not in (mine, other)], 2)]


def deal(b: Builder, variants: Sequence[Variant], desks: Sequence[Desk]) -> list[tuple[Desk, Variant]]:
    """Give each trick that uses up a key to the fitting engagement with the fewest so far."""
    dealt = []
    for variant in sorted(variants, key=lambda each: each.name):
        fitting = [each for each in desks if variant.fits(each)]
        least = min(each.wanted for each in fitting)
        desk = b.pick([each for each in fitting if each.wanted == least])
        desk.wanted += 1
        dealt.append((desk, variant))
    return dealt


def deal_scope(b: Builder) -> list[Dealt]:
    """Deal the tricks around coverage, block by block, those with a narrow choice of keys first."""
    dealt: list[Dealt] = []
    for block in range(b.truth.scale):
        desks = [each for each in _block(b, block) if each.troubled and not each.stale]
        dealt += [(JIRA, *each) for each in deal(b, (*uncovered.POSITIVE, *covered.NEAR), desks)]
        for tool in elsewhere.tools(b):
            b.focus(tool)
            dealt += [(tool, *each) for each in deal(b, elsewhere.covering(tool), desks)]
        b.focus(JIRA)
    dealt += [(JIRA, *each) for each in calm.deal(b)]
    narrow = ("same-key-of-partner", "url-of-namesake")
    dealt.sort(key=lambda pair: narrow.index(pair[2].name) if pair[2].name in narrow else len(narrow))
    return dealt


def _block(b: Builder, block: int) -> list[Desk]:
    return b.desks[block * len(BLOCK) : (block + 1) * len(BLOCK)]


def plant_scope(b: Builder, dealt: list[Dealt]) -> None:
    """Plant the dealt tricks, and those around orphans and double claims, which use up no key."""
    for tool, desk, variant in dealt:
        b.focus(tool)
        variant.build(b, desk, variant)
    b.focus(JIRA)
    for block in range(b.truth.scale):
        desks = [each for each in _block(b, block) if each.troubled]
        for variant in (*orphans.POSITIVE, *orphans.NEAR, *twice.POSITIVE, *twice.NEAR):
            desk = b.pick([each for each in desks if variant.fits(each)])
            variant.build(b, desk, variant)
        for tool in elsewhere.tools(b):
            b.focus(tool)
            for variant in elsewhere.claiming(tool):
                variant.build(b, b.pick([each for each in desks if variant.fits(each)]), variant)
        b.focus(JIRA)


def plant_owed(b: Builder) -> None:
    """Plant every trick around dates once a block."""
    for block in range(b.truth.scale):
        desks = [each for each in _block(b, block) if each.troubled]
        stale = [each for each in desks if any(p.reading is Reading.UNREADABLE for p in each.engagement.places)]
        for row, raises, near in owed_table.table():
            owed.plant(b, b.pick(stale if row.stale else desks), row, raises, near)
