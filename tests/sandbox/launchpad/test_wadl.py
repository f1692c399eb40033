"""The stand-in's description of itself against the one that the original generated."""

from __future__ import annotations

import gzip
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.launchpad.table import table

pytestmark = pytest.mark.loopback

WADL = "{http://research.sun.com/wadl/2006/10}"

ARGUMENTS_LEFT_OUT = {
    ("projects", "new_project"): "those of its many optional ones that a sync does not set",
    ("people", "newTeam"): "default periods of membership",
    ("project", "newSeries"): "a Bazaar branch",
    ("branch_merge_proposal", "createComment"): "inline comments on a diff",
    ("git_repositories", "getRepositories"): "an order of its own",
}

OPERATIONS_LEFT_OUT = {
    r"(?<!Git)Branch|getBranch": "Bazaar branches",
    r"Question|AnswerContact|SupportedLanguages": "questions and who answers them",
    r"Translation|Language$": "translations, languages",
    r"PPA|Recipe|Archive|Build|Mirror|OCI|PackageUploads|Packaging|DistroArch|Vulnerability": "packages and builds",
    r"Differen|DerivedSeries|DerivedDistroSeries|ParentSeries": "derived distributions",
    r"SSO|OpenID|UserData|SoftwareCenter|SocialAccounts": "accounts of other services",
    r"BugSubscriptionFilter|BugFilter": "filters of structural subscriptions",
    r"RemoteComponent": "components of other bug trackers",
    r"AccessToken": "tokens that are good for code hosting alone",
    r"StatusReport|CodeImport|collectGarbage|[rR]epack|VisibilityInfo": "the work of a git server",
    r"[rR]efPermissions|checkPermissions|Rules|Grants": "who may push to which branch: nothing is pushed by git",
    r"InlineComment|DiffUpdates|canIMerge|MergeCriteria|^merge$|request_merge": "diffs, and merging by the service",
    r"ReferencedOOPS": "reports of errors",
    r"^add_file$": "files of releases",
    r"^get_timeline$|licensing_search|setLocation": "whose answers are nowhere described",
}
"""Named operations of the served entries that are not served: pattern of the name -> what they are about."""

NOT_IN_THE_DESCRIPTION = {
    "bug_task": {
        "transitionToStatus",
        "transitionToImportance",
        "transitionToAssignee",
        "transitionToMilestone",
        "transitionToTarget",
    },
}
"""Operations that only older versions of the web service name; they do what a PATCH does."""


class Description:
    """A WADL document, as sets of names."""

    def __init__(self, text: bytes) -> None:
        root = ET.fromstring(text)  # noqa: S314 - as above
        self._representations = {one.get("id"): one for one in root.iter(f"{WADL}representation") if one.get("id")}
        self._types = {one.get("id"): one for one in root.iter(f"{WADL}resource_type")}

    def fields(self, entry: str, kind: str = "full") -> dict[str | None, tuple[Any, ...]]:
        """Give name, type, link target and options of each field."""
        found = {}
        for one in self._representations[f"{entry}-{kind}"].findall(f"{WADL}param"):
            target = one.find(f"{WADL}link")
            linked = None if target is None else (target.get("resource_type") or "?").split("#")[-1]
            options = tuple(option.get("value") for option in one.findall(f"{WADL}option"))
            found[one.get("name")] = (linked, options)
        return found

    def operations(self, owner: str) -> dict[str, dict[str | None, bool]]:
        """Give the parameters of each operation, and whether they must be given."""
        found = {}
        for method in self._types[owner].findall(f"{WADL}method"):
            request = method.find(f"{WADL}request")
            given = [] if request is None else list(request.iter(f"{WADL}param"))
            named = [one.get("fixed") for one in given if one.get("name") == "ws.op"]
            if named and named[0]:
                found[f"{method.get('name')} {named[0]}"] = {
                    one.get("name"): one.get("required") == "true" for one in given if one.get("name") != "ws.op"
                }
        return found


@pytest.fixture
def pair(served: Any, api_evidence: Path) -> tuple[Description, Description]:
    answer = requests.get(f"{served.url}/devel/", headers={"Accept": "application/vnd.sun.wadl+xml"}, timeout=60)
    original = gzip.decompress((api_evidence / "launchpad" / "launchpad-devel-2025-07-31.wadl.gz").read_bytes())
    return Description(answer.content), Description(original)


def test_every_entry_has_the_fields_of_the_original(pair: tuple[Description, Description]) -> None:
    ours, theirs = pair
    wrong = []
    for name, entry in table().entries.items():
        if not entry.fields:
            continue
        for kind in ("full", "diff"):
            mine, other = ours.fields(name, kind), theirs.fields(name, kind)
            wrong += [
                f"{name}.{field} ({kind}): {mine.get(field)}, original {other.get(field)}"
                for field in {**mine, **other}
                if mine.get(field) != other.get(field)
            ]
    assert not wrong, "\n".join(wrong)


def test_every_operation_of_the_original_is_served_or_left_out_for_a_reason(
    pair: tuple[Description, Description],
) -> None:
    ours, theirs = pair
    missing: set[str] = set()
    for name in (*(one for one, entry in table().entries.items() if entry.fields), *table().collections):
        missing |= {operation.split(" ")[1] for operation in set(theirs.operations(name)) - set(ours.operations(name))}
    used = {pattern for pattern in OPERATIONS_LEFT_OUT for name in missing if re.search(pattern, name)}
    unexplained = {name for name in missing if not any(re.search(pattern, name) for pattern in OPERATIONS_LEFT_OUT)}
    assert (unexplained, set(OPERATIONS_LEFT_OUT) - used) == (set(), set())


def test_every_operation_is_one_of_the_original_with_its_arguments(pair: tuple[Description, Description]) -> None:
    ours, theirs = pair
    wrong = []
    for name in (*(one for one, entry in table().entries.items() if entry.fields), *table().collections):
        mine, other = ours.operations(name), theirs.operations(name)
        for operation, arguments in mine.items():
            bare = operation.split(" ")[1]
            if bare in NOT_IN_THE_DESCRIPTION.get(name, ()):
                continue
            if operation not in other:
                wrong.append(f"{name}: {operation} is none of the original's")
            elif (name, bare) in ARGUMENTS_LEFT_OUT:
                assert arguments != other[operation], f"{name}.{bare} is no exception any more"
            elif arguments != other[operation]:
                wrong.append(f"{name}.{operation}: {arguments}, original {other[operation]}")
    assert not wrong, "\n".join(wrong)


def test_what_other_tests_hear_is_held_against_the_description(api_evidence: Path, served: Any, judge: Any) -> None:
    served.get("/bugs/1")
    served.post("/bugs/1", op="newMessage", content="hello")
    read, made = (one.as_json() for one in served.service.log.exchanges())
    assert judge(read) == judge(made) == []
    del read["response_body"]["heat"]
    read["response_body"]["colour"] = "red"
    read["response_body"]["lock_status"] = "Ajar"
    assert judge(read) == [
        "GET /devel/bugs/1: bug.heat: absent",
        "GET /devel/bugs/1: bug.colour: not described",
        "GET /devel/bugs/1: bug.lock_status: 'Ajar' is none of the options",
    ]
    made["request_body"] = "ws.op=newMessage&content=hello&loud=true"
    assert judge(made) == ["POST /devel/bugs/1: bug.newMessage: no parameter loud"]
    made["request_body"] = "ws.op=shout"
    assert judge(made) == ["POST /devel/bugs/1: no operation shout"]
