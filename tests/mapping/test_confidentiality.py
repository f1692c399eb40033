from __future__ import annotations

from dataclasses import dataclass

import pytest

from mapping.confidentiality import HIDDEN_TITLE, may_show, narrowest, showable
from mapping.model import Access

WIDE_TO_NARROW = [Access.PUBLIC, Access.INTERNAL, Access.RESTRICTED]


@pytest.mark.parametrize("fact", WIDE_TO_NARROW)
@pytest.mark.parametrize("sink", WIDE_TO_NARROW)
def test_a_fact_goes_only_where_no_more_people_see_it(fact, sink):
    assert may_show(fact, sink) is (WIDE_TO_NARROW.index(sink) >= WIDE_TO_NARROW.index(fact))


def test_the_narrowest_of_several():
    assert narrowest([Access.INTERNAL, Access.RESTRICTED, Access.PUBLIC]) is Access.RESTRICTED
    assert narrowest([]) is Access.PUBLIC


@dataclass
class Fact:
    access: Access


def test_a_title_that_may_not_be_shown_is_replaced():
    assert showable("Secret", Fact(Access.RESTRICTED), Access.INTERNAL) == HIDDEN_TITLE
    assert showable("Open", Fact(Access.INTERNAL), Access.INTERNAL) == "Open"
