"""What a real Launchpad server said, replayed against the stand-in and compared field by field.

The state is made from the recordings themselves, which stay outside of the repository. Compared are status, the headers
that were recorded, and whole bodies; of a stamp made during the replay only that it is there, of an ETag only its form.
Each exchange that is not compared, or not wholly, is named below with its reason.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.core.clock import Clock
from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService
from sandbox.launchpad.webhooks import Webhook, WebhookDelivery

pytestmark = pytest.mark.loopback

ORIGINAL = "http://127.0.0.1:8085"
STARTED = "2026-11-24T02:38:05"
"""Stamps from here on were made by the exchanges themselves."""

FILES = ("search", "write", "webhook-setup", "more", "spec-and-edit")
"""In the order in which they were recorded."""

NOT_REPLAYED = {
    "person": "finds bugs of the original's sample database",
    "bugs": "lists bugs of the original's sample database",
    "total": "counts bugs of the original's sample database",
    "root": "links collections (snaps, archives ...) that the stand-in does not serve; test_root compares the rest",
}

OTHER_BODY = {
    "tasks-start-neg": "the original shows a traceback of its database; the stand-in fails with 500 as well",
    "404": "names the object in memory that was asked",
    "xhtml": "renders fields in the framework's own order of words",
}
"""Exchanges of which status and headers are compared, the body not."""

OTHER_VALUE = {"archive_link": "the stand-in serves no personal package archives"}
"""Fields that are not compared."""

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00")
ETAG = re.compile(r'^"[0-9a-f]{40}-[0-9a-f]{40}"$')
HEADERS = ("Content-Type", "Vary", "X-Lazr-Notifications", "Location", "Allow")


def recorded(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / "launchpad" / f"real-launchpad-{name}.json.gz", "rt", encoding="utf-8") as source:
        return json.load(source)


def named(exchanges: list[dict[str, Any]], name: str) -> Any:
    return json.loads(next(one["body"] for one in exchanges if one["name"] == name))


def last(link: str | None) -> str | None:
    return link and link.rsplit("/", 1)[-1].removeprefix("~")


def state(folder: Path) -> dict[str, Any]:
    """Make the state that the recorded server was in when recording began."""
    search, more = recorded(folder, "search"), recorded(folder, "more")
    tasks = named(search, "tasks-size-300")["entries"]
    seen = first_seen(folder)
    ui_or_api = {last(one["bug_link"]) for one in named(search, "tasks-tags-any")["entries"]}
    both = {last(one["bug_link"]) for one in named(search, "tasks-tags-json")["entries"]}
    not_ui = {last(one["bug_link"]) for one in named(more, "minustag")["entries"]}
    known = {"41": ["api", "docs", "low-hanging-fruit"], "50": ["api", "low-hanging-fruit", "ui"], "44": ["regression"]}

    def tags_of(number: str) -> list[str]:
        """What searches by tags told."""
        found = ["api", "ui"] if number in both else ["api"] if number in not_ui else ["ui"]
        return known.get(number) or (found if number in ui_or_api else [])

    milestones = [
        {"name": "1.0", "summary": "ms 1.0", "date_targeted": "2026-12-10"},
        {"name": "2.0-beta", "summary": "ms 2.0-beta"},
        {"name": "2.0", "summary": "ms 2.0"},
    ]
    levels = {"mark": "WRITE_PRIVATE", "name12": "WRITE_PRIVATE", "no-priv": "WRITE_PUBLIC"}
    return {
        "host": "launchpad.test",
        "switches": {"deliver_webhooks": False},
        "people": [
            {**person_of(named(more, "people-find")["entries"][0]), "admin": True},
            person_of(named(more, "person1")),
            {"name": "name16", "display_name": "Foo Bar"},
            {"name": "no-priv", "display_name": "No Privileges Person"},
        ],
        "tokens": [
            *(
                {"key": f"{name}:{level}", "secret": "s", "person": name, "level": level}
                for name, level in levels.items()
            ),
            {"key": "name12:READ_PUBLIC", "secret": "s", "person": "name12", "level": "READ_PUBLIC"},
        ],
        "projects": [
            {
                "name": "syncdemo",
                "display_name": "Sync Demo",
                "owner": "mark",
                "summary": "Seeded for connector tests",
                "licenses": ["MIT / X / Expat Licence"],
                "date_created": "2026-11-24T02:36:08.589842+00:00",
                "series": [
                    {
                        "name": "2.0",
                        "summary": "next series",
                        "date_created": "2026-11-24T02:36:08.870845+00:00",
                        "milestones": milestones,
                    }
                ],
                "specifications": [
                    {
                        "name": "spec-1",
                        "title": "Spec 1",
                        "summary": "Summary 1",
                        "specification_url": "http://example.com/spec1",
                        "date_created": "2026-11-24T02:37:19.660696+00:00",
                    }
                ],
            },
            {"name": "firefox", "display_name": "Mozilla Firefox", "owner": "name12"},
        ],
        "bugs": [bug_of(task, tags_of, seen) for task in tasks],
    }


def person_of(entry: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "display_name", "time_zone", "karma", "id", "date_created", "hide_email_addresses")
    return {**{key: entry[key] for key in kept}, "emails": [last(entry["preferred_email_address_link"])]}


def first_seen(folder: Path) -> dict[str, dict[str, Any]]:
    """Give the first representation of each bug; its dates are those of the state when they lie before the start."""
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        for exchange in recorded(folder, file):
            path = exchange["request"]["url"].removeprefix(f"{ORIGINAL}/devel/bugs/")
            if path.isdigit() and exchange["status"] in (200, 209) and exchange["body"].startswith("{"):
                found.setdefault(path, json.loads(exchange["body"]))
    return found


def bug_of(task: dict[str, Any], tags_of: Callable[[str], list[str]], seen: dict[str, Any]) -> dict[str, Any]:
    number = last(task["bug_link"])
    assert number is not None
    seed = int(number) - 16
    dates = {key: value for key, value in task.items() if key.startswith("date_")}
    known = {key: value for key, value in seen.get(number, {}).items() if isinstance(value, str) and value < STARTED}
    return {
        "id": int(number),
        "title": f"Seed bug {seed}",
        "description": f"Description of seed bug {seed}\nsecond line \u2013 \u00fcn\u00efcode",
        "owner": "mark",
        "date_created": task["date_created"],
        **{key: value for key, value in known.items() if key == "date_last_updated"},
        "tags": tags_of(number),
        "tasks": [
            {
                "target": "syncdemo",
                "status": task["status"],
                "importance": task["importance"],
                "assignee": last(task["assignee_link"]),
                "milestone": last(task["milestone_link"]),
                **dates,
            }
        ],
        "messages": [
            {
                "owner": "mark",
                "content": f"comment {index} on {seed}",
                "subject": f"Re: seed {seed}",
                "date_created": known.get("date_last_message", task["date_created"]),
            }
            for index in range(seed % 4)
        ],
        **({"activity": history_of_41(task)} if number == "41" else {}),
    }


def history_of_41(task: dict[str, Any]) -> list[dict[str, Any]]:
    moment = "2026-11-24T02:36:27.427103+00:00"
    return [
        {"datechanged": task["date_created"], "person": "mark", "whatchanged": "bug", "message": "added bug"},
        {
            "datechanged": moment,
            "person": "mark",
            "whatchanged": "syncdemo: importance",
            "oldvalue": "Undecided",
            "newvalue": "High",
        },
        {
            "datechanged": moment,
            "person": "mark",
            "whatchanged": "syncdemo: status",
            "oldvalue": "New",
            "newvalue": "Incomplete",
        },
    ]


class Replay:
    """Sends recorded requests to the stand-in, ETags, stamps and web links translated, and says what differs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ours: dict[str, str] = {}
        self.differences: list[str] = []
        self.compared = 0

    def run(self, exchange: dict[str, Any]) -> None:
        request = exchange["request"]
        headers = {key: self._translated(value) for key, value in request["headers"].items()}
        headers.update(authorization(exchange["name"], request["auth"]))
        body = request["body"] and self._translated(request["body"])
        answer = requests.request(
            request["method"],
            request["url"].replace(ORIGINAL, self.url),
            data=body.encode() if body else None,
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        self._compare(exchange, answer)

    def _translated(self, text: str) -> str:
        text = text.replace(ORIGINAL, self.url).replace(
            "http%3A%2F%2F127.0.0.1%3A8085", self.url.replace(":", "%3A").replace("/", "%2F")
        )
        for theirs, ours in self.ours.items():
            text = text.replace(theirs, ours).replace(json.dumps(theirs)[1:-1], json.dumps(ours)[1:-1])
        return text

    def _compare(self, exchange: dict[str, Any], answer: requests.Response) -> None:
        name = f"{exchange['name']} {exchange['request']['method']} {exchange['request']['url'].removeprefix(ORIGINAL)}"
        self.compared += 1
        if answer.status_code != exchange["status"]:
            self.differences.append(
                f"{name}: status {answer.status_code}, recorded {exchange['status']}: {answer.text[:200]}"
            )
            return
        for header in HEADERS:
            theirs = exchange["headers"].get(header)
            ours = answer.headers.get(header)
            if (ours and ours.replace(self.url, ORIGINAL)) != theirs:
                self.differences.append(f"{name}: header {header} is {ours}, recorded {theirs}")
        if ("Etag" in exchange["headers"]) != ("ETag" in answer.headers):
            self.differences.append(f"{name}: ETag is {answer.headers.get('ETag')}")
        elif answer.headers.get("ETag"):
            self.ours[exchange["headers"]["Etag"]] = answer.headers["ETag"]
        if OTHER_BODY.get(exchange["name"]):
            return
        ours = answer.content.decode().replace(self.url, ORIGINAL)
        try:
            pair = json.loads(exchange["body"]), json.loads(ours)
        except ValueError:
            pair = exchange["body"], ours
        self._values(name, *pair)

    def _values(self, where: str, theirs: Any, ours: Any) -> None:
        key = where.rsplit(".", 1)[-1]
        if key in OTHER_VALUE:
            return
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for name in {**theirs, **ours}:
                if name not in ours or name not in theirs:
                    self.differences.append(
                        f"{where}.{name}: {'missing' if name in theirs else 'not in the recording'}"
                    )
                else:
                    self._values(f"{where}.{name}", theirs[name], ours[name])
        elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
            for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
                self._values(f"{where}[{index}]", one, other)
        elif isinstance(theirs, str) and isinstance(ours, str) and (alike := own_value(key, theirs)):
            self.ours[theirs] = ours
            if not alike(ours):
                self.differences.append(f"{where}: {ours!r}, recorded {theirs!r}")
        elif theirs != ours:
            self.differences.append(f"{where}: {ours!r}, recorded {theirs!r}")


def own_value(key: str, theirs: str) -> Callable[[str], bool] | None:
    """Tell how a value that each server makes for itself is compared; None: it must be the same."""
    if key == "http_etag":
        return lambda ours: ETAG.match(ours) is not None
    if key == "web_link":
        return lambda ours: path_of(ours) == path_of(theirs)
    if STAMP.fullmatch(theirs) and theirs >= STARTED:
        return lambda ours: STAMP.fullmatch(ours) is not None and ours >= STARTED
    return None


def path_of(web_link: str) -> str:
    """Hosts of web links are the installation's."""
    return web_link.split("/", 3)[-1]


def authorization(name: str, auth: str | None) -> dict[str, str]:
    if auth is None:
        return {}
    key, secret = {"bad-signature": ("mark:WRITE_PRIVATE", "wrong"), "bad-token": ("nope", "s")}.get(name, (auth, "s"))
    if auth == "anon":
        key, secret = "", ""
    parts = {"oauth_consumer_key": "probe", "oauth_token": key, "oauth_signature": f"%26{secret}"}
    parts["oauth_signature_method"] = "PLAINTEXT"
    return {"Authorization": "OAuth " + ", ".join(f'{one}="{value}"' for one, value in parts.items())}


@pytest.fixture
def replay(api_evidence: Path) -> Iterator[Replay]:
    clock = Clock.starting_at(datetime(2026, 11, 24, 2, 38, 6, tzinfo=UTC))
    with running(LaunchpadService(state(api_evidence), clock=clock)) as url:
        yield Replay(url)


def test_every_recorded_exchange_is_answered_alike(replay: Replay, api_evidence: Path) -> None:
    for file in FILES:
        for exchange in recorded(api_evidence, file):
            if exchange["name"] not in NOT_REPLAYED:
                replay.run(exchange)
    assert replay.compared > 130
    assert replay.differences == []


def test_root_links_what_is_served_where_the_original_has_it(replay: Replay, api_evidence: Path) -> None:
    theirs = named(recorded(api_evidence, "more"), "root")
    ours = json.loads(requests.get(f"{replay.url}/devel/", timeout=30).text.replace(replay.url, ORIGINAL))
    assert {key: value for key, value in theirs.items() if key in ours} == ours
    assert {"bugs_collection_link", "projects_collection_link", "specifications_collection_link"} <= set(ours)


def test_signatures_of_the_recorded_deliveries_are_ours(api_evidence: Path) -> None:
    lines = (api_evidence / "launchpad" / "real-launchpad-webhooks.jsonl").read_text(encoding="utf-8").splitlines()
    store = LaunchpadService({"projects": [{"name": "p", "owner": "o"}], "people": [{"name": "o"}]}).store
    for line in lines:
        recorded_one = json.loads(line)
        hook = Webhook(
            store, delivery_url="http://127.0.0.1:1/hook", secret="s3cr3t", target=store.projects[0], number=1
        )
        theirs = recorded_one["headers"]
        delivery = WebhookDelivery(
            store,
            webhook=hook,
            number=int(theirs["X-Launchpad-Delivery"]),
            event_type=theirs["X-Launchpad-Event-Type"],
            payload=json.loads(recorded_one["body"]),
        )
        _address, body, headers = delivery.request()
        assert body.decode() == recorded_one["body"]
        names = ("Content-Type", "X-Launchpad-Event-Type", "X-Launchpad-Delivery", "X-Hub-Signature")
        assert {name: headers[name] for name in names} == {name: theirs[name] for name in names}
    assert len(lines) == 14


PRODUCTION = "https://api.launchpad.net"
NOT_IN_PRODUCTION = {"date_deferred": "came with the status Deferred, after these documents were read"}
OTHER_IN_PRODUCTION = {
    "http_etag": "each server's own",
    "archive_link": "no personal package archives",
    "preferred_email_address_link": "redacted for who may not see it",
    "bug_watch_link": "the trackers are not in these documents",
}
"""Fields of production's documents that are not compared."""


def production(folder: Path, name: str) -> Any:
    return json.loads((folder / "launchpad" / "api.launchpad.net-json" / name).read_text(encoding="utf-8"))


def exported(folder: Path) -> dict[str, Any]:
    """Make a state of documents that production gave to version 1.0: a person, two teams, two bugs, thirty tasks."""
    person, bug = production(folder, "person.json"), production(folder, "bug2.json")
    teams = [production(folder, name) for name in ("team.json", "team2.json")]
    first, tasks = production(folder, "bug.json"), production(folder, "bug_tasks.json")["entries"]
    named = {last(one[key]) for one in tasks for key in ("owner_link", "assignee_link")}
    named |= {last(one["team_owner_link"]) for one in teams} | {last(one["owner_link"]) for one in (first, bug)}
    kept = ("name", "display_name", "description", "date_created", "time_zone", "karma", "hide_email_addresses")
    about = ("id", "title", "description", "date_created", "date_last_updated", "tags", "heat", "name")
    dates = (
        "status",
        "importance",
        "date_created",
        "date_assigned",
        "date_closed",
        "date_confirmed",
        "date_incomplete",
    )
    dates += ("date_in_progress", "date_left_new", "date_triaged", "date_fix_committed", "date_fix_released")
    dates += ("date_left_closed",)
    return {
        "host": "launchpad.net",
        "switches": {"redact_person_ids": True},
        "people": [
            {**{key: person[key] for key in kept}, "is_ubuntu_coc_signer": person["is_ubuntu_coc_signer"]},
            *({"name": one} for one in sorted(named - {None, "jelmer"}, key=str)),
        ],
        "teams": [
            {
                **{key: one[key] for key in (*kept, "membership_policy")},
                "owner": last(one["team_owner_link"]),
            }
            for one in teams
        ],
        "projects": [
            {"name": last(one["target_link"]), "display_name": one["bug_target_display_name"], "owner": "jelmer"}
            for one in tasks
        ],
        "bugs": [
            {
                **{key: first[key] for key in about},
                "owner": last(first["owner_link"]),
                "tasks": [
                    {
                        **{key: one[key] for key in dates},
                        "target": last(one["target_link"]),
                        "owner": last(one["owner_link"]),
                        "assignee": last(one["assignee_link"]),
                    }
                    for one in tasks
                ],
            },
            {**{key: bug[key] for key in about}, "owner": last(bug["owner_link"]), "tasks": [{"target": "linux"}]},
        ],
    }


def test_documents_of_production_are_served_as_production_gives_them(api_evidence: Path) -> None:
    with running(LaunchpadService(exported(api_evidence))) as url:

        def ours(path: str) -> Any:
            text = requests.get(f"{url}/1.0{path}", params={"ws.size": "300"}, timeout=30).text
            return json.loads(text.replace(url, PRODUCTION))

        pairs = [
            (production(api_evidence, "person.json"), ours("/~jelmer")),
            (production(api_evidence, "team.json"), ours("/~awsome-core")),
            (production(api_evidence, "team2.json"), ours("/~ubuntu-wiki-editors")),
            (production(api_evidence, "bug2.json"), ours("/bugs/2039729")),
        ]
        served = {one["target_link"]: one for one in ours("/bugs/1/bug_tasks")["entries"]}
    tasks = production(api_evidence, "bug_tasks.json")["entries"]
    pairs += [(one, served[one["target_link"]]) for one in tasks]
    differing = [
        (theirs["self_link"], key, theirs.get(key, "missing"), mine.get(key, "missing"))
        for theirs, mine in pairs
        for key in {**theirs, **mine}
        if key not in OTHER_IN_PRODUCTION
        and not (key in NOT_IN_PRODUCTION and key not in theirs)
        and theirs.get(key, "missing") != mine.get(key, "missing")
    ]
    assert (len(pairs), differing) == (34, [])
