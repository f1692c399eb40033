"""The ways to log in to Jira: what is asked of whoever writes a first configuration."""

from __future__ import annotations

from connectors.core.port import Question, Way

_NEEDS = (
    "The login needs Browse Projects in each project that is read; for what syncline shall write, Edit Issues, Link "
    "Issues, Create Issues and Transition Issues."
)

WAYS = (
    Way(
        title="Jira Cloud",
        given={"deployment": "cloud"},
        questions=(
            Question(setting="url", ask="address of the site", teach="For example https://SITE.atlassian.net"),
            Question(setting="email", ask="e-mail address of the login", teach=f"Best an account of its own. {_NEEDS}"),
            Question(
                setting="token",
                ask="API token of the login",
                teach="Made at https://id.atlassian.com/manage-profile/security/api-tokens",
            ),
        ),
    ),
    Way(
        title="Jira Data Center",
        given={"deployment": "data-center"},
        questions=(
            Question(
                setting="url", ask="address that people open", teach="With its context path (…/jira), if it has one."
            ),
            Question(
                setting="token",
                ask="personal access token of the login",
                teach=f"Made in Jira: profile picture, Profile, Personal Access Tokens. {_NEEDS}",
            ),
        ),
    ),
)
