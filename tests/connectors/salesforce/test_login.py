"""Both flows log in, once, and their secrets are shown nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.core.errors import FatalError, RetriableError
from connectors.core.port import Catalog, ConnectorContext, Partition, Wanted
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings

URL = "https://partner.my.salesforce.example"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WANTED = [Wanted(partition=Partition(stream="accounts", key="Account"), cursor=None, fields=("Name",))]
EMPTY = {"totalSize": 0, "done": True, "records": []}
SECRET = "canary-client-secret"


class VirtualClock:
    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return (self.instant - NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def connector(secrets, tokens=None, **settings):
    made = SalesforceSettings.model_validate({"url": URL, "client_id": "syncline", **settings})
    clock = VirtualClock()
    return SalesforceConnector(
        ConnectorContext(
            connection="salesforce",
            settings=made,
            secrets=secrets,
            transport=Transport(connection="salesforce", clock=clock, timeout_s=10, secrets=list(secrets.values())),
            tokens=tokens or MemoryTokenStore(),
            clock=clock,
        )
    )


def by_secret(tokens=None, **more):
    return connector(
        {"client_secret": SECRET}, tokens, flow="client_credentials", client_secret={"env": "UNUSED"}, **more
    )


def by_key(pem):
    return connector({"private_key": pem}, flow="jwt", username="sync@partner.example", private_key={"env": "UNUSED"})


def pull(made):
    return list(made.reader.pull(WANTED, Catalog(fields=())))


def gives_token(http, **more):
    answer = {"access_token": "canary-token", "instance_url": URL, **more}
    return http.post(f"{URL}/services/oauth2/token", json=answer)


def answers_queries(http, **answer):
    return http.get(f"{URL}/services/data/v60.0/queryAll/", **(answer or {"json": EMPTY}))


def test_client_credentials_go_in_the_body_and_the_token_in_the_header(http):
    login, query = gives_token(http), answers_queries(http)
    pull(by_secret())
    assert f"client_secret={SECRET}" in login.calls[0].request.body
    assert query.calls[0].request.headers["Authorization"] == "Bearer canary-token"


def test_a_jwt_names_app_user_and_org_and_lives_three_minutes(http, key, pem):
    login = gives_token(http)
    answers_queries(http)
    pull(by_key(pem))
    form = dict(pair.split("=") for pair in login.calls[0].request.body.split("&"))
    claims = jwt.decode(
        form["assertion"], key.public_key(), algorithms=["RS256"], audience=URL, options={"verify_exp": False}
    )
    assert claims == {
        "iss": "syncline",
        "sub": "sync@partner.example",
        "aud": URL,
        "exp": int(NOW.timestamp()) + 180,
    }


def test_a_key_that_is_none_is_named_and_not_shown():
    with pytest.raises(FatalError, match="RSA key in PEM form") as caught:
        pull(by_key("canary-not-a-key"))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("invalid_client", "correct client_id and client_secret"),
        ("invalid_grant", "Run As"),
        ("unheard_of", "check the External Client App"),
    ],
)
def test_a_refused_login_is_fatal_and_says_how_to_mend_it(http, code, mend):
    body = {"error": code, "error_description": f"bad {SECRET}"}
    http.post(f"{URL}/services/oauth2/token", status=400, json=body)
    with pytest.raises(FatalError, match=mend) as caught:
        pull(by_secret())
    assert SECRET not in str(caught.value)


def test_a_login_that_is_down_is_for_later(http):
    http.post(f"{URL}/services/oauth2/token", status=503)
    with pytest.raises(RetriableError):
        pull(by_secret())


def test_a_token_of_other_settings_is_not_used(http):
    tokens = MemoryTokenStore()
    login = gives_token(http)
    query = answers_queries(http)
    pull(by_secret(tokens))
    pull(by_secret(tokens))
    assert login.call_count == 1
    pull(by_secret(tokens, client_id="another"))
    assert login.call_count == 2
    assert query.call_count == 3


def test_a_token_that_another_process_renewed_is_taken_over(http):
    tokens = MemoryTokenStore()
    login = gives_token(http)
    expired = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]
    answers_queries(http)
    made = by_secret(tokens)
    pull(made)
    kept = tokens.get("salesforce:access-token")
    tokens.put("salesforce:access-token", kept.replace("canary-token", "newer-token"))
    http.reset()
    refused = answers_queries(http, status=401, json=expired)
    query = answers_queries(http)
    pull(made)
    assert refused.call_count == 1
    assert query.calls[0].request.headers["Authorization"] == "Bearer newer-token"
    assert login.call_count == 1


def test_a_token_is_sent_to_no_plain_http_instance(http):
    gives_token(http, instance_url="http://elsewhere.example")
    query = answers_queries(http)
    pull(by_secret())
    assert query.call_count == 1


def test_a_token_shows_in_no_error(http):
    gives_token(http)
    body = [{"errorCode": "INVALID_SESSION_ID", "message": "canary-token is bad"}]
    answers_queries(http, status=403, json=[{**body[0], "errorCode": "INSUFFICIENT_ACCESS"}])
    (failure,) = pull(by_secret())
    assert "canary" not in str(failure.error)


def test_an_answer_without_a_token_is_named(http):
    http.post(f"{URL}/services/oauth2/token", json=["hello"])
    with pytest.raises(RetriableError, match="is url a Salesforce org"):
        pull(by_secret())


@pytest.mark.loopback
def test_the_org_takes_our_jwt(org, connections, key, pem):
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    org.reset(client={"public_key": public.decode(), "authorized": ["sync@partner.example"]})
    made = connections.connect(
        {"private_key": pem}, flow="jwt", username="sync@partner.example", private_key={"env": "UNUSED"}
    )
    (page,) = pull(made)
    assert page.complete
