"""Writing: nothing twice, nobody's words but ours, and an outcome for each write of a request."""

import pytest
import requests

from connectors.core.port import Outcome, Write, WriteKind
from connectors.github.blocks import Block, block_of, body_of

PLACE = "fictive/sizing"
STATUS, TEXT = "PVTSSF_status", "PVTF_text"


def write(number: str, kind: WriteKind, values: dict, **more) -> Write:
    return Write(
        id=f"W-{kind}-{number}-{values}",
        connection="github",
        kind=kind,
        stream="issues",
        target=number,
        partition=more.pop("partition", PLACE),
        values=values,
        before={},
        reason="to try it",
        **more,
    )


def block(number: str, text: str = "AMBER", **more) -> Write:
    return write(number, WriteKind.PUT_BLOCK, {"text": text}, external_id="engagement:NIM-01", **more)


def fields(number: str, colour: str = "Amber", **more) -> Write:
    return write(number, WriteKind.SET_FIELDS, {STATUS: colour, TEXT: "AMBER as of now"}, **more)


def label(number: str, name: str = "syncline-orphan", kind: WriteKind = WriteKind.ADD_LABEL, **more) -> Write:
    return write(number, kind, {"label": name}, **more)


def send(site, *writes: Write, connector=None) -> list:
    connector = connector or site.connector()
    catalog = connector.catalog([PLACE])
    connector.writer.learn(catalog)
    site.log.clear()
    return [r for batch in connector.writer.batches(writes) for r in connector.writer.send(batch)]


def outcomes(receipts) -> list[Outcome]:
    return [r.outcome for r in receipts]


def posts(site) -> list[str]:
    return [p for p in site.paths() if p.startswith(("POST", "PATCH", "DELETE")) and "graphql" not in p]


# The managed comment --------------------------------------------------------------------------------------------


def test_the_comment_is_made_once_and_then_edited_in_place(site) -> None:
    number = site.add()
    assert outcomes(send(site, block(number, "AMBER"))) == [Outcome.DONE]
    assert outcomes(send(site, block(number, "RED"))) == [Outcome.DONE]
    (comment,) = site.entry(number)["comments"]
    assert block_of(comment["body"]).text == "RED"
    assert posts(site) == [f"PATCH /repositories/{site.repository()['id']}/issues/comments/{comment['id']}"]


@pytest.mark.parametrize("lost", ["no answer", "502"])
def test_a_comment_of_which_no_answer_came_is_looked_for_before_another_is_made(site, lost) -> None:
    number = site.add()

    def applied():
        site.comment(number, body_of(Block(external_id="engagement:NIM-01", text="AMBER", marker=None)))
        return (502, {}, {}) if lost == "502" else (201, {}, requests.ConnectionError("reset"))

    site.script = [("POST", "/comments", applied)]
    assert outcomes(send(site, block(number))) == [Outcome.AMBIGUOUS]
    assert len([p for p in posts(site) if p.endswith("/comments")]) == 1  # not replayed
    assert outcomes(send(site, block(number))) == [Outcome.DONE]
    assert len(site.entry(number)["comments"]) == 1


def test_a_comment_that_appears_only_after_its_answer_was_lost_is_waited_for(site) -> None:
    number = site.add()
    connector = site.connector()
    site.script = [("POST", "/comments", (201, {}, requests.ConnectionError("reset")))]
    (receipt,) = send(site, block(number), connector=connector)
    assert receipt.outcome is Outcome.AMBIGUOUS
    clock = connector._client._clock
    body = body_of(Block(external_id="engagement:NIM-01", text="AMBER", marker=None))
    clock.sleep = lambda seconds: (clock.slept.append(seconds), site.comment(number, body))
    assert outcomes(connector.writer.send([block(number)])) == [Outcome.DONE]
    assert (len(clock.slept), len(site.entry(number)["comments"])) == (1, 1)
    assert 0 < clock.slept[0] <= 5


def test_a_comment_made_by_a_process_that_died_is_found_by_its_marker(site) -> None:
    number = site.add()
    for n in range(120):
        site.comment(number, f"talk {n}")
    send(site, block(number))
    connector = site.connector()
    shown = connector.writer.shown([block(number)], connector.catalog([PLACE]))
    assert list(shown.values()) == [{"text": "AMBER"}]
    send(site, block(number, "RED"), connector=connector)
    assert len(site.entry(number)["comments"]) == 121


def test_a_comment_that_a_person_deleted_is_made_anew(site) -> None:
    number = site.add()
    connector = site.connector()
    send(site, block(number), connector=connector)
    site.entry(number)["comments"].clear()
    assert outcomes(send(site, block(number), connector=connector)) == [Outcome.DONE]
    assert len(site.entry(number)["comments"]) == 1


def test_a_comment_by_someone_else_with_our_marker_is_left_alone(site) -> None:
    number = site.add()
    body = body_of(Block(external_id="engagement:NIM-01", text="FORGED", marker=None))
    theirs = site.comment(number, body, ours=False)
    assert outcomes(send(site, block(number))) == [Outcome.DONE]
    assert theirs["body"] == body
    assert len(site.entry(number)["comments"]) == 2


def test_the_oldest_of_two_comments_counts(site) -> None:
    number = site.add()
    for text in ("OLD", "NEW"):
        site.comment(number, body_of(Block(external_id="engagement:NIM-01", text=text, marker=None)))
    send(site, block(number, "RED"))
    assert [block_of(c["body"]).text for c in site.entry(number)["comments"]] == ["RED", "NEW"]


@pytest.mark.parametrize(
    "text", ["plain", "a\n\nb\n", "", "@someone see #12 ``` and ````` ````", "<!-- x -->", "  deep\n"]
)
def test_a_text_comes_back_as_it_was_written(text) -> None:
    marker = {"instance": "i-1", "why": "a --> b {c}"}
    body = body_of(Block(external_id="engagement:NIM-01", text=text, marker=marker))
    for told in (body, body.replace("\n", "\r\n")):
        found = block_of(told)
        assert (found.external_id, found.text, found.marker) == ("engagement:NIM-01", text, marker)
    first, fence, *_ = body.split("\n")
    assert first.startswith("<!-- ")
    assert first.count("-->") == 1
    assert fence.endswith("text")  # in a fence nobody is mentioned and nothing is referred to


def test_a_comment_whose_form_a_person_changed_still_says_what_it_says() -> None:
    assert block_of("<!-- syncline:block=e:1 -->\nmy own words").text == "my own words"
    assert block_of("<!-- syncline:block=e:1 --> my own words") is None
    assert block_of("hello\n<!-- syncline:block=e:1 -->") is None
    assert block_of(None) is None


@pytest.mark.parametrize("name", ["two words", "a-->b", "a--b", ""])
def test_an_id_that_would_not_be_found_again_is_refused(site, name) -> None:
    number = site.add()
    made = write(number, WriteKind.PUT_BLOCK, {"text": "x"}, external_id=name)
    assert outcomes(send(site, made)) == [Outcome.REFUSED]
    assert site.entry(number)["comments"] == []


# Project fields -------------------------------------------------------------------------------------------------


def test_values_of_several_anchors_ride_in_one_document(site) -> None:
    made = [site.add() for _ in range(3)]
    for number in made:
        site.add_item(number)
    assert outcomes(send(site, *map(fields, made))) == [Outcome.DONE] * 3
    assert [site.value(n, STATUS) for n in made] == [{"singleSelectOptionId": "aa02"}] * 3
    mutations = [b["query"] for _, p, _, b in site.log if p == "/graphql" and b["query"].startswith("mutation")]
    assert len(mutations) == 1


def test_an_anchor_that_is_no_item_yet_is_added_once(site) -> None:
    number = site.add()
    for _ in range(2):
        assert outcomes(send(site, fields(number))) == [Outcome.DONE]
    assert len(site.items) == 1
    assert site.value(number, TEXT) == {"text": "AMBER as of now"}


def test_a_refused_value_refuses_its_own_write_alone(site) -> None:
    made = [site.add() for _ in range(3)]
    items = [site.add_item(n)["id"] for n in made]
    site.refuses[items[1]] = "FORBIDDEN"
    receipts = send(site, *map(fields, made))
    assert outcomes(receipts) == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    assert "may not be changed" in receipts[1].message
    assert [bool(site.value(n, STATUS)) for n in made] == [True, False, True]


def test_an_option_that_there_is_not_is_refused_with_those_there_are(site) -> None:
    made = [site.add(), site.add()]
    receipts = send(site, fields(made[0], "Purple"), fields(made[1]))
    assert outcomes(receipts) == [Outcome.REFUSED, Outcome.DONE]
    assert "Green, Amber, Red, Unknown" in receipts[0].message


def test_a_field_that_there_is_not_is_refused(site) -> None:
    (receipt,) = send(site, write(site.add(), WriteKind.SET_FIELDS, {"PVTF_gone": "x"}))
    assert (receipt.outcome, "PVTF_gone" in receipt.message) == (Outcome.REFUSED, True)


def test_no_value_clears_the_field(site) -> None:
    number = site.add()
    send(site, fields(number))
    assert outcomes(send(site, write(number, WriteKind.SET_FIELDS, {TEXT: None}))) == [Outcome.DONE]
    assert site.value(number, TEXT) is None
    assert site.value(number, STATUS) is not None


def test_a_document_that_went_wrong_without_a_word_is_ambiguous(site) -> None:
    number = site.add()
    connector = site.connector()
    send(site, fields(number), connector=connector)
    answer = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}
    site.script = [("POST", "/graphql", (200, {}, answer))]
    assert outcomes(send_prepared(site, connector, fields(number, "Red"))) == [Outcome.AMBIGUOUS]


def send_prepared(site, connector, made: Write) -> tuple:
    """Send a write of which everything is known, so that the next request is the mutation itself."""
    script, site.script = site.script, []
    connector.writer.shown([made], connector.catalog([PLACE]))
    site.script = script
    return connector.writer.send([made])


def test_a_limit_inside_an_answer_of_200_has_no_effect_and_says_when(site) -> None:
    number = site.add()
    connector = site.connector()
    answer = {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(site.now.timestamp()) + 900)}
    send(site, fields(number), connector=connector)
    site.script = [("POST", "/graphql", (200, headers, answer))]
    (receipt,) = send_prepared(site, connector, fields(number, "Red"))
    assert (receipt.outcome, receipt.retry_after_s) == (Outcome.FAILED, 900.0)


# Labels ---------------------------------------------------------------------------------------------------------


def test_a_label_that_the_repository_lacks_is_made(site) -> None:
    made = [site.add(), site.add()]
    assert outcomes(send(site, *map(label, made))) == [Outcome.DONE] * 2
    assert [p.rpartition("/")[2] for p in posts(site)] == ["labels", "labels", "labels"]  # one to make it
    assert site.repository()["labels"]["syncline-orphan"]["color"] == "c5def5"


def test_whether_a_repository_has_a_label_is_told_by_the_look_before(site) -> None:
    number = site.add()
    site.repository()["labels"]["syncline-orphan"] = {"name": "Syncline-orphan", "color": "123456"}
    connector = site.connector()
    writes = [label(number), label(number, "syncline-new")]
    catalog = connector.catalog([PLACE])
    connector.writer.shown(writes, catalog)
    site.log.clear()
    assert (
        outcomes(r for batch in connector.writer.batches(writes) for r in connector.writer.send(batch))
        == [Outcome.DONE] * 2
    )
    path = f"POST /repositories/{site.repository()['id']}"
    assert site.paths() == [f"{path}/labels", f"{path}/issues/1/labels"]  # the one that it lacks is made
    assert {held["name"] for held in site.issue(number)["labels"]} == {"syncline-orphan", "syncline-new"}


def test_a_label_that_was_not_looked_at_and_exists_stays_as_it_is(site) -> None:
    number = site.add()
    site.repository()["labels"]["syncline-orphan"] = {"name": "syncline-orphan", "color": "123456"}
    assert outcomes(send(site, label(number))) == [Outcome.DONE]
    assert not [p for p in site.paths() if p.startswith("GET") and "/labels" in p]
    assert site.repository()["labels"]["syncline-orphan"]["color"] == "123456"


def test_labels_of_one_issue_ride_together(site) -> None:
    number = site.add(labels=("bug", "syncline-a", "syncline-b"))
    other = site.add()
    receipts = send(site, label(other, "syncline-a"), label(other, "syncline-b"), label(other, "syncline-ä/b c"))
    assert outcomes(receipts) == [Outcome.DONE] * 3
    assert {held["name"] for held in site.issue(other)["labels"]} == {"syncline-a", "syncline-b", "syncline-ä/b c"}
    assert len([p for p in posts(site) if p.endswith("/issues/2/labels")]) == 1
    assert len(site.issue(number)["labels"]) == 3


def test_removing_a_label_leaves_the_others_and_removing_an_absent_one_is_done(site) -> None:
    number = site.add(labels=("bug", "syncline-ä/b c"))
    remove = label(number, "syncline-ä/b c", WriteKind.REMOVE_LABEL)
    for _ in range(2):
        assert outcomes(send(site, remove)) == [Outcome.DONE]
    assert [held["name"] for held in site.issue(number)["labels"]] == ["bug"]
    connector = site.connector()
    assert list(connector.writer.shown([remove], connector.catalog([PLACE])).values()) == [{"label": None}]


def test_labels_are_the_same_in_any_case(site) -> None:
    number = site.add(labels=("Syncline-Orphan",))
    connector = site.connector()
    assert list(connector.writer.shown([label(number)], connector.catalog([])).values()) == [
        {"label": "syncline-orphan"}
    ]


@pytest.mark.parametrize("kind", [WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL])
def test_a_label_on_an_issue_that_is_gone_is_refused(site, kind) -> None:
    number = site.add(labels=("syncline-orphan",))
    site.delete(number)
    assert outcomes(send(site, label(number, kind=kind))) == [Outcome.REFUSED]


def test_a_secondary_limit_has_no_effect_and_is_not_pushed_against(site) -> None:
    number = site.add(labels=("syncline-orphan",))
    body = {"message": "You have exceeded a secondary rate limit."}
    site.script = [("POST", "/labels", (403, {}, body))]
    (receipt,) = send(site, label(number, "syncline-orphan"))
    assert (receipt.outcome, receipt.retry_after_s) == (Outcome.FAILED, 60.0)
    assert len([p for p in posts(site) if p.endswith("/issues/1/labels")]) == 1


@pytest.mark.parametrize("status", [301, 307])
def test_a_write_to_an_issue_that_moved_is_refused_and_stops_no_other(site, status) -> None:
    made = [site.add(labels=("syncline-orphan",)), site.add()]
    site.script = [("POST", "/issues/1/labels", (status, {"Location": "https://github.example/api/v3/x"}, {}))]
    assert outcomes(send(site, *map(label, made))) == [Outcome.REFUSED, Outcome.DONE]


# Where an issue is ----------------------------------------------------------------------------------------------


def test_the_version_token_says_where_the_issue_is(site) -> None:
    for _ in range(3):
        site.add()
    number = site.add()
    version = f"{site.repository()['id']}/4@2026-11-24T10:00:00Z#abc"
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    site.log.clear()
    made = [label(number, version=version), block(number, version=version), fields(number, version=version)]
    shown = connector.writer.shown(made, catalog)
    assert [s is not None for s in shown.values()] == [True] * 3
    assert site.paths() == [f"GET /repos/{PLACE}", "POST /graphql"]


def test_a_token_of_another_repository_is_not_believed(site) -> None:
    number = site.add()
    wrong = f"{site.repository('fictive/other')['id']}/1@2026-11-24T10:00:00Z#abc"
    site.add("fictive/other")
    connector = site.connector()
    shown = connector.writer.shown([label(number, version=wrong)], connector.catalog([PLACE]))
    assert list(shown.values()) == [{"label": None}]


def test_many_labels_are_looked_at_in_one_request_for_fifty_issues(site) -> None:
    made = [site.add() for _ in range(120)]
    connector = site.connector()
    catalog = connector.catalog([PLACE])
    connector.reader.fetch("issues", made, (), catalog)
    site.log.clear()
    assert len(connector.writer.shown([label(n) for n in made], catalog)) == 120
    assert site.paths() == ["POST /graphql"] * 3


def test_a_target_in_a_hidden_repository_is_gone(site) -> None:
    number = site.add()
    site.repository()["visible"] = False
    connector = site.connector(project=None)
    assert connector.writer.shown([block(number)], connector.catalog([])) == {block(number).id: None}
    assert outcomes(connector.writer.send([block(number)])) == [Outcome.REFUSED]


def test_a_write_that_github_does_not_have_is_refused(site) -> None:
    assert outcomes(send(site, write("1", WriteKind.TRANSITION, {"status": "Done"}))) == [Outcome.REFUSED]
    assert site.connector().writer.find(label("1")) is None
