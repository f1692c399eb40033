"""OAuth with a code, with refresh tokens that are spent by use, with scopes; Data Center's own, and its cookie."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from jira import JIRA

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback
BACK = "http://localhost:9/callback"


class App:
    """A client of the stand-in that only knows Atlassian's documentation."""

    def __init__(self, service: JiraService, url: str) -> None:
        self.service, self.url = service, url
        self.session = requests.Session()
        self.session.trust_env = False

    def consent(self, scope: str, path: str = "/authorize", **more: str) -> dict[str, str]:
        query = {"audience": "api.atlassian.com", "client_id": "app", "scope": scope, "redirect_uri": BACK}
        query |= {"state": "s1", "response_type": "code", "prompt": "consent", **more}
        answer = self.session.get(f"{self.url}{path}", params=query, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{BACK}?")
        return {key: value[0] for key, value in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def token(self, path: str = "/oauth/token", **form: str) -> requests.Response:
        body = {"client_id": "app", "client_secret": "shh", **form}
        if path == "/oauth/token":
            return self.session.post(f"{self.url}{path}", json=body, timeout=30)
        return self.session.post(f"{self.url}{path}", data=body, timeout=30)

    def exchanged(self, scope: str) -> dict[str, Any]:
        answer = self.token(grant_type="authorization_code", code=self.consent(scope)["code"], redirect_uri=BACK)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, token: str, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        cloud_id = self.session.get(f"{self.url}/_edge/tenant_info", timeout=30).json()["cloudId"]
        address = f"{self.url}/ex/jira/{cloud_id}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.request(method, address, json=body, params=query, headers=headers, timeout=30)


@pytest.fixture
def serve(small_site: Callable[[str], dict[str, Any]]) -> Iterator[Callable[[str], App]]:
    contexts, apps = [], []

    def start(deployment: str) -> App:
        document = small_site(deployment)
        user = "acc:ann" if deployment == "cloud" else "ann"
        document["oauth_clients"] = [{"client_id": "app", "client_secret": "shh", "user": user}]
        service = JiraService(document)
        contexts.append(running(service))
        apps.append(App(service, contexts[-1].__enter__()))
        return apps[-1]

    yield start
    for app in apps:
        app.session.close()
    for context in contexts:
        context.__exit__(None, None, None)


def test_a_code_gives_tokens_once_and_only_where_it_was_sent(serve: Callable[[str], App]) -> None:
    app = serve("cloud")
    answer = app.consent("read:jira-work offline_access")
    assert answer["state"] == "s1"
    form = {"grant_type": "authorization_code", "code": answer["code"]}
    assert app.token(**form, redirect_uri="http://localhost:9/other").status_code == 403
    assert app.token(**form, redirect_uri=BACK).json()["error"] == "invalid_grant", "a refused code is spent"
    tokens = app.exchanged("read:jira-work offline_access")
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"] == "read:jira-work offline_access"
    assert app.ask(tokens["access_token"], "GET", "/rest/api/3/issue/NIM-2").json()["key"] == "NIM-2"
    assert "refresh_token" not in app.exchanged("read:jira-work")
    assert app.consent("read:everything")["error"] == "invalid_scope"
    assert app.consent("read:jira-work", response_type="token")["error"] == "unsupported_response_type"
    assert app.token(grant_type="password").json()["error"] == "unsupported_grant_type"
    assert app.token(grant_type="refresh_token", client_secret="wrong").status_code == 401
    code = app.consent("read:jira-work")["code"]
    app.service.clock.advance(601)
    assert app.token(grant_type="authorization_code", code=code, redirect_uri=BACK).status_code == 403


def test_a_refresh_token_is_spent_by_its_use(serve: Callable[[str], App]) -> None:
    app = serve("cloud")
    first = app.exchanged("read:jira-work offline_access")
    app.service.clock.advance(3601)
    assert app.ask(first["access_token"], "GET", "/rest/api/3/project").status_code == 401
    second = app.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert app.ask(second["access_token"], "GET", "/rest/api/3/project").status_code == 200
    again = app.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (403, "invalid_grant")
    document = app.service.dump_state()
    app.service.load_state(document)
    assert app.service.dump_state() == document
    third = app.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).json()
    assert third["refresh_token"] != second["refresh_token"]
    app.service.change_settings({"refresh_rotates": False, "token_seconds": 60})
    fourth = app.token(grant_type="refresh_token", refresh_token=third["refresh_token"]).json()
    assert (fourth["refresh_token"], fourth["expires_in"]) == (third["refresh_token"], 60)
    app.service.clock.advance(91 * 86_400)
    assert app.token(grant_type="refresh_token", refresh_token=third["refresh_token"]).status_code == 403


def test_a_token_opens_what_its_scopes_say(serve: Callable[[str], App]) -> None:
    app = serve("cloud")
    token = app.exchanged("read:jira-work")["access_token"]
    edit = {"fields": {"summary": "x"}}
    refused = app.ask(token, "PUT", "/rest/api/3/issue/NIM-2", edit)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized; scope does not match")
    assert app.ask(token, "GET", "/rest/api/3/myself").status_code == 401
    assert app.ask(token, "POST", "/rest/api/3/search/jql", {"jql": "project = NIM"}).status_code == 200
    assert app.ask(token, "GET", "/rest/api/3/serverInfo").status_code == 200
    both = app.exchanged("read:jira-work write:jira-work read:jira-user read:me manage:jira-project")["access_token"]
    assert app.ask(both, "PUT", "/rest/api/3/issue/NIM-2", edit).status_code == 204
    assert app.ask(both, "GET", "/rest/api/3/myself").json()["accountId"] == "acc:ann"
    assert app.ask(both, "POST", "/rest/api/3/version", {"name": "7", "project": "NIM"}).status_code == 201
    headers = {"Authorization": f"Bearer {both}"}
    me = app.session.get(f"{app.url}/me", headers=headers, timeout=30).json()
    assert (me["account_id"], me["email"]) == ("acc:ann", "ann@nimbus.example")
    (site,) = app.session.get(f"{app.url}/oauth/token/accessible-resources", headers=headers, timeout=30).json()
    assert "manage:jira-project" in site["scopes"]
    own = app.token(grant_type="client_credentials", scope="read:jira-work").json()
    assert own["scope"] == "read:jira-work"


def test_data_center_gives_tokens_for_codes_with_proof_and_for_the_client_itself(serve: Callable[[str], App]) -> None:
    app = serve("data-center")
    base, verifier = "/rest/oauth2/latest", "v" * 50
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    proof = {"code_challenge": digest, "code_challenge_method": "S256"}
    form = {"grant_type": "authorization_code", "redirect_uri": BACK}
    code = app.consent("READ", f"{base}/authorize", **proof)["code"]
    assert app.token(f"{base}/token", **form, code=code, code_verifier="other").status_code == 403
    code = app.consent("READ", f"{base}/authorize", **proof)["code"]
    tokens = app.token(f"{base}/token", **form, code=code, code_verifier=verifier).json()
    assert tokens["refresh_token"]
    own = app.token(f"{base}/token", grant_type="client_credentials", scope="WRITE").json()
    for token, status in ((tokens["access_token"], 403), (own["access_token"], 204)):
        headers = {"Authorization": f"Bearer {token}"}
        me = app.session.get(f"{app.url}/rest/api/2/myself", headers=headers, timeout=30)
        assert me.json()["name"] == "ann"
        edit = {"fields": {"summary": "x"}}
        put = app.session.put(f"{app.url}/rest/api/2/issue/NIM-2", json=edit, headers=headers, timeout=30)
        assert put.status_code == status
    assert app.token(f"{base}/revoke", token=own["access_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {own['access_token']}"}
    assert app.session.get(f"{app.url}/rest/api/2/myself", headers=headers, timeout=30).status_code == 401


def test_a_cookie_logs_in_on_data_center(serve: Callable[[str], App]) -> None:
    app = serve("data-center")
    address = f"{app.url}/rest/auth/1/session"
    assert app.session.get(address, timeout=30).status_code == 401
    login = {"username": "ann", "password": "wrong"}
    assert app.session.post(address, json=login, timeout=30).status_code == 401
    told = app.session.post(address, json={**login, "password": "ann-token"}, timeout=30).json()
    assert told["session"]["name"] == "JSESSIONID"
    assert app.session.get(f"{app.url}/rest/api/2/myself", timeout=30).json()["name"] == "ann"
    assert app.session.delete(address, timeout=30).status_code == 204
    assert app.session.get(f"{app.url}/rest/api/2/myself", timeout=30).status_code == 401
    with pytest.warns(DeprecationWarning, match="Cookie"):
        client = JIRA(server=app.url, auth=("ann", "ann-token"), max_retries=0, timeout=10)
    assert client.myself()["name"] == "ann"
    client.close()
