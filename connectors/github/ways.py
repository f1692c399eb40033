"""The ways to log in to GitHub: what is asked of whoever writes a first configuration."""

from __future__ import annotations

from connectors.core.port import Question, Way

_URL = Question(
    setting="url",
    ask="address of the REST API",
    teach="https://api.github.com, or https://HOST/api/v3 of an Enterprise Server.",
)
_PROJECT = Question(
    setting="project",
    ask="project (Projects v2) whose fields show the status, as ORG/NUMBER",
    teach="At the end of its address, orgs/ORG/projects/NUMBER. Without one the status stands in a comment alone.",
)

WAYS = (
    Way(
        title="GitHub, by a fine-grained personal access token",
        questions=(
            _URL,
            Question(
                setting="token",
                ask="fine-grained personal access token",
                teach="Made at https://github.com/settings/personal-access-tokens/new for the organisation, with the "
                "repository permissions Issues and Pull requests (read; for what syncline shall write, Issues: write), "
                "and the organisation permission Projects.",
            ),
            _PROJECT,
        ),
    ),
    Way(
        title="GitHub, by an app",
        questions=(
            _URL,
            Question(setting="app_id", ask="id of the GitHub App", teach="On the app's page, under General."),
            Question(
                setting="installation_id",
                ask="id of its installation",
                teach="The number at the end of the installation's address in the organisation's settings.",
            ),
            Question(setting="private_key", ask="its private key", teach="A PEM file, made on the app's page."),
            _PROJECT,
        ),
    ),
)
