"""A draft's text is TOML that says what the draft says, whatever a tool called its things."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings, strategies as st

from connectors.core.registry import load_connectors
from mapping.undecided import Undecided, Unfound
from sync.config.draft import Decision, Draft, FieldName
from sync.config.load import checked

NASTY = st.one_of(
    st.text(max_size=12), st.sampled_from(['"', "'''", '"]\n[x]', "\\", "a\r\nb = 1", "\u202eevil", "\x00\x7f", "#"])
)
TABLE = ("inbound", "work_item", "attributes", "state", "steps", "resolution", "values")


def whole(text: str) -> str:
    """A lone surrogate is no text that TOML could hold."""
    return text.encode("utf-8", "replace").decode()


def undecided(value: str = "Shelved", *, reason: str = "", guess: str | None = None) -> Undecided:
    return Undecided(
        table=TABLE,
        attribute="state",
        field="fields.resolution.name",
        value=value,
        choices=("open", "done", "dropped"),
        guess=guess,
        reason=reason,
    )


@settings(max_examples=150, deadline=None)
@given(NASTY, NASTY, NASTY, NASTY)
def test_whatever_a_tool_says_is_read_back_as_it_was(key: str, name: str, value: str, reason: str) -> None:
    record = {"connection": "sf", "key": name}
    draft = Draft(
        connections={"sf": {"kind": "salesforce", "url": value, "owned": [name]}},
        engagements={key: {"record": record, "places": [{"connection": "jira", "place": value, "anchor": name}]}},
        names={key: reason},
        decisions=[
            Decision(kind="jira", about=undecided(value, reason=reason), means="dropped"),
            Decision(kind="jira", about=undecided(value + "2", reason=reason, guess="done"), means=None),
        ],
        fields=[
            FieldName(
                kind="jira", about=Unfound(keys=("a", value, "field"), attribute="due", name=name, alike=()), name=name
            )
        ],
    )
    read = tomllib.loads(draft.text())
    assert read["connections"]["sf"]["url"] == whole(value)
    assert read["connections"]["sf"]["owned"] == [whole(name)]
    (engagement,) = read["engagements"].items()
    assert engagement[0] == whole(key)
    assert engagement[1]["record"]["key"] == whole(name)
    assert engagement[1]["places"] == [{"connection": "jira", "place": whole(value), "anchor": whole(name)}]
    table = read["mapping"]["jira"]["inbound"]["work_item"]["attributes"]["state"]["steps"]["resolution"]["values"]
    assert table == {whole(value): "dropped"}
    assert read["mapping"]["jira"]["a"][whole(value)]["field"] == whole(name)
    assert set(read) == {"version", "store", "connections", "engagements", "mapping"}


def test_nothing_that_a_person_cannot_see_stands_in_the_text() -> None:
    text = Draft(
        names={"K": "a\u202eb\x1b[2J"}, engagements={"K": {"record": {"connection": "c", "key": "\u202e"}}}
    ).text()
    assert all(c.isprintable() or c == "\n" for c in text)


def test_what_is_not_decided_is_a_comment_and_nothing_else() -> None:
    about = undecided(reason="3 records hold it")
    likely = undecided("Wont Fix", reason="spelt like it", guess="dropped")
    text = Draft(decisions=[Decision(kind="jira", about=one, means=None) for one in (about, likely)]).text()
    assert "mapping" not in tomllib.loads(text)
    assert '# not decided, and so kept as it is (3 records hold it): "Shelved" = "open" or "done" or "dropped"' in text
    assert '#"Wont Fix" = "dropped"' in text


def test_a_decision_by_a_step_of_its_own_is_a_valid_mapping() -> None:
    about = Undecided(
        table=("inbound", "work_item", "attributes", "state", "steps", "named", "values"),
        attribute="state",
        field="fields.status.name",
        value="Parked",
        choices=("open",),
        step={"path": "fields.status.name", "unknown": "next"},
    )
    table = {"kind": "jira", "url": "https://x.example", "deployment": "data-center", "token": {"env": "T"}}
    draft = Draft(connections={"jira": table}, decisions=[Decision(kind="jira", about=about, means="open")])
    config = checked(Path("/nowhere/syncline.toml"), draft.text(), load_connectors(plugins=()).specs)
    (rule,) = (r for r in config.connections["jira"].rules.entities if r.makes == "work_item")
    assert rule.attributes["state"][0].table == {"parked": "open"}
    assert config.connections["jira"].settings.owned == ()
    assert not config.connections["jira"].settings.first_write_approved
