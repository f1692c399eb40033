"""What Salesforce makes of a value is recognised; what a person makes of it is too."""

from __future__ import annotations

import pytest

from connectors.salesforce.shown import in_form_of, means_same


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("2026-03-02T10:00:00.000+0000", "2026-03-02T11:00:00+01:00"),
        ("2026-03-02", "2026-03-02"),
        (None, ""),
        ("line\r\nline", "line\nline\n"),
        (10.0, 10),
        ("001000000000001AAA", "001000000000001"),
        (True, True),
    ],
)
def test_another_form_of_the_same_is_the_same(shown, sent):
    assert means_same(shown, sent)
    assert in_form_of(shown, sent) is sent


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("2026-03-02T10:00:01.000+0000", "2026-03-02T10:00:00Z"),
        ("Amber", "amber"),
        (None, "Amber"),
        ("", "Amber"),
        (None, 0),
        (None, False),
        (1, True),
        ("one\n\ntwo", "one\ntwo"),
    ],
)
def test_another_value_is_another(shown, sent):
    assert not means_same(shown, sent)
    assert in_form_of(shown, sent) is shown


def test_the_first_that_fits_gives_the_form():
    assert in_form_of("AMBER", "RED", "AMBER\n") == "AMBER\n"
