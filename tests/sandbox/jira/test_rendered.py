from collections.abc import Callable
from typing import Any

import pytest

from sandbox.jira.rendered import html

Connect = Callable[..., Any]


@pytest.mark.parametrize(
    ("wiki", "shown"),
    [
        ("one\ntwo", "<p>one<br/>\ntwo</p>"),
        ("h2. Head\n\n* a\n* *b*", "<h2>Head</h2>\n<ul><li><p>a</p></li><li><p><b>b</b></p></li></ul>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        (
            "[x|https://a.example/?a=1&b=2]",
            '<p><a href="https://a.example/?a=1&amp;b=2" class="external-link">x</a></p>',
        ),
        ("{code}\n<b>\n{code}", '<div class="code panel"><pre>&lt;b&gt;</pre></div>'),
        ("", ""),
    ],
)
def test_wiki_text_as_html(wiki: str, shown: str) -> None:
    assert html(wiki) == shown


@pytest.mark.loopback
@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_rendered_fields_are_given_when_asked_for(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    assert "renderedFields" not in api.get("/issue/NIM-2")
    shown = api.get("/issue/NIM-2", expand="renderedFields")["renderedFields"]
    assert shown["description"].startswith("<p>First line<br/>\nsecond</p>")
    assert shown["created"] == "02/Jan/26 11:00 AM", "Ann is in Berlin"
    assert (shown["duedate"], shown["summary"], shown["environment"]) == ("24/Dec/26", None, "")
    assert shown["comment"]["comments"][0]["body"] == "<p>Hello</p>"
    assert shown["worklog"]["worklogs"][0]["started"] == "04/Jan/26 11:00 AM"
    route = "/search/jql" if deployment == "cloud" else "/search"
    (found,) = api.get(route, jql="key = NIM-2", fields="description", expand="renderedFields")["issues"]
    assert list(found["renderedFields"]) == ["description"]
