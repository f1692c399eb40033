"""The library's client on our transport, the settings, and the spec."""

import logging

import pytest
from pydantic import ValidationError

from connectors.core.errors import FatalError
from connectors.core.port import Write, WriteKind
from connectors.core.registry import load_connectors
from connectors.jira import SPEC
from connectors.jira.settings import JiraSettings

TABLE = {
    "url": "https://partner.example/",
    "deployment": "cloud",
    "email": "a@partner.example",
    "token": {"env": "X"},
}


def test_making_a_connector_sends_nothing(site):
    site.connector()
    assert site.log == []


def test_the_registry_finds_it():
    assert load_connectors(()).specs["jira"] is SPEC


def test_each_kind_of_site_gets_its_login(site):
    connector = site.connector()
    seen = []
    connector.reader._client._session.hooks["response"].append(
        lambda r, **_: seen.append(r.request.headers["Authorization"])
    )
    connector.catalog([])
    assert seen[0].startswith("Basic " if site.cloud else "Bearer ")


def test_the_library_repeats_nothing_and_asks_nothing_by_itself(site):
    number = site.add()
    site.script.append(("PUT", number, (503, {}, {})))
    write = Write(
        id="W",
        connection="jira",
        kind=WriteKind.SET_FIELDS,
        stream="issues",
        target=number,
        partition="NIM",
        values={"summary": "x"},
        before={},
        reason="r",
    )
    connector = site.connector()
    assert connector.reader._client._session.max_retries == 0
    connector.writer.send([write])
    assert site.paths() == [f"PUT issue/{number}"]


def test_an_error_and_its_traceback_hold_neither_token_nor_login(site, caplog):
    caplog.set_level(logging.DEBUG)
    site.denied = True
    log = logging.getLogger("test")
    try:
        site.connector().catalog([])
    except FatalError:
        log.exception("failed")
    assert "failed" in caplog.text
    for secret in ("canary-token", "Basic c3luY2xpbmVAcGFydG5lci5leGFtcGxlOmNhbmFyeS10b2tlbi04ZjNh"):
        assert secret not in caplog.text


def test_a_captcha_is_fatal_and_sends_a_person_to_the_browser(site):
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x.example"}
    site.script.append(("GET", "field", (403, headers, {})))
    with pytest.raises(FatalError, match="log-in in a browser"):
        site.connector().catalog([])


def test_a_removed_address_is_fatal(site):
    site.script.append(("GET", "field", (410, {}, {"errorMessages": ["removed"]})))
    with pytest.raises(FatalError, match="check deployment"):
        site.connector().catalog([])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "partner.example"}, "expected an address"),
        ({"url": "https://user:secret@partner.example"}, "without user, password"),
        ({"email": None}, "email is required"),
        ({"deployment": "server"}, "cloud"),
        ({"overlap_minutes": 0}, "greater than or equal to 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_settings_are_refused_with_what_is_expected(change, message):
    with pytest.raises(ValidationError, match=message):
        JiraSettings.model_validate({**TABLE, **change})


def test_addresses_lose_their_last_slash():
    assert JiraSettings.model_validate(TABLE).url == "https://partner.example"
    gateway = {**TABLE, "url": "https://api.example/ex/jira/1", "site_url": "https://partner.example"}
    assert JiraSettings.model_validate(gateway).people_url == "https://partner.example"
