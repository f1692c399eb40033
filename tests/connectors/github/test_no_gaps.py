"""Whatever changes while it is read, what was delivered ends as what is there."""

import random
from datetime import timedelta

import pytest

from connectors.core.port import Page, Partition, Wanted

PLACE = "fictive/sizing"
ISSUES = Partition(stream="issues", key=PLACE)
MILESTONES = Partition(stream="milestones", key=PLACE)
FIELDS = ("Syncline status", "Syncline status text")
STATUS = "PVTSSF_status"


class Life:
    """People at work on a site while it is read."""

    def __init__(self, site, seed: int) -> None:
        self.site = site
        self.random = random.Random(seed)  # noqa: S311 - the same lives each time
        self.made: list[str] = []
        self.count = 0

    def act(self) -> None:
        dice = self.random.random()
        if dice < 0.2 or not self.made:
            labels = ("engagement-anchor",) if self.random.random() < 0.3 else ()
            self.made.append(self.site.add(labels=labels, pull=self.random.random() < 0.2))
        elif dice < 0.6:
            self.edit(self.random.choice(self.made))
        elif dice < 0.7:  # an edit of many at once, in one second
            some = self.random.sample(self.made, k=min(len(self.made), 12))
            at = self.site.now
            for number in some:
                self.edit(number, at=at)
        elif dice < 0.8:
            number = self.random.choice(self.made)
            item = self.site.item_of(self.site.issue(number)["node_id"]) or self.site.add_item(number)
            item["values"][STATUS] = {"singleSelectOptionId": self.random.choice(["aa01", "aa02", "aa03"])}
        elif dice < 0.9:
            self.site.now += timedelta(seconds=self.random.choice([0, 1, 30, 400]))
        else:
            self.milestone()

    def edit(self, number: str, **more) -> None:
        self.count += 1
        self.site.touch(number, title=f"title {self.count}", **more)

    def milestone(self) -> None:
        held = self.site.repository()["milestones"]
        name = self.random.randrange(5)
        if name in held and self.random.random() < 0.5:
            del held[name]
        else:
            self.count += 1
            stated = self.site.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            held[name] = {"id": 900 + name, "number": name, "title": f"v{self.count}", "updated_at": stated}


@pytest.mark.parametrize("seed", range(5))
def test_what_was_delivered_ends_as_what_is_there(site, seed) -> None:
    site.page = 5  # as if there were twenty times as many
    life = Life(site, seed)
    for _ in range(60):
        life.act()
    stored: dict = {}
    cursors: dict = {}

    def read(*, most_pages: int | None = None) -> None:
        connector = site.connector(points_per_minute=None)
        connector._client.page = site.page
        catalog = connector.catalog([PLACE])
        wanted = [Wanted(partition=p, cursor=cursors.get(p), fields=FIELDS) for p in (ISSUES, MILESTONES)]
        for n, page in enumerate(connector.reader.pull(wanted, catalog)):
            assert isinstance(page, Page), page
            stored.update({(r.stream, r.id): r for r in page.records})
            cursors.update(page.cursors)
            if n == most_pages:
                return

    for _ in range(8):
        busy = [life.act if life.random.random() < 0.4 else (lambda: None) for _ in range(4)]
        site.before = busy
        read(most_pages=life.random.choice([None, None, 0, 1]))
        site.before = []
        for _ in range(life.random.randrange(6)):
            life.act()
    read()
    issues = site.repository()["issues"].values()
    assert {n for s, n in stored if s == "issues"} == {str(e["fields"]["id"]) for e in issues}
    for entry in issues:
        record = stored["issues", str(entry["fields"]["id"])]
        assert record.payload["title"] == entry["fields"]["title"]
        item = site.item_of(entry["fields"]["node_id"])
        if "syncline_project" in record.payload:
            shown = record.payload["syncline_project"]["fields"][STATUS]["value"]
            held = (item or {"values": {}})["values"].get(STATUS, {}).get("singleSelectOptionId")
            assert {"Green": "aa01", "Amber": "aa02", "Red": "aa03"}.get(shown) == held
    there = {str(m["id"]): m["title"] for m in site.repository()["milestones"].values()}
    assert {n: r.payload["title"] for (s, n), r in stored.items() if s == "milestones" and not r.deleted} == there
