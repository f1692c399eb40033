from __future__ import annotations

import pytest

from mapping.people import Human, Login, join

JIRA = Login(connection="jira", id="acc-1", email="Kim@Partner.example", name="Kim")
FORCE = Login(connection="salesforce", id="005A", email="kim@partner.example", name="Kim L.")
BARE = Login(connection="jira-dc", id="kim", name="Kim")


def test_logins_of_one_address_are_one_human_in_any_case():
    assert join([FORCE, JIRA]) == (Human(key="kim@partner.example", logins=(JIRA, FORCE)),)


def test_equal_names_are_not_enough():
    assert [h.key for h in join([JIRA, BARE])] == ["jira-dc:kim", "kim@partner.example"]


@pytest.mark.parametrize(
    "aliases", [{"kim": ["jira-dc:kim", "kim@partner.example"]}, {"kim": ["jira-dc:kim", "jira:acc-1"]}]
)
def test_aliases_join_by_address_or_login_and_take_the_rest_of_the_address_along(aliases):
    assert join([JIRA, FORCE, BARE], aliases) == (Human(key="kim", logins=(JIRA, BARE, FORCE)),)


def test_order_and_repetition_do_not_matter():
    assert join([BARE, JIRA, FORCE, JIRA]) == join([FORCE, JIRA, BARE])


def test_one_name_under_two_aliases_is_refused():
    with pytest.raises(ValueError, match="under both 'a' and 'b'"):
        join([], {"a": ["x@partner.example"], "b": ["X@partner.example"]})
