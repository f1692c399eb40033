"""A wrong table is refused, with what was expected."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.salesforce.settings import SalesforceSettings

GOOD = {
    "url": "https://partner.my.salesforce.example/",
    "flow": "client_credentials",
    "client_id": "syncline",
    "client_secret": {"credential": "salesforce-secret"},
}


def test_the_shipped_objects_are_the_default_and_can_be_replaced_one_by_one():
    settings = SalesforceSettings.model_validate({**GOOD, "objects": {"engagements": "Project__c"}})
    assert settings.url == "https://partner.my.salesforce.example"
    assert settings.object_of("engagements") == "Project__c"
    assert settings.object_of("risks") == "Syncline_Risk__c"
    assert settings.external_id_of("risks") == "Risk_Key__c"
    assert settings.external_id_of("accounts") is None
    assert "opportunities" not in settings.streams()


def test_an_object_can_be_left_out_and_further_ones_named():
    objects = {"baselines": False, "opportunities": "Opportunity"}
    streams = SalesforceSettings.model_validate({**GOOD, "objects": objects}).streams()
    assert "baselines" not in streams
    assert {"engagements", "opportunities"} <= set(streams)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": "http://partner.example"}, "https"),
        ({"url": "https://user:pw@partner.example"}, "without user"),
        ({"url": "https://partner.example/services"}, "path"),
        ({"client_secret": None}, "client_secret required"),
        ({"flow": "jwt"}, "username and private_key required"),
        ({"flow": "password"}, "client_credentials"),
        ({"api_version": "v60"}, "pattern"),
        ({"objects": {"engagements": "Engagement__c; DROP"}}, "API names"),
        ({"objects": {"projects": "Project__c"}}, "unknown streams projects"),
        ({"overlap_minutes": 0}, "greater than or equal to 1"),
        ({"daily_share": 2}, "less than or equal to 1"),
        ({"password": "x"}, "Extra inputs"),
    ],
)
def test_a_wrong_value_is_refused(change, expected):
    with pytest.raises(ValidationError, match=expected):
        SalesforceSettings.model_validate({**GOOD, **change})
