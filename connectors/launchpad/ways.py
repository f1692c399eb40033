"""The ways to log in to Launchpad: what is asked of whoever writes a first configuration."""

from __future__ import annotations

from connectors.core.port import Question, Way

WAYS = (
    Way(
        title="Launchpad",
        questions=(
            Question(
                setting="url",
                ask="address of the service root",
                teach="https://api.launchpad.net, but for a Launchpad of your own.",
            ),
            Question(
                setting="credentials",
                ask="OAuth credential of the login, as token:secret",
                teach="docs/connectors/launchpad.md says how to make it. The level READ_PRIVATE is enough to read; "
                "WRITE_PRIVATE is needed to write.",
            ),
        ),
    ),
)
