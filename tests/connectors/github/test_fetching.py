"""Records by id: the same as the list gives them, past every index, in few requests."""

from connectors.core.port import Partition, Wanted

PLACE = "fictive/sizing"
ISSUES = Partition(stream="issues", key=PLACE)


def pulled(connector, catalog, partition=ISSUES) -> dict:
    pages = connector.reader.pull([Wanted(partition=partition, cursor=None, fields=("Syncline status",))], catalog)
    return {r.id: r for page in pages for r in page.records}


def test_a_record_is_the_same_however_it_was_read(site) -> None:
    made = [site.add(labels=("engagement-anchor",)), site.add(pull=True), site.add(state="closed")]
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    listed = pulled(connector, catalog)
    site.issue(made[2])["reactions"] = {"total_count": 5}  # answers differ in what does not matter
    for number in made:
        fetched = connector.reader.fetch("issues", [number], ["Syncline status"], catalog)[number]
        assert (fetched.version, fetched.key, fetched.partition) == (listed[number].version, listed[number].key, PLACE)


def test_records_just_written_come_with_one_request(site) -> None:
    made = [site.add() for _ in range(40)]
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    pulled(connector, catalog)
    site.log.clear()
    found = connector.reader.fetch("issues", made[:20], (), catalog)
    assert all(found.values())
    assert site.paths() == [f"GET /repositories/{site.repository()['id']}/issues"]


def test_an_id_of_which_nothing_is_known_is_looked_for_in_the_places(site) -> None:
    site.add("fictive/other")
    (number, *_) = [site.add() for _ in range(150)]
    connector = site.connector()
    catalog = connector.catalog(["fictive/other", PLACE])
    found = connector.reader.fetch("issues", [number, "999"], (), catalog)
    assert found[number].key == "fictive/sizing#1"
    assert found["999"] is None


def test_a_transferred_issue_is_no_longer_there(site) -> None:
    number = site.add()
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    pulled(connector, catalog)
    site.entry(number)["to"] = "elsewhere"
    assert connector.reader.fetch("issues", [number], (), catalog) == {number: None}


def test_milestones_by_id(site) -> None:
    site.repository()["milestones"][1] = {"id": 901, "number": 1, "title": "v1", "updated_at": "2026-05-01T00:00:00Z"}
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    found = connector.reader.fetch("milestones", ["901", "902"], (), catalog)
    assert (found["901"].key, found["902"]) == ("fictive/sizing v1", None)
