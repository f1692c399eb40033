"""What is asked of whoever writes a first configuration with SoW files."""

from __future__ import annotations

from connectors.core.port import Question, Way

WAYS = (
    Way(
        title="SoW files",
        questions=(
            Question(
                setting="folder",
                ask="folder with a CSV or TOML file for each SoW",
                teach="docs/connectors/file.md says how the files look. An engagement names its file at scope; see "
                "docs/scope.md.",
            ),
        ),
    ),
)
