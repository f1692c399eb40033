"""Logging in: a token, or an app's installation whose tokens are renewed in time, by GitHub's clock."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from connectors.core.errors import FatalError, RetriableError
from connectors.core.port import Partition, Wanted
from connectors.core.tokens import MemoryTokenStore
from connectors.github.settings import GithubSettings

PLACE = "fictive/sizing"
CREDENTIAL = {"env": "X"}
APP = {"token": None, "app_id": "7", "installation_id": 70, "private_key": CREDENTIAL}
GRANT = "POST /app/installations/70/access_tokens"


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def app(site, key: str, **more):
    return site.connector(secrets={"private_key": key}, **APP, **more)


def read(connector) -> int:
    wanted = [Wanted(partition=Partition(stream="issues", key=PLACE), cursor=None, fields=())]
    return sum(len(page.records) for page in connector.reader.pull(wanted, connector.catalog([PLACE])))


def test_an_installation_gets_one_token_and_keeps_it_over_processes(site, key) -> None:
    site.add()
    tokens = MemoryTokenStore()
    for _ in range(2):
        assert read(app(site, key, tokens=tokens)) == 1
    assert site.paths().count(GRANT) == 1


def test_a_token_is_renewed_before_it_ends(site, key) -> None:
    site.add()
    connector = app(site, key)
    read(connector)
    site.now += timedelta(minutes=56)
    read(connector)
    assert site.paths().count(GRANT) == 2


def test_a_token_refused_in_the_middle_is_renewed_once_and_the_request_repeated(site, key) -> None:
    site.add()
    connector = app(site, key)
    read(connector)
    site.tokens.clear()
    assert read(connector) == 1
    assert site.paths().count(GRANT) == 2
    site.denied = True
    with pytest.raises(FatalError, match="refused the login"):
        read(connector)
    assert site.paths().count(GRANT) == 3


def test_a_clock_that_differs_is_corrected_by_githubs_own(site, key) -> None:
    site.add()
    seen = []
    original = site._install

    def strict(said, headers):
        claims = jwt.decode(said.removeprefix("Bearer "), options={"verify_signature": False})
        now = site.now.timestamp()
        seen.append(claims)
        if not now - 120 <= claims["iat"] <= now or claims["exp"] > now + 600:
            return 401, headers, "{\"message\": \"'Issued at' claim ('iat') must be an Integer in the past\"}"
        return original(said, headers)

    site._install = strict
    connector = app(site, key)
    connector._client._clock.skew = timedelta(hours=3)
    assert read(connector) == 1
    assert [c["iss"] for c in seen] == ["7", "7"]
    read(connector)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (401, FatalError, "check app_id and private_key"),
        (404, FatalError, "check installation_id"),
        (403, FatalError, "suspended"),
        (500, RetriableError, "GitHub answered 500"),
    ],
)
def test_a_refused_app_says_what_to_mend(site, key, status, error, said) -> None:
    site._install = lambda _, headers: (status, headers, '{"message": "no"}')
    with pytest.raises(error, match=said):
        read(app(site, key))


def test_a_key_that_is_none_is_named(site) -> None:
    with pytest.raises(FatalError, match="private_key is not"):
        read(site.connector(secrets={"private_key": "nonsense"}, **APP))


def test_no_token_and_no_key_is_shown(site, key) -> None:
    tokens = MemoryTokenStore()
    read(app(site, key, tokens=tokens))
    site.denied = True
    with pytest.raises(FatalError) as caught:
        read(app(site, key, tokens=tokens))
    assert "ghs_canary" not in str(caught.value)
    assert "eyJ" not in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"token": CREDENTIAL, **{k: v for k, v in APP.items() if k != "token"}},
        {"app_id": "7"},
        {"app_id": "7", "installation_id": 70},
        {"token": CREDENTIAL, "project": "7"},
        {"token": CREDENTIAL, "project": "org/0"},
        {"token": CREDENTIAL, "url": "ftp://github.example"},
        {"token": CREDENTIAL, "url": "https://user:pass@github.example"},
        {"token": CREDENTIAL, "overlap_seconds": 0},
        {"token": CREDENTIAL, "unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(table) -> None:
    with pytest.raises(ValidationError):
        GithubSettings.model_validate(table)


@pytest.mark.parametrize(
    ("url", "people"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.fictive.ghe.com/", "https://fictive.ghe.com"),
        ("https://github.example/api/v3", "https://github.example"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080"),
    ],
)
def test_the_address_for_people_follows(url, people) -> None:
    settings = GithubSettings.model_validate({"token": CREDENTIAL, "url": url})
    assert settings.people_url == people
    assert GithubSettings.model_validate(
        {"token": CREDENTIAL, "url": url, "web_url": "https://w.example"}
    ).people_url == ("https://w.example")


def test_two_connections_in_one_process_keep_to_their_own_transport(site) -> None:
    site.add()
    first, second = site.connector(), site.connector()
    read(first)
    assert first._client._transport.requests_made > 0
    assert second._client._transport.requests_made == 0
