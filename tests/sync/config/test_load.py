"""A configuration is refused as a whole, all errors at once, each at its line."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.core.registry import load_connectors
from sync.config.load import Config, load
from sync.config.problems import ConfigError, Problem

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"

GOOD = """\
version = 1

[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { env = "T" }
owned = ["anchor.status"]

[engagements.NIM-01]
record = { connection = "jira", key = "NIM-01" }
places = [{ connection = "jira", place = "NIM", anchor = "NIM-1" }]
"""


def _load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "syncline.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return load(file, load_connectors(plugins=()).specs)


def _problems(tmp_path: Path, text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    return list(caught.value.problems)


def test_the_example_is_valid_and_complete(tmp_path: Path) -> None:
    config = _load(tmp_path, EXAMPLE.read_text())
    assert set(config.connections) == {"jira", "jira-dc", "salesforce", "github", "launchpad", "sow"}
    assert config.top.freshness.max_age == timedelta(hours=2)
    assert config.engagements["NIM-01"].places[0].anchor == "NIM-1"
    for section in ("store", "freshness", "reconcile", "write", "engagements", "people"):
        assert section in EXAMPLE.read_text()


def test_a_relative_store_lies_beside_the_file(tmp_path: Path) -> None:
    assert _load(tmp_path, GOOD).store_url() == f"sqlite:///{tmp_path}/syncline.sqlite3"


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "expected"),
    [
        ("version = 1", "version = 2", 1, "version", "1"),
        ("version = 1", "", 1, "version", "required"),
        ('kind = "jira"', 'kind = "jirra"', 4, "connections.jira.kind", "jira"),
        ("https://jira.example", "jira.example", 5, "connections.jira.url", "https://"),
        ("https://jira.example", "http://jira.example", 5, "connections.jira.url", "https"),
        ('"data-center"', '"server"', 6, "connections.jira.deployment", "data-center"),
        ("{ env = ", "{ enw = ", 7, "connections.jira.token.enw", "misspelt"),
        ('["anchor.status"]', '["anchor.state"]', 8, "connections.jira.owned.0", "anchor.status"),
        ('connection = "jira", key', 'connection = "sf", key', 11, "engagements.NIM-01.record.connection", "jira"),
        ('place = "NIM", ', "", 12, "engagements.NIM-01.places.0.place", "required"),
        ("[engagements.NIM-01]", '[engagements."NIM 01"]', 10, "engagements.NIM 01", "hyphens"),
        ("[connections.jira]", '[connections."a:b"]', 3, "connections.a:b", "hyphens"),
        ("version = 1", "version = true", 1, "version", "a number"),
        ("https://jira.example", "https://jira .example", 5, "connections.jira.url", "https://"),
        ('{ env = "T" }', '{ env = " " }', 7, "connections.jira.token", "a name at env"),
        ('{ env = "T" }', '{ credential = "../x" }', 7, "connections.jira.token", "no path"),
        ('{ env = "T" }', '{ file = "a\\u0000" }', 7, "connections.jira.token", "a name at file"),
        ('["anchor.status"]', '"anchor.status"', 8, "connections.jira.owned", "a list"),
        ("owned = ", "timeout_s = 0\nowned = ", 8, "connections.jira.timeout_s", "greater than 0"),
        ("owned = ", "timeout_s = inf\nowned = ", 8, "connections.jira.timeout_s", "finite"),
        ("owned = ", "requests_per_hour = 0\nowned = ", 8, "connections.jira.requests_per_hour", "1"),
        ("owned = ", 'first_write_approved = "yes"\nowned = ', 8, "connections.jira.first_write_approved", "true or"),
        ("owned = ", 'timeout_s = "60"\nowned = ', 8, "connections.jira.timeout_s", "a number"),
        ("owned = ", 'overlap_minutes = "5"\nowned = ', 8, "connections.jira.overlap_minutes", "a whole number"),
        ("owned = ", "versions_minutes = true\nowned = ", 8, "connections.jira.versions_minutes", "a whole number"),
        ('kind = "jira"', 'kind = ["jira"]', 4, "connections.jira.kind", "jira"),
        ("[eng", "[mapping.jira.inbuond.x]\na = 1\n[eng", 10, "mapping.jira.inbuond", "inbound"),
        ("[eng", '[freshness]\nmax_age = "99999999999d"\n[eng', 11, "freshness.max_age", "3660d"),
        ("[eng", '[freshness]\nmax_age = "9999d"\n[eng', 11, "freshness.max_age", "3660"),
        ("[eng", '[reconcile]\ntolerance_working_days = "5"\n[eng', 11, "reconcile.tolerance_working_days", "a whole"),
        ("[eng", '[people]\n"a@b.example" = ["nope:a"]\n[eng', 11, "people.a@b.example.0", "jira"),
        ("[eng", '[people]\n"a@b.example" = ["alex"]\n[eng', 11, "people.a@b.example.0", "LOGIN"),
        ("[eng", '[people]\nA = ["jira:x"]\nB = ["jira:x"]\n[eng', 12, "people.B.0", "one person"),
        ("[eng", '[people]\nA = ["a@b.example"]\nB = ["A@b.example"]\n[eng', 12, "people.B.0", "one person"),
        ("[eng", '[people]\nA = ["a@b.example"]\nB = ["a@b.example "]\n[eng', 12, "people.B.0", "one person"),
        ("[eng", '[people]\nA = ["jira:x"]\na = []\n[eng', 12, "people.a", "once"),
        ("[eng", '[people]\n"a@b.example" = ["jira:x"]\nB = ["A@b.example"]\n[eng', 12, "people.B.0", "one person"),
        ("[eng", "[store]\nurl = 3\n[eng", 11, "store.url", "a text in quotes"),
        ("[engagements.NIM-01]", "[[engagements.NIM-01]]", 10, "engagements.NIM-01", "a table"),
    ],
)
def test_an_error_names_line_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, key: str, expected: str
) -> None:
    assert old in GOOD
    problems = _problems(tmp_path, GOOD.replace(old, new))
    assert any(p.line == line and p.key == key and expected in p.expected for p in problems), problems


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"data-center"', '"server"').replace('"anchor.status"', '"x"').replace("version", "verzion")
    text += textwrap.dedent(
        """
        [freshness]
        max_age = "soon"
        [mapping.jira.inbound.work_item.attributes]
        nonsense = { path = "x" }
        """
    )
    keys = {p.key for p in _problems(tmp_path, text)}
    assert {"verzion", "version", "connections.jira.deployment", "freshness.max_age"} <= keys
    assert any(k.startswith("mapping.jira") for k in keys)


def test_what_no_table_can_say_alone_comes_with_the_rest(tmp_path: Path) -> None:
    text = """
version = 2
colour = "blue"

[freshness]
max_age = "soon"

[connections.jira]
kind = "jira"
url = "ftp://jira.example"
owned = ["anchor.nope"]

[connections.hub]
kind = "githup"

[engagements.A-1]
record = { connection = "sf", key = "A-1" }

[engagements.A-2]
record = 5

[engagements.A-3]
record = { connection = "jira", key = "A-3" }
places = [{ connection = "hub", place = "x/y" }, { connection = "jirra", place = "NIM" }]
"""
    told = {problem.key: problem.line for problem in _problems(tmp_path, text)}
    wanted = {
        "version": 2,
        "colour": 3,
        "freshness.max_age": 6,
        "connections.jira.url": 10,
        "connections.jira.owned.0": 11,
        "connections.hub.kind": 14,
        "engagements.A-1.record.connection": 17,
        "engagements.A-2.record": 20,
        "engagements.A-3.places.1.connection": 24,
    }
    assert wanted.items() <= told.items()
    assert {key for key in set(told) - set(wanted) if not key.startswith("connections.jira.")} == set()


def test_tables_nested_without_end_are_refused(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD + "[" + ".".join("a" * 3000) + "]\nb = 1\n")
    assert any(p.line in {1, 13} for p in problems)


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD.replace('{ env = "T" }', '"hunter2-hunter2"'))
    assert [p.key for p in problems] == ["connections.jira.token"]
    assert "hunter2" not in str(problems[0])
    assert "credential" in problems[0].expected


def test_a_number_that_is_far_too_long_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, f"version = 1\n[write]\nmax_writes = {'9' * 5000}\n")
    assert (problem.line, problem.found) == (3, "a number of thousands of digits")


def test_what_was_found_is_shown_on_one_screen_however_long_it_is(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD.replace('connection = "jira", place', f'connection = "{"x" * 5000}", place'))
    assert [(p.key, len(p.found)) for p in problems] == [("engagements.NIM-01.places.0.connection", 200)]


def test_a_text_in_the_place_of_a_table_is_no_secret_where_none_is_expected(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD + '[engagements.NIM-02]\nrecord = "NIM-02"\nplaces = []\n')
    assert [(p.key, p.found) for p in problems] == [("engagements.NIM-02.record", "a text")]
    assert problems[0].expected == "a table such as { connection = ... }"


def test_broken_syntax_names_the_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace('kind = "jira"', "kind = jira"))
    assert (problem.line, problem.key) == (4, "(syntax)")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD + "\udcff")
    assert problem.line == GOOD.count("\n") + 1
    assert "UTF-8" in problem.expected


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SYNCLINE_CONFIG"):
        load(tmp_path / "none.toml", {})


def test_one_record_cannot_serve_two_engagements(tmp_path: Path) -> None:
    more = GOOD.partition("[engagements.NIM-01]")[2]
    problems = _problems(tmp_path, GOOD + "\n[engagements.NIM-02]" + more)
    assert [p.key for p in problems] == ["engagements.NIM-02.record"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://syncline:canary-4711@db.example/syncline",
        "postgresql://db.example/syncline?user=x&password=canary-4711",
        "mysql://syncline:canary-4711@db.example/syncline",
    ],
)
def test_a_store_address_with_a_password_or_of_another_database_is_refused_unseen(tmp_path: Path, url: str) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace("[connections", f'[store]\nurl = "{url}"\n[connections', 1))
    assert (problem.key, problem.line) == ("store.url", 4)
    assert "canary" not in str(problem)


@pytest.mark.parametrize("health", ["0.0.0.0:8477", "127.0.0.1", "example.com:80", "unix:relative"])
def test_health_is_told_on_this_machine_alone(tmp_path: Path, health: str) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace("[connections", f'[daemon]\nhealth = "{health}"\n[connections', 1))
    assert problem.key == "daemon.health"


def test_how_one_tool_is_written_about_is_known_to_the_mapping_of_every_other(tmp_path: Path) -> None:
    spoken = "\n[mapping.github.references.spoken]\nto = 'work'\nvalue = 'x/y#{n}'\ntexts = ['ticket (?P<n>[0-9]+)']\n"
    plain, told = _load(tmp_path, GOOD), _load(tmp_path, GOOD + spoken)
    assert {s.owner for s in plain.connections["jira"].rules.spellings} == {"github", "jira", "launchpad", "salesforce"}
    assert "spoken" in {s.name for s in told.connections["jira"].rules.spellings}
    assert plain.connections["jira"].rules.hash != told.connections["jira"].rules.hash


def test_a_mistake_in_it_is_told_at_its_line(tmp_path: Path) -> None:
    wrong = "\n[mapping.github.references.spoken]\nto = 'work'\nvalue = '{n}'\ntexts = ['ticket (']\n"
    (problem,) = _problems(tmp_path, GOOD + wrong)
    assert problem.line == len((GOOD + wrong).splitlines())


SCOPED = GOOD.replace(
    "[engagements.NIM-01]",
    """[connections.crm]
kind = "salesforce"
url = "https://crm.example"
flow = "client_credentials"
client_id = "syncline"
client_secret = { env = "S" }

[engagements.OTH-01]
record = { connection = "crm", key = "OTH-01" }
scope = [{ connection = "crm", stream = "baselines" }]

[engagements.NIM-01]""",
)


def test_sources_of_scope_are_taken_in_their_order(tmp_path: Path) -> None:
    config = _load(tmp_path, SCOPED)
    (source,) = config.engagements["OTH-01"].scope
    assert (source.connection, source.stream, source.place) == ("crm", "baselines", None)


@pytest.mark.parametrize(
    ("scope", "key", "expected"),
    [
        ('[{ connection = "sf" }]', "scope.0.connection", "crm, jira"),
        ('[{ connection = "jira" }]', "scope.0.connection", "gives scope"),
        ('[{ connection = "crm", stream = "items" }]', "scope.0.stream", "baselines"),
        ('[{ connection = "crm", place = "X" }]', "scope.0.place", "no place"),
        ('[{ connection = "crm" }, { connection = "crm" }]', "scope.1", "once"),
        ('{ connection = "crm" }', "scope", "a list"),
        ('[{ conection = "crm" }]', "scope.0.conection", "misspelt"),
    ],
)
def test_a_source_of_scope_that_cannot_be_is_named(tmp_path: Path, scope: str, key: str, expected: str) -> None:
    text = SCOPED.replace('[{ connection = "crm", stream = "baselines" }]', scope)
    problem = next(p for p in _problems(tmp_path, text) if p.key == f"engagements.OTH-01.{key}")
    assert problem.line == 19
    assert expected in problem.expected


DISCOVERED = SCOPED.replace(
    "[engagements.OTH-01]",
    """[connections.sow]
kind = "file"

[discover.contracts]
connection = "crm"
scope = [{ connection = "sow", place = "{key}.csv" }]

[engagements.OTH-01]""",
)


def test_the_scope_of_what_is_discovered_is_a_template(tmp_path: Path) -> None:
    (discovery,) = _load(tmp_path, DISCOVERED).discoveries
    assert [(one.connection, one.place) for one in discovery.scope] == [("sow", "{key}.csv")]


@pytest.mark.parametrize(
    ("place", "key", "expected"),
    [
        ('"{kee}.csv"', "place", "contract, key, name"),
        ('"all.csv"', "place", "{key}.csv"),
        ('"{key}.csv", stream = "items"', "stream", "scope"),
    ],
)
def test_a_template_of_scope_that_cannot_be_is_named(tmp_path: Path, place: str, key: str, expected: str) -> None:
    text = DISCOVERED.replace('"{key}.csv"', place)
    problem = next(p for p in _problems(tmp_path, text) if p.key == f"discover.contracts.scope.0.{key}")
    assert expected in problem.expected
