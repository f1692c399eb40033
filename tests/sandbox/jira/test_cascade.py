"""Cascading selects: an option and one under it, written, shown, found, and administered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.loopback

FIELD = "customfield_10060"
PLACES = [
    {"id": "21", "value": "Europe"},
    {"id": "22", "value": "Asia"},
    {"id": "23", "value": "Berlin", "optionId": "21"},
    {"id": "24", "value": "Oslo", "optionId": "21"},
    {"id": "25", "value": "Tokyo", "optionId": "22"},
]


@pytest.fixture
def api(request: pytest.FixtureRequest, connect: Callable[..., Any]) -> Any:
    found = connect(getattr(request, "param", "cloud"), user="bot")
    document = found.service.dump_state()
    document["fields"].append({"id": FIELD, "name": "Place", "type": "cascadingselect", "options": PLACES})
    document["projects"][1]["administer"] = document["projects"][0]["administer"]
    found.service.load_state(document)
    return found


def put(api: Any, key: str, value: Any) -> Any:
    return api("PUT", f"/issue/{key}", {"fields": {FIELD: value}})


def shown(api: Any, key: str) -> Any:
    value = api.get(f"/issue/{key}", fields=FIELD)["fields"][FIELD]
    return value and (value["value"], value["id"], value.get("child", {}).get("value"))


@pytest.mark.parametrize("api", ["cloud", "data-center"], indirect=True)
def test_what_is_written_is_shown_and_found(api: Any) -> None:
    assert put(api, "NIM-1", {"value": "Europe", "child": {"value": "Oslo"}}).status_code == 204
    assert put(api, "NIM-2", {"id": "21"}).status_code == 204
    assert put(api, "NIM-3", {"id": "22", "child": {"id": "25"}}).status_code == 204
    assert [shown(api, key) for key in ("NIM-1", "NIM-2", "NIM-3")] == [
        ("Europe", "21", "Oslo"),
        ("Europe", "21", None),
        ("Asia", "22", "Tokyo"),
    ]
    for jql, keys in (
        ("Place = Europe", ["NIM-1", "NIM-2"]),
        ("Place = Oslo", ["NIM-1"]),
        ("Place in cascadeOption(Europe)", ["NIM-1", "NIM-2"]),
        ("Place in cascadeOption(Europe, Oslo)", ["NIM-1"]),
        ("Place in cascadeOption(21, none)", ["NIM-2"]),
        ("Place in cascadeOption(Asia, Oslo)", []),
        ("Place not in cascadeOption(Europe)", ["NIM-3"]),
        ("Place is EMPTY", ["SEC-1"]),
    ):
        assert sorted(api.keys(jql)) == keys, jql
    told = api.get("/issue/NIM-1", expand="changelog")["changelog"]["histories"]
    assert told[-1]["items"][0]["toString"] == "Parent values: Europe(21)Level 1 values: Oslo(24)"
    api.service.load_state(json.loads(json.dumps(api.service.dump_state())))
    assert shown(api, "NIM-1") == ("Europe", "21", "Oslo")
    assert put(api, "NIM-1", None).status_code == 204
    assert shown(api, "NIM-1") is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"value": "Oslo"}, "Option value 'Oslo' is not valid"),
        ({"value": "Asia", "child": {"value": "Oslo"}}, "Option value 'Oslo' is not valid"),
        ({"id": "21", "child": {"id": "25"}}, "Option id '25' is not valid"),
        ("Europe", "Specify a valid 'id' or 'name' for Place"),
        ({"id": "21", "child": 7}, "Specify a valid 'id' or 'name' for Place"),
    ],
)
def test_a_child_must_be_of_its_parent(api: Any, value: Any, message: str) -> None:
    answer = put(api, "NIM-1", value)
    assert (answer.status_code, answer.json()["errors"][FIELD]) == (400, message)


def test_the_screen_and_the_field_tell_of_both_levels(api: Any) -> None:
    row = api.get("/issue/NIM-1/editmeta")["fields"][FIELD]
    assert row["schema"]["type"] == "option-with-child"
    assert [(one["value"], [under["value"] for under in one["children"]]) for one in row["allowedValues"]] == [
        ("Europe", ["Berlin", "Oslo"]),
        ("Asia", ["Tokyo"]),
    ]
    names = {one["id"]: one["clauseNames"] for one in api.get("/field")}
    assert names[FIELD] == ["cf[10060]", "Place", "Place[Select List (cascading)]"]


def test_options_are_made_under_options_and_removed_from_below(api: Any) -> None:
    path = f"/field/{FIELD}/context/20060/option"
    made = api("POST", path, {"options": [{"value": "Osaka", "optionId": "22"}, {"value": "Oslo"}]})
    assert made.status_code == 200, made.text
    assert [(one["value"], one.get("optionId")) for one in made.json()["options"]] == [("Osaka", "22"), ("Oslo", None)]
    assert api("POST", path, {"options": [{"value": "Deeper", "optionId": "23"}]}).status_code == 400
    assert api("POST", path, {"options": [{"value": "Lost", "optionId": "99"}]}).status_code == 404
    assert api("POST", path, {"options": [{"value": "tokyo", "optionId": "22"}]}).status_code == 400
    assert api("DELETE", f"{path}/22").status_code == 400
    for option in ("25", made.json()["options"][0]["id"], "22"):
        assert api("DELETE", f"{path}/{option}").status_code == 204
    assert put(api, "NIM-1", {"value": "Asia"}).status_code == 400
