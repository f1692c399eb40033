"""A folder with a configuration of two tools, of which none answers."""

from pathlib import Path

import pytest

CONFIG = """\
version = 1
[store]
url = "sqlite:///s.sqlite3"
[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { env = "CANARY_TOKEN" }
[connections.salesforce]
kind = "salesforce"
url = "https://sf.example"
flow = "client_credentials"
client_id = "x"
client_secret = { env = "CANARY_TOKEN" }
[engagements.NIM-01]
record = { connection = "salesforce", key = "NIM-01" }
places = [{ connection = "jira", place = "NIM" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "syncline.toml").write_text(CONFIG)
    return tmp_path
