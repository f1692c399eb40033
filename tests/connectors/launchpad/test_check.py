"""The check says what is not as it must be, and how to mend it."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.launchpad.catalog import fixed_catalog
from connectors.launchpad.check import _NEEDED

SECRETS = ("canary-token-8f3a", "canary/secret&77")
ROOT = "https://api.launchpad.example/devel/"
CHOICES = "".join(
    f'<wadl:option value="{o}" />' for o in fixed_catalog().find("bug_tasks", "status")[0].options
).replace("'", "&apos;")


def _description(needed: dict, choices: str = CHOICES) -> str:
    kinds = ""
    for kind, fields in needed.items():
        lines = "".join(
            f'<wadl:param style="plain" name="{f}" path="$[\'{f}\']">{choices if f == "status" else ""}</wadl:param>'
            for f in fields
        )
        kinds += f'<wadl:representation mediaType="application/json" id="{kind}-full">{lines}</wadl:representation>'
    return f"""<?xml version="1.0"?>
<wadl:application xmlns:wadl="http://research.sun.com/wadl/2006/10">
<wadl:resources base="{ROOT}"><wadl:resource path="" type="#service-root" /></wadl:resources>
<wadl:resource_type id="service-root"><wadl:method name="GET" id="service-root-get"><wadl:response>
<wadl:representation href="#service-root-json" /></wadl:response></wadl:method></wadl:resource_type>
<wadl:representation mediaType="application/json" id="service-root-json" />{kinds}</wadl:application>"""


def _check(launchpad, text: str | None = None, **settings) -> dict[str, tuple]:
    text = _description(_NEEDED) if text is None else text
    plain = launchpad._route

    def route(request, path, query, body):
        if path == "" and "wadl" in request.headers["Accept"]:
            return 200, {"Content-Type": "application/vnd.sun.wadl+xml"}, text
        return plain(request, path, query, body)

    launchpad._route = route
    results = list(launchpad.connector(**settings).check(["nimbus"]))
    return {r.name: (r.ok, f"{r.found} {r.mend}") for r in results}


def test_a_connection_as_it_must_be_passes(launchpad) -> None:
    found = _check(launchpad)
    assert {name: ok for name, (ok, _) in found.items()} == dict.fromkeys(
        ("reachability", "identity", "clock", "fields", "project", "write permission", "rate budget"), True
    )
    assert "~bot" in found["identity"][1]


def test_what_cannot_be_told_is_not_said_to_be_well(launchpad) -> None:
    assert _check(launchpad, owned=["work.label"])["write permission"][0] is None


def test_a_wrong_address_is_named(launchpad) -> None:
    launchpad.script.append(("GET", "", (404, {}, "no such thing")))
    found = _check(launchpad)
    assert list(found) == ["reachability"]
    assert "service root" in found["reachability"][1]


def test_another_service_is_no_launchpad(launchpad) -> None:
    launchpad.script.append(("GET", "", (200, {}, '{"hello": "world"}')))
    assert _check(launchpad)["reachability"][0] is False


def test_a_refused_login_ends_the_check(launchpad) -> None:
    launchpad.script.append(("GET", r"people/\+me", (401, {}, "You need to be logged in to view this URL.")))
    found = _check(launchpad)
    assert (list(found)[-1], found["identity"][0]) == ("identity", False)


def test_a_credential_that_is_none_is_named(launchpad) -> None:
    found = _check(launchpad, credentials="canary")
    assert found["reachability"][0] is False
    assert "token:secret" in found["reachability"][1]


def test_a_clock_that_is_off_is_named(launchpad) -> None:
    connector = launchpad.connector()
    connector._client._clock.skew = timedelta(minutes=-9)
    clock = next(r for r in connector.check([]) if r.name == "clock")
    assert (clock.ok, "540 s ahead" in clock.found) == (False, True)


def test_a_hidden_project_is_named(launchpad) -> None:
    launchpad.projects["nimbus"] = None
    ok, text = _check(launchpad)["project"]
    assert ok is False
    assert "nimbus" in text


def test_an_old_launchpad_is_named(launchpad) -> None:
    needed = {**_NEEDED, "specification": ("http_etag",)}
    ok, text = _check(launchpad, _description(needed))["fields"]
    assert ok is False
    assert "specification.whiteboard" in text


def test_statuses_of_a_later_launchpad_are_named(launchpad) -> None:
    text = _description(_NEEDED, CHOICES + '<wadl:option value="Abandoned" />')
    ok, found = _check(launchpad, text)["fields"]
    assert ok is None
    assert "Abandoned" in found


@pytest.mark.parametrize("kind", ["bug_tasks", "blueprints"])
def test_the_catalogs_choices_are_the_descriptions(api_evidence: Path, kind: str) -> None:
    """Against what production itself says of its entries."""
    from wadllib.application import Application

    with gzip.open(api_evidence / "launchpad/api.launchpad.net-devel-2025-12.wadl.gz") as file:
        application = Application("https://api.launchpad.net/devel/", file.read())
    root = application.get_resource_by_path("")
    name = {"bug_tasks": "bug_task", "blueprints": "specification"}[kind]
    said = {p.name: p for p in application.representation_definitions[f"{name}-full"].params(root)}
    for info in fixed_catalog().fields:
        if info.stream != kind or "." in info.id or info.id in ("label", "text"):
            continue
        options = [o.value for o in said[info.id].options]
        assert set(info.options) == set(options) - ({"Unknown"} if info.id == "status" else set()), info.id


def test_the_real_description_has_what_is_needed(launchpad, api_evidence: Path) -> None:
    with gzip.open(api_evidence / "launchpad/launchpad-devel-2025-07-31.wadl.gz", "rt") as file:
        text = file.read()
    base = text.partition('base="')[2].partition('"')[0]
    assert _check(launchpad, text.replace(base, ROOT))["fields"] == (
        True,
        "bugs, bug tasks, blueprints and milestones have what is needed ",
    )
