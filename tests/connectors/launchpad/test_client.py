"""How Launchpad is asked: which requests leave, with what, and what becomes of a refusal."""

import tempfile
import traceback
import webbrowser
from datetime import timedelta

import pytest
import requests

from connectors.core.errors import FatalError, NotFoundError, RetriableError
from connectors.core.port import Partition, Wanted, Write, WriteKind
from connectors.launchpad.credentials import read_credentials

TOKEN = "canary-token-8f3a"
SECRET = "canary/secret&77"
INI = f"[1]\nconsumer_key = workstation\nconsumer_secret =\naccess_token = {TOKEN}\naccess_secret = {SECRET}\n"


def _pull(connector):
    wanted = [Wanted(partition=Partition(stream="bug_tasks", key="nimbus"), cursor=None, fields=())]
    return list(connector.reader.pull(wanted, connector.catalog([])))


def test_connecting_and_the_catalog_ask_for_nothing(launchpad) -> None:
    connector = launchpad.connector()
    assert connector.catalog(["nimbus"]).find("bug_tasks", "Status")[0].options
    assert launchpad.log == []


def test_requests_are_signed_with_the_credential(launchpad) -> None:
    _pull(launchpad.connector())
    sent = launchpad.headers[0]["Authorization"]
    assert 'oauth_signature_method="PLAINTEXT"' in sent
    assert f'oauth_token="{TOKEN}"' in sent
    assert 'oauth_consumer_key="syncline"' in sent


def test_a_credential_file_brings_its_own_consumer_key(launchpad) -> None:
    _pull(launchpad.connector(credentials=INI))
    assert 'oauth_consumer_key="workstation"' in launchpad.headers[0]["Authorization"]


@pytest.mark.parametrize("text", ["", "canary", "canary:", f"[2]\n{TOKEN}={SECRET}", f"[1]\n{SECRET}", "a b:canary"])
def test_what_is_no_credential_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(FatalError) as caught:
        read_credentials(text, consumer_key="syncline", connection="lp")
    shown = "".join(traceback.format_exception(caught.value))
    assert "token:secret" in shown
    assert "canary" not in shown.replace("canary:", "")


@pytest.mark.parametrize(
    "words", [f"Expired token ({TOKEN}).", "Invalid token.", f"Unknown access token ({TOKEN}).", "Invalid signature."]
)
def test_a_refused_token_is_an_error_at_once(launchpad, monkeypatch, words: str) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda *_: pytest.fail("a browser was opened"))
    launchpad.denied = words
    with pytest.raises(FatalError) as caught:
        _pull(launchpad.connector())
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert len(launchpad.log) == 1


def test_nothing_is_kept_on_disk(launchpad, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *_a, **_k: pytest.fail("a folder was made"))
    launchpad.add()
    assert _pull(launchpad.connector())


def test_certificates_are_verified_whatever_the_library_is_told(launchpad, monkeypatch) -> None:
    monkeypatch.setenv("LP_DISABLE_SSL_CERTIFICATE_VALIDATION", "1")
    seen = []
    send = requests.adapters.HTTPAdapter.send

    def look(self, request, **more):
        seen.append(more["verify"])
        return send(self, request, **more)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", look)
    _pull(launchpad.connector())
    assert seen == [True]


def test_an_edit_whose_answer_is_lost_is_sent_once(launchpad) -> None:
    number = launchpad.add()
    launchpad.lose_next = True
    write = Write(
        id="W1",
        connection="lp",
        kind=WriteKind.ADD_LABEL,
        stream="bug_tasks",
        target=number,
        partition="nimbus",
        values={"label": "syncline-risk"},
        before={},
        reason="to try it",
    )
    (receipt,) = launchpad.connector().writer.send([write])
    assert receipt.outcome == "ambiguous"
    assert [line for line in launchpad.asked() if line.startswith("PATCH")] == [f"PATCH bugs/{number.split('/')[0]}"]


def test_a_gateway_error_is_repeated_by_the_transport_alone(launchpad) -> None:
    launchpad.add()
    for _ in range(2):
        launchpad.script.append(("GET", "nimbus", (502, {}, "bad gateway")))
    _pull(launchpad.connector())
    assert launchpad.asked().count("GET nimbus") == 3


def test_links_to_another_host_are_followed_on_our_own_address(launchpad) -> None:
    """The credential travels in each request: it goes to the configured address alone."""
    number = launchpad.add()
    bug = launchpad.bugs[int(number.split("/")[0])]
    bug["self_link"] = f"https://elsewhere.example/devel/bugs/{bug['id']}"
    assert [r.id for page in _pull(launchpad.connector()) for r in page.records] == [number]
    assert all(line.startswith(("GET nimbus", "GET bugs/")) for line in launchpad.asked())


def test_what_was_read_before_is_read_again_on_condition(launchpad) -> None:
    number = launchpad.add()
    connector = launchpad.connector()
    catalog = connector.catalog([])
    first = connector.reader.fetch("bug_tasks", [number], (), catalog)
    del launchpad.headers[:]
    again = connector.reader.fetch("bug_tasks", [number], (), catalog)
    assert all("If-None-Match" in headers for headers in launchpad.headers)
    assert again == first


def test_a_server_without_date_gives_no_cursor(launchpad) -> None:
    launchpad.sends_date = False
    with pytest.raises(RetriableError, match="Date"):
        _pull(launchpad.connector())


def test_as_of_is_the_servers_time_whatever_our_clock_says(launchpad) -> None:
    from_us = launchpad.connector()
    clock = from_us._client._clock
    clock.skew = timedelta(hours=-7)
    (page,) = _pull(from_us)
    assert timedelta(0) <= launchpad.now - page.as_of <= timedelta(seconds=3)


def test_nonsense_is_no_answer(launchpad) -> None:
    launchpad.script.append(("GET", "nimbus", (200, {}, '{"entries": [{"self_link": "https://x.example/1"}]}')))
    with pytest.raises(RetriableError, match="makes no sense"):
        _pull(launchpad.connector())


def test_a_401_that_is_not_about_the_login_means_hidden(launchpad) -> None:
    number = launchpad.add().split("/")[0]
    launchpad.script.append(("GET", f"bugs/{number}", (401, {}, "(<Bug object>, 'title', 'launchpad.View')")))
    client = launchpad.connector()._client
    with pytest.raises(NotFoundError):
        client.entry(f"bugs/{number}")
