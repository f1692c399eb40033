"""The ways to log in to Salesforce: what is asked of whoever writes a first configuration."""

from __future__ import annotations

from connectors.core.port import Question, Way

_URL = Question(
    setting="url", ask="My Domain address of the org", teach="For example https://partner.my.salesforce.com"
)
_CLIENT_ID = Question(
    setting="client_id",
    ask="consumer key of the External Client App",
    teach="Setup, External Client App Manager, your app, Settings, OAuth Settings. The app needs the scope api; the "
    "user that it acts as needs the permission set Syncline of deploy/salesforce.",
)

WAYS = (
    Way(
        title="Salesforce, by client credentials",
        given={"flow": "client_credentials"},
        questions=(
            _URL,
            _CLIENT_ID,
            Question(
                setting="client_secret", ask="its consumer secret", teach="The app's policies name the Run As user."
            ),
        ),
    ),
    Way(
        title="Salesforce, by JWT",
        given={"flow": "jwt"},
        questions=(
            _URL,
            _CLIENT_ID,
            Question(setting="username", ask="user to act as", teach="Pre-authorised in the app's policies."),
            Question(setting="private_key", ask="RSA key whose certificate the app holds", teach="A PEM file."),
        ),
    ),
)
