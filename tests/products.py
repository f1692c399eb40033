"""An org's own objects, and what it sells, as descriptions that the Salesforce stand-in serves: ``org.describes``.

The fields of ``OpportunityLineItem``, ``Product2`` and ``PricebookEntry`` are those of Salesforce's object reference
that a SoW needs.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def described(name: str, prefix: str, *fields: Row, label: str = "") -> Row:
    """The description of an object with the system fields and these."""
    system = [
        field("Id", "id", createable=False, updateable=False),
        field("IsDeleted", "boolean", createable=False, updateable=False),
        field("Name", "string", length=80, nameField=True, nillable=True),
        *(field(n, "datetime", createable=False, updateable=False) for n in ("CreatedDate", "SystemModstamp")),
        field("LastModifiedDate", "datetime", createable=False, updateable=False),
    ]
    more = {"queryable": True, "createable": True, "updateable": True, "deletable": True, "childRelationships": []}
    return {"name": name, "label": label or name, "keyPrefix": prefix, **more, "fields": [*system, *fields]}


def field(name: str, kind: str, *to: str, **more: Any) -> Row:
    """One field; ``to``: the object that a reference leads to, and the name of the relationship."""
    row = {"name": name, "label": more.pop("label", name), "type": kind, "createable": True, "updateable": True}
    if to:
        row |= {"referenceTo": [to[0]], "relationshipName": to[1]}
    return {**row, "custom": name.endswith("__c"), **more}


def sold() -> list[Row]:
    """Opportunities that name their engagement by a lookup, with their products and price book entries."""
    return [
        described(
            "Opportunity",
            "006",
            field("StageName", "string", length=255),
            field("CloseDate", "date"),
            field("IsWon", "boolean"),
            field("Engagement__c", "reference", "Engagement__c", "Engagement__r"),
        ),
        described("Product2", "01t", field("ProductCode", "string", length=255)),
        described(
            "PricebookEntry",
            "01u",
            field("Product2Id", "reference", "Product2", "Product2"),
            field("UnitPrice", "currency"),
        ),
        described(
            "OpportunityLineItem",
            "00k",
            field("OpportunityId", "reference", "Opportunity", "Opportunity"),
            field("PricebookEntryId", "reference", "PricebookEntry", "PricebookEntry"),
            field("Product2Id", "reference", "Product2", "Product2"),
            field("ProductCode", "string", length=255),
            field("Quantity", "double", precision=12, scale=2),
            field("UnitPrice", "currency", precision=18, scale=2),
            field("TotalPrice", "currency", precision=18, scale=2),
            field("ServiceDate", "date"),
            field("Description", "string", length=255),
            field("CurrencyIsoCode", "string", length=3),
        ),
    ]


STAMP = {"CreatedDate": "2026-01-05T09:00:00Z", "SystemModstamp": "2026-11-20T17:30:00Z"}


def sale(engagement: str, *products: tuple[str, str, float, float]) -> dict[str, list[Row]]:
    """A won opportunity of an engagement's record, a lost one, and its products: (code, name, quantity, price)."""
    won = {
        "Id": "006000000000001AAA",
        "Name": "Backup service",
        "CloseDate": "2026-02-01",
        "IsWon": True,
        "StageName": "Closed Won",
    }
    lost = {
        "Id": "006000000000002AAA",
        "Name": "Archive",
        "CloseDate": "2026-03-01",
        "IsWon": False,
        "StageName": "Closed Lost",
    }
    rows: dict[str, list[Row]] = {
        "Opportunity": [{**one, "Engagement__c": engagement, **STAMP} for one in (won, lost)],
        "Product2": [],
        "PricebookEntry": [],
        "OpportunityLineItem": [],
    }
    for n, (code, name, quantity, price) in enumerate(products, 1):
        product, entry = f"01t00000000000{n}AAA", f"01u00000000000{n}AAA"
        rows["Product2"].append({"Id": product, "Name": name, "ProductCode": code, **STAMP})
        rows["PricebookEntry"].append({"Id": entry, "Name": name, "Product2Id": product, "UnitPrice": price, **STAMP})
        item = {"Id": f"00k00000000000{n}AAA", "Name": f"Backup service {name}", "OpportunityId": won["Id"], **STAMP}
        item |= {"Product2Id": product, "PricebookEntryId": entry, "ProductCode": code, "Quantity": quantity}
        item |= {"UnitPrice": price, "TotalPrice": quantity * price, "CurrencyIsoCode": "EUR"}
        rows["OpportunityLineItem"].append({**item, "ServiceDate": "2026-12-01", "Description": f"Sells {name}"})
    return rows
