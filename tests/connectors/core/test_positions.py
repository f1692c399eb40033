"""Line numbers of TOML keys."""

from __future__ import annotations

import textwrap

import pytest

from connectors.core.positions import Positions

TEXT = textwrap.dedent(
    """\
    version = 1  # line 1

    [connections.jira]
    kind = "jira"
    owned = [
      "a",  # line 6
      "b",
    ]
    token = { env = "X" }

    [engagements."NIM-01"]
    record = { connection = "sf", key = "NIM-01" }
    places = [
      { connection = "jira", place = "NIM" },
      { connection = "jira", place = "OTH" },
    ]

    [[list]]
    a = 1
    [[list]]
    a.b = 2
    [list.deep]
    c = 3
    """
)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("version",), 1),
        (("connections", "jira"), 3),
        (("connections", "jira", "kind"), 4),
        (("connections", "jira", "owned", 0), 6),
        (("connections", "jira", "owned", 1), 7),
        (("connections", "jira", "token", "env"), 9),
        (("engagements", "NIM-01", "record", "key"), 12),
        (("engagements", "NIM-01", "places", 1, "place"), 15),
        (("list", 0, "a"), 19),
        (("list", 1, "a", "b"), 21),
        (("list", 1, "deep", "c"), 23),
    ],
)
def test_a_key_is_found_where_it_stands(path: tuple[str | int, ...], line: int) -> None:
    assert Positions(TEXT).line(path) == line


def test_a_missing_key_has_the_line_of_its_table() -> None:
    assert Positions(TEXT).line(("connections", "jira", "url")) == 3
    assert Positions(TEXT).line(("nothing", "at", "all")) == 1
