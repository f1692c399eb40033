"""The rates of the Salesforce stand-in: queries, collections, bulk jobs, single records; all over https."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from benchmarks.stand_ins.rates import Rate, StandIn
from sandbox.salesforce.ids import salesforce_id

RECORDS, SINGLE, WRITTEN = 6000, 1000, 2000
PAGE, BATCH = 2000, 200
TIMEOUT_SECONDS = 60
TOKEN, USER = "token-of-the-rates", "bot@rates.example"
DATA = "/services/data/v66.0"
FIELDS = (
    "Id, Name, Risk_Key__c, Severity__c, Lifecycle__c, Description__c, Raised_On__c, Engagement__r.Key__c, "
    "Owner.Name, SystemModstamp, IsDeleted"
)
ORDERED = f"SELECT {FIELDS} FROM Syncline_Risk__c ORDER BY SystemModstamp, Id"  # noqa: S608 - a query of its own


def document() -> dict[str, Any]:
    return {
        "org": {"tokens": [{"token": TOKEN, "username": USER, "idle_seconds": 1e9}]},
        "daily_limit": 10_000_000,
        "records": {
            "User": [{"Id": salesforce_id("User", 1), "Username": USER, "LastName": "Bot", "Email": USER}],
            "Engagement__c": [
                {"Id": salesforce_id("Engagement__c", n), "Name": f"Engagement {n}", "Key__c": f"E-{n}"}
                for n in range(1, 51)
            ],
            "Syncline_Risk__c": [
                {
                    "Id": salesforce_id("Syncline_Risk__c", n),
                    "Name": f"Risk {n}",
                    "Risk_Key__c": f"R-{n}",
                    "Severity__c": ["low", "medium", "high"][n % 3],
                    "Lifecycle__c": "Open",
                    "Description__c": "It may slip. " * 20,
                    "Raised_On__c": "2026-11-02",
                    "Engagement__c": salesforce_id("Engagement__c", n % 50 + 1),
                    "SystemModstamp": f"2026-11-{n % 20 + 1:02d}T10:00:{n % 60:02d}Z",
                }
                for n in range(1, RECORDS + 1)
            ],
        },
    }


def words(folder: Path) -> Sequence[str]:
    return ("--ca-file", str(folder / "ca.pem"))


def login(session: requests.Session, _url: str, folder: Path) -> None:
    session.verify = str(folder / "ca.pem")
    session.headers["Authorization"] = f"Bearer {TOKEN}"


def _pages(session: requests.Session, url: str, path: str, **arguments: str) -> Iterator[dict[str, Any]]:
    answer = session.get(url + path, params=arguments, timeout=TIMEOUT_SECONDS).json()
    yield answer
    while not answer["done"]:
        answer = session.get(url + answer["nextRecordsUrl"], timeout=TIMEOUT_SECONDS).json()
        yield answer


def queried(session: requests.Session, url: str) -> int:
    pages = _pages(session, url, f"{DATA}/queryAll", q=ORDERED)
    return len({row["Id"] for page in pages for row in page["records"]})


def children(session: requests.Session, url: str) -> int:
    soql = "SELECT Key__c, (SELECT Id, Name, Severity__c, SystemModstamp FROM Syncline_Risks__r) FROM Engagement__c"
    pages = _pages(session, url, f"{DATA}/query", q=soql)
    rows = [row["Syncline_Risks__r"]["records"] for page in pages for row in page["records"]]
    return len({risk["Id"] for risks in rows for risk in risks})


def in_bulk(session: requests.Session, url: str) -> int:
    jobs = f"{url}{DATA}/jobs/query"
    made = session.post(jobs, json={"operation": "queryAll", "query": ORDERED}, timeout=TIMEOUT_SECONDS).json()
    while session.get(f"{jobs}/{made['id']}", timeout=TIMEOUT_SECONDS).json()["state"] != "JobComplete":
        pass
    answer = session.get(f"{jobs}/{made['id']}/results", timeout=TIMEOUT_SECONDS)
    return len({row["Id"] for row in csv.DictReader(io.StringIO(answer.text))})


def upserted(session: requests.Session, url: str) -> int:
    kind, done = {"attributes": {"type": "Syncline_Risk__c"}}, 0
    for first in range(1, WRITTEN + 1, BATCH):
        records = [{**kind, "Risk_Key__c": f"R-{n}", "Name": "again"} for n in range(first, first + BATCH)]
        at = f"{url}{DATA}/composite/sobjects/Syncline_Risk__c/Risk_Key__c"
        answer = session.patch(at, json={"records": records}, timeout=TIMEOUT_SECONDS).json()
        done += sum(each["success"] and not each["created"] for each in answer)
    return done


def single(session: requests.Session, url: str) -> int:
    at = f"{url}{DATA}/sobjects/Syncline_Risk__c"
    ids = [salesforce_id("Syncline_Risk__c", n) for n in range(1, SINGLE + 1)]
    return len({session.get(f"{at}/{one}", timeout=TIMEOUT_SECONDS).json()["Id"] for one in ids})


STAND_IN = StandIn(
    name="salesforce",
    module="sandbox.salesforce",
    document=document,
    words=words,
    login=login,
    rates=(
        Rate(name=f"records, queried in pages of {PAGE}", count=RECORDS, at_least=3000, read=queried),
        Rate(name="records, below their parents", count=RECORDS, at_least=3000, read=children),
        Rate(name="records by a bulk job", count=RECORDS, at_least=3000, read=in_bulk),
        Rate(name=f"records upserted, {BATCH} at a time", count=WRITTEN, at_least=1000, read=upserted),
        Rate(name="single records", count=SINGLE, at_least=250, read=single),
    ),
)
