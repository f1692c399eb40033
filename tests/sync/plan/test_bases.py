import pytest

from connectors.core.port import Write, WriteKind
from sync.plan.bases import bases_of


def write(kind, values):
    return Write(
        id="W-1",
        connection="jira",
        kind=kind,
        stream="issues",
        target="1",
        partition="NIM",
        values=values,
        before={},
        reason="",
        external_id="X",
    )


@pytest.mark.parametrize(
    ("kind", "values", "bases"),
    [
        (WriteKind.SET_FIELDS, {"a": 1, "b": None}, {"a": 1, "b": None}),
        (WriteKind.UPSERT, {"a": 1}, {"a": 1}),
        (WriteKind.CREATE, {"a": 1}, {"a": 1}),
        (WriteKind.TRANSITION, {"status": "Done"}, {"status": "Done"}),
        (WriteKind.PUT_LINK, {"url": "u", "title": "t"}, {"link:X": {"url": "u", "title": "t"}}),
        (WriteKind.PUT_BLOCK, {"text": "t"}, {"block:X": "t"}),
        (WriteKind.ADD_LABEL, {"label": "l"}, {}),
        (WriteKind.REMOVE_LABEL, {"label": "l"}, {}),
    ],
)
def test_what_is_remembered_of_a_write(kind, values, bases):
    assert bases_of(write(kind, values)) == bases
