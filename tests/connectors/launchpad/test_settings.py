"""What the table of a Launchpad connection may hold."""

import pytest
from pydantic import ValidationError

from connectors.launchpad.settings import LaunchpadSettings

CREDENTIAL = {"env": "X"}


def test_production_is_the_default() -> None:
    settings = LaunchpadSettings.model_validate({"credentials": CREDENTIAL})
    assert settings.root == "https://api.launchpad.net/devel/"
    assert settings.people_url == "https://launchpad.net"


def test_addresses_lose_their_last_slash() -> None:
    settings = LaunchpadSettings.model_validate({"credentials": CREDENTIAL, "url": "http://127.0.0.1:8085/"})
    assert settings.root == "http://127.0.0.1:8085/devel/"


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"credentials": CREDENTIAL, "url": "https://api.launchpad.net/devel/"},
        {"credentials": CREDENTIAL, "url": "production"},
        {"credentials": CREDENTIAL, "url": "https://a:b@api.launchpad.net/"},
        {"credentials": CREDENTIAL, "version": "1.0"},
        {"credentials": CREDENTIAL, "overlap_minutes": 0},
        {"credentials": CREDENTIAL, "watches": "some"},
        {"credentials": "token:secret"},
    ],
)
def test_what_cannot_work_is_refused(table: dict) -> None:
    with pytest.raises(ValidationError):
        LaunchpadSettings.model_validate(table)
