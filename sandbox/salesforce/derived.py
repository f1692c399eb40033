"""Field values that the platform makes itself: persons' names, addresses, what a stage implies, defaults."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.schema import SObject

Record = dict[str, Any]

_PERSONS = ("Contact", "Lead", "User")
_CLOSED_STAGES = {"Closed Won": (100.0, True, "Closed"), "Closed Lost": (0.0, False, "Omitted")}
_OPEN_STAGES = {
    "Prospecting": 10.0,
    "Qualification": 10.0,
    "Needs Analysis": 20.0,
    "Value Proposition": 50.0,
    "Id. Decision Makers": 60.0,
    "Perception Analysis": 70.0,
    "Proposal/Price Quote": 75.0,
    "Negotiation/Review": 90.0,
}
"""Probabilities of the stages of a new org, percent."""


def defaults(sobject: SObject, record_id: str, currency: str) -> Record:
    """Return what a new record has where its creator said nothing."""
    found: Record = {}
    for field in sobject.fields:
        if field.type == "boolean":
            found[field.name] = bool(field.info["defaultValue"])
        elif field.type == "picklist" and (chosen := _default_choice(field.info["picklistValues"])):
            found[field.name] = chosen
    if sobject.top["custom"]:
        found["Name"] = record_id[:15]
    if "currencyisocode" in sobject.by_name:
        found["CurrencyIsoCode"] = currency
    if sobject.name == "Case":
        found["CaseNumber"] = f"{sum(62**i * _digit(c) for i, c in enumerate(reversed(record_id[6:15]))):08d}"
        found.setdefault("Status", "New")
    if sobject.name == "User":
        found["IsActive"] = True
        found["ProfileId"] = salesforce_id("Profile", 1)
    if sobject.name == "Lead":
        found.setdefault("Status", "Open - Not Contacted")
    if sobject.name == "Event":
        found.setdefault("ShowAs", "Busy")
    return found


def complete(sobject: SObject, record: Record) -> Record:
    """Return the record with its derived fields brought in line with the others."""
    made = dict(record)
    if sobject.name in _PERSONS:
        made["Name"] = " ".join(part for part in (record.get("FirstName"), record.get("LastName")) if part)
    if sobject.name == "Opportunity":
        _opportunity(made)
    if sobject.name == "Case":
        made["IsClosed"] = record.get("Status") == "Closed"
    for field in sobject.fields:
        if field.type == "address":
            made[field.name] = _address(made, field.name.removesuffix("Address"))
    return made


def _opportunity(made: Record) -> None:
    stage = made.get("StageName") or ""
    probability, won, forecast = _CLOSED_STAGES.get(stage, (_OPEN_STAGES.get(stage, 0.0), False, "Pipeline"))
    made["IsClosed"], made["IsWon"] = stage in _CLOSED_STAGES, won
    if made.get("Probability") is None or made["IsClosed"]:
        made["Probability"] = probability
    made["ForecastCategory"] = made["ForecastCategoryName"] = forecast
    amount = made.get("Amount")
    made["ExpectedRevenue"] = None if amount is None else round(amount * made["Probability"] / 100, 2)
    if close := made.get("CloseDate"):
        year, quarter = int(close[:4]), (int(close[5:7]) + 2) // 3
        made["FiscalYear"], made["FiscalQuarter"], made["Fiscal"] = year, quarter, f"{year} {quarter}"


def _address(made: Record, prefix: str) -> Record | None:
    parts = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
    found = {part[0].lower() + part[1:]: made.get(prefix + part) for part in parts}
    return found if any(value is not None for value in found.values()) else None


def _default_choice(choices: list[dict[str, Any]]) -> str | None:
    return next((str(choice["value"]) for choice in choices if choice["defaultValue"] and choice["active"]), None)


def _digit(char: str) -> int:
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(char)
